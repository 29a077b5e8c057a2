#define _GNU_SOURCE
#include "CCredentials.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

bool assay_bcrypt_matches(const char *password, const char *hash) {
  size_t length = strlen(hash);
  if (length != 60 || strncmp(hash, "$2", 2) != 0) return false;
  // 32 KiB: too much for the stack of a thread that serves connections.
  struct crypt_data *data = calloc(1, sizeof *data);
  if (data == NULL) return false;
  const char *computed = crypt_r(password, hash, data);
  bool matches = computed != NULL && strlen(computed) == length &&
                 CRYPTO_memcmp(computed, hash, length) == 0;
  OPENSSL_cleanse(data, sizeof *data);
  free(data);
  return matches;
}

void assay_sha256(const uint8_t *bytes, size_t count, uint8_t *digest) {
  SHA256(bytes, count, digest);
}

bool assay_equal_bytes(const uint8_t *left, const uint8_t *right, size_t count) {
  return CRYPTO_memcmp(left, right, count) == 0;
}
