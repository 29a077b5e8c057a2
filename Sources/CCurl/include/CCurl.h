// Typed functions over libcurl's multi interface, whose own setters are variadic and so can't be
// called from Swift. A transfer gathers what arrives in two buffers that its owner empties between
// turns; nothing calls back. All functions but `curl_loop_wake` belong to one thread.
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

typedef struct curl_loop curl_loop;
typedef struct curl_transfer curl_transfer;

enum curl_text {
  CURL_TEXT_URL,
  CURL_TEXT_METHOD,
  CURL_TEXT_CA_FILE,
  CURL_TEXT_CERT_FILE,
  CURL_TEXT_KEY_FILE,
  CURL_TEXT_CONNECT_TO,
  CURL_TEXT_HEADER,
  CURL_TEXT_ACCEPT_ENCODING,
};

enum curl_bytes { CURL_BYTES_BODY, CURL_BYTES_CA, CURL_BYTES_CERT, CURL_BYTES_KEY };

enum curl_number {
  CURL_NUMBER_CONNECT_MS,
  CURL_NUMBER_TOTAL_MS,
  CURL_NUMBER_IDLE_SECONDS,
  CURL_NUMBER_REDIRECTS_MAX,
  CURL_NUMBER_IS_INSECURE,
  CURL_NUMBER_HAS_NO_BODY,
};

// What an ended transfer came to.
enum curl_outcome {
  CURL_OUTCOME_DONE,
  CURL_OUTCOME_BAD_URL,
  CURL_OUTCOME_RESOLVE,
  CURL_OUTCOME_CONNECT,
  CURL_OUTCOME_TLS,
  CURL_OUTCOME_TIMEOUT,
  CURL_OUTCOME_BROKEN,
};

// NULL when out of memory.
curl_loop *curl_loop_new(void);
void curl_loop_free(curl_loop *loop);
// May be called from any thread.
void curl_loop_wake(curl_loop *loop);
// Moves all transfers on as far as they go without waiting.
void curl_loop_perform(curl_loop *loop);
// Waits for something to happen, at most `timeout_ms`.
void curl_loop_wait(curl_loop *loop, int timeout_ms);
// Keeps a broken connection from ending the process. For the thread that owns the loop.
void curl_loop_ignore_pipe_signal(void);

// `buffer_max`: bytes of a body held before the sender is made to wait. NULL when out of memory.
curl_transfer *curl_transfer_new(size_t buffer_max);
void curl_transfer_free(curl_transfer *transfer);
// The setters copy; 0 on success.
int curl_transfer_text(curl_transfer *transfer, enum curl_text which, const char *value);
int curl_transfer_bytes(
    curl_transfer *transfer, enum curl_bytes which, const uint8_t *bytes, size_t count);
int curl_transfer_number(curl_transfer *transfer, enum curl_number which, long value);
int curl_loop_add(curl_loop *loop, curl_transfer *transfer);

// The status of the final answer, 0 while its header isn't complete.
long curl_transfer_status(const curl_transfer *transfer);
// 10, 11, 20.
int curl_transfer_version(curl_transfer *transfer);
size_t curl_transfer_header_count(const curl_transfer *transfer);
size_t curl_transfer_body_count(const curl_transfer *transfer);
// Copy everything gathered; the body's buffer is empty afterwards.
void curl_transfer_copy_header(const curl_transfer *transfer, uint8_t *out);
void curl_transfer_take_body(curl_transfer *transfer, uint8_t *out);
// Lets a sender that was made to wait go on.
void curl_transfer_resume(curl_transfer *transfer);
int curl_transfer_has_ended(const curl_transfer *transfer);
enum curl_outcome curl_transfer_outcome(const curl_transfer *transfer);
// Why it failed, in libcurl's words; valid until the transfer is freed.
const char *curl_transfer_reason(const curl_transfer *transfer);

#endif
