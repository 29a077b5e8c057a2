#include "CCurl.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct buffer {
  uint8_t *bytes;
  size_t count, capacity;
};

struct curl_loop {
  CURLM *multi;
};

struct curl_transfer {
  CURL *easy;
  CURLM *multi;
  struct curl_slist *headers, *connect_to;
  struct buffer header, body;
  size_t buffer_max;
  long status, redirects_max;
  int is_paused, has_ended;
  CURLcode result;
  char reason[CURL_ERROR_SIZE];
};

static const size_t header_max = 256 * 1024;

static int append(struct buffer *buffer, const void *bytes, size_t count) {
  size_t needed = buffer->count + count;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity < needed) capacity *= 2;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) return -1;
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count = needed;
  return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  curl_transfer *transfer = context;
  size_t length = size * count;
  if (transfer->body.count > 0 && transfer->body.count + length > transfer->buffer_max) {
    transfer->is_paused = 1;
    return CURL_WRITEFUNC_PAUSE;
  }
  return append(&transfer->body, bytes, length) == 0 ? length : 0;
}

// Keeps the header of the last answer: provisional ones and redirects that are followed begin anew.
static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
  curl_transfer *transfer = context;
  size_t length = size * count;
  if (transfer->status != 0) return length;  // Trailers.
  if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) transfer->header.count = 0;
  if (transfer->header.count + length > header_max) return 0;
  if (append(&transfer->header, bytes, length) != 0) return 0;
  if (length <= 2 && (bytes[0] == '\r' || bytes[0] == '\n')) {
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    int is_followed = status >= 300 && status < 400 && status != 304 && transfer->redirects_max > 0;
    if (status >= 200 && !is_followed) transfer->status = status;
  }
  return length;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
// A loop may still be closing connections when the process exits: OpenSSL must not free then what these use.
static void initialise(void) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

curl_loop *curl_loop_new(void) {
  pthread_once(&once, initialise);
  curl_loop *loop = calloc(1, sizeof *loop);
  if (!loop) return NULL;
  loop->multi = curl_multi_init();
  if (!loop->multi) {
    free(loop);
    return NULL;
  }
  return loop;
}

void curl_loop_free(curl_loop *loop) {
  curl_multi_cleanup(loop->multi);
  free(loop);
}

void curl_loop_wake(curl_loop *loop) { curl_multi_wakeup(loop->multi); }

void curl_loop_perform(curl_loop *loop) {
  int running = 0, left = 0;
  curl_multi_perform(loop->multi, &running);
  CURLMsg *message;
  while ((message = curl_multi_info_read(loop->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    curl_transfer *transfer = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
    transfer->has_ended = 1;
    transfer->result = message->data.result;
    // A redirect that isn't followed after all, for want of a place to go.
    if (transfer->status == 0 && transfer->result == CURLE_OK)
      curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
  }
}

void curl_loop_wait(curl_loop *loop, int timeout_ms) {
  curl_multi_poll(loop->multi, NULL, 0, timeout_ms, NULL);
}

void curl_loop_ignore_pipe_signal(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

curl_transfer *curl_transfer_new(size_t buffer_max) {
  curl_transfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  transfer->buffer_max = buffer_max;
  CURL *easy = transfer->easy = curl_easy_init();
  if (!easy) {
    free(transfer);
    return NULL;
  }
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // Where requests go is said by the caller alone, not by the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  return transfer;
}

void curl_transfer_free(curl_transfer *transfer) {
  if (transfer->multi) curl_multi_remove_handle(transfer->multi, transfer->easy);
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  curl_slist_free_all(transfer->connect_to);
  free(transfer->header.bytes);
  free(transfer->body.bytes);
  free(transfer);
}

static int append_line(
    curl_transfer *transfer, CURLoption option, struct curl_slist **list, const char *value) {
  struct curl_slist *grown = curl_slist_append(*list, value);
  if (!grown) return -1;
  *list = grown;
  return curl_easy_setopt(transfer->easy, option, grown);
}

int curl_transfer_text(curl_transfer *transfer, enum curl_text which, const char *value) {
  CURL *easy = transfer->easy;
  switch (which) {
    case CURL_TEXT_URL: return curl_easy_setopt(easy, CURLOPT_URL, value);
    case CURL_TEXT_METHOD: return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, value);
    case CURL_TEXT_CA_FILE: return curl_easy_setopt(easy, CURLOPT_CAINFO, value);
    case CURL_TEXT_CERT_FILE: return curl_easy_setopt(easy, CURLOPT_SSLCERT, value);
    case CURL_TEXT_KEY_FILE: return curl_easy_setopt(easy, CURLOPT_SSLKEY, value);
    case CURL_TEXT_ACCEPT_ENCODING: return curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, value);
    case CURL_TEXT_CONNECT_TO:
      return append_line(transfer, CURLOPT_CONNECT_TO, &transfer->connect_to, value);
    case CURL_TEXT_HEADER:
      return append_line(transfer, CURLOPT_HTTPHEADER, &transfer->headers, value);
  }
  return -1;
}

int curl_transfer_bytes(
    curl_transfer *transfer, enum curl_bytes which, const uint8_t *bytes, size_t count) {
  CURL *easy = transfer->easy;
  struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
  switch (which) {
    case CURL_BYTES_BODY:
      if (curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count) != CURLE_OK)
        return -1;
      return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, count ? (const char *)bytes : "");
    case CURL_BYTES_CA: return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    case CURL_BYTES_CERT: return curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &blob);
    case CURL_BYTES_KEY: return curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &blob);
  }
  return -1;
}

