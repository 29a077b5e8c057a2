#pragma once
#include <stddef.h>
#include <stdint.h>

// Whole buffers in and out; every function returns the bytes written, or -1 where the input is damaged,
// the output too small or memory short.

/// Bytes that `size` plain ones need at most.
size_t ccompression_gzip_bound(size_t size);
size_t ccompression_zstd_bound(size_t size);

int64_t ccompression_gzip(const uint8_t *input, size_t size, uint8_t *output, size_t capacity,
                          int32_t level);
int64_t ccompression_zstd(const uint8_t *input, size_t size, uint8_t *output, size_t capacity,
                          int32_t level);

/// Reads gzip and zlib frames alike.
int64_t ccompression_gunzip(const uint8_t *input, size_t size, uint8_t *output, size_t capacity);
int64_t ccompression_unzstd(const uint8_t *input, size_t size, uint8_t *output, size_t capacity);
/// The plain size that a zstd frame announces; -1 where it doesn't.
int64_t ccompression_unzstd_size(const uint8_t *input, size_t size);

/// A frame that is written piece by piece; NULL where memory is short. Level as above.
typedef struct ccompression_stream ccompression_stream;
ccompression_stream *ccompression_open(int32_t is_zstd, int32_t level);
void ccompression_close(ccompression_stream *stream);
/// Bytes that a piece of `size` plain ones needs at most.
size_t ccompression_push_bound(size_t size);
/// The next piece, such that a reader gets all of it; the last one, which may be empty, ends the frame.
int64_t ccompression_push(ccompression_stream *stream, const uint8_t *input, size_t size,
                          int32_t is_last, uint8_t *output, size_t capacity);
