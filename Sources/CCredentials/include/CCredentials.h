#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether `password` hashes to `hash`, a bcrypt hash (`$2a$`, `$2b$`, `$2y$`). Takes as long as the
/// hash's cost asks for. False for anything that is no bcrypt hash. Both end with a zero byte.
bool assay_bcrypt_matches(const char *password, const char *hash);

/// SHA-256 of `count` bytes into 32 bytes of `digest`.
void assay_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);

/// Whether `count` bytes are the same, in a time that doesn't depend on where they differ.
bool assay_equal_bytes(const uint8_t *left, const uint8_t *right, size_t count);