int curl_transfer_number(curl_transfer *transfer, enum curl_number which, long value) {
  CURL *easy = transfer->easy;
  switch (which) {
    case CURL_NUMBER_CONNECT_MS: return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, value);
    case CURL_NUMBER_TOTAL_MS: return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, value);
    case CURL_NUMBER_IDLE_SECONDS:
      curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
      return curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, value);
    case CURL_NUMBER_REDIRECTS_MAX:
      transfer->redirects_max = value;
      curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, value > 0 ? 1L : 0L);
      return curl_easy_setopt(easy, CURLOPT_MAXREDIRS, value);
    case CURL_NUMBER_IS_INSECURE:
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, value ? 0L : 2L);
      return curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, value ? 0L : 1L);
    case CURL_NUMBER_HAS_NO_BODY: return curl_easy_setopt(easy, CURLOPT_NOBODY, value);
  }
  return -1;
}

int curl_loop_add(curl_loop *loop, curl_transfer *transfer) {
  int result = curl_multi_add_handle(loop->multi, transfer->easy);
  if (result == CURLM_OK) transfer->multi = loop->multi;
  return result;
}

long curl_transfer_status(const curl_transfer *transfer) { return transfer->status; }

int curl_transfer_version(curl_transfer *transfer) {
  long version = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  switch (version) {
    case CURL_HTTP_VERSION_1_0: return 10;
    case CURL_HTTP_VERSION_2_0: return 20;
    case CURL_HTTP_VERSION_3: return 30;
    default: return 11;
  }
}

size_t curl_transfer_header_count(const curl_transfer *transfer) { return transfer->header.count; }
size_t curl_transfer_body_count(const curl_transfer *transfer) { return transfer->body.count; }

void curl_transfer_copy_header(const curl_transfer *transfer, uint8_t *out) {
  memcpy(out, transfer->header.bytes, transfer->header.count);
}

void curl_transfer_take_body(curl_transfer *transfer, uint8_t *out) {
  memcpy(out, transfer->body.bytes, transfer->body.count);
  transfer->body.count = 0;
}

void curl_transfer_resume(curl_transfer *transfer) {
  if (!transfer->is_paused) return;
  transfer->is_paused = 0;
  curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

int curl_transfer_has_ended(const curl_transfer *transfer) { return transfer->has_ended; }

enum curl_outcome curl_transfer_outcome(const curl_transfer *transfer) {
  switch (transfer->result) {
    case CURLE_OK: return CURL_OUTCOME_DONE;
    case CURLE_URL_MALFORMAT: return CURL_OUTCOME_BAD_URL;
    case CURLE_COULDNT_RESOLVE_HOST: return CURL_OUTCOME_RESOLVE;
    case CURLE_COULDNT_CONNECT: return CURL_OUTCOME_CONNECT;
    case CURLE_OPERATION_TIMEDOUT: return CURL_OUTCOME_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return CURL_OUTCOME_TLS;
    default: return CURL_OUTCOME_BROKEN;
  }
}

const char *curl_transfer_reason(const curl_transfer *transfer) {
  return transfer->reason[0] ? transfer->reason : curl_easy_strerror(transfer->result);
}
