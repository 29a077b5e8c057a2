#include "CCompression.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

size_t ccompression_gzip_bound(size_t size) { return compressBound(size) + 18; }
size_t ccompression_zstd_bound(size_t size) { return ZSTD_compressBound(size); }

static int64_t finish(z_stream *stream, int status) {
  return status == Z_STREAM_END ? (int64_t)stream->total_out : -1;
}

int64_t ccompression_gzip(const uint8_t *input, size_t size, uint8_t *output, size_t capacity,
                          int32_t level) {
  z_stream stream = {0};
  if (size > UINT_MAX || capacity > UINT_MAX) return -1;
  // 16 more window bits ask for gzip's frame.
  if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return -1;
  stream.next_in = (Bytef *)input;
  stream.avail_in = (uInt)size;
  stream.next_out = output;
  stream.avail_out = (uInt)capacity;
  int64_t written = finish(&stream, deflate(&stream, Z_FINISH));
  deflateEnd(&stream);
  return written;
}

int64_t ccompression_gunzip(const uint8_t *input, size_t size, uint8_t *output, size_t capacity) {
  z_stream stream = {0};
  if (size > UINT_MAX || capacity > UINT_MAX) return -1;
  // 32 more window bits find out which frame it is.
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return -1;
  stream.next_in = (Bytef *)input;
  stream.avail_in = (uInt)size;
  stream.next_out = output;
  stream.avail_out = (uInt)capacity;
  int64_t written = finish(&stream, inflate(&stream, Z_FINISH));
  inflateEnd(&stream);
  return written;
}

static int64_t checked(size_t result) { return ZSTD_isError(result) ? -1 : (int64_t)result; }

int64_t ccompression_zstd(const uint8_t *input, size_t size, uint8_t *output, size_t capacity,
                          int32_t level) {
  return checked(ZSTD_compress(output, capacity, input, size, level));
}

int64_t ccompression_unzstd(const uint8_t *input, size_t size, uint8_t *output, size_t capacity) {
  return checked(ZSTD_decompress(output, capacity, input, size));
}

int64_t ccompression_unzstd_size(const uint8_t *input, size_t size) {
  unsigned long long announced = ZSTD_getFrameContentSize(input, size);
  if (announced == ZSTD_CONTENTSIZE_UNKNOWN || announced == ZSTD_CONTENTSIZE_ERROR) return -1;
  return announced > INT64_MAX ? INT64_MAX : (int64_t)announced;
}

// Frames that are written piece by piece.

struct ccompression_stream {
  z_stream gzip;
  ZSTD_CCtx *zstd;
};

ccompression_stream *ccompression_open(int32_t is_zstd, int32_t level) {
  ccompression_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  if (is_zstd) {
    stream->zstd = ZSTD_createCCtx();
    if (stream->zstd) {
      ZSTD_CCtx_setParameter(stream->zstd, ZSTD_c_compressionLevel, level);
      return stream;
    }
  } else if (deflateInit2(&stream->gzip, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
    return stream;
  }
  free(stream);
  return NULL;
}

void ccompression_close(ccompression_stream *stream) {
  if (stream->zstd) ZSTD_freeCCtx(stream->zstd);
  else deflateEnd(&stream->gzip);
  free(stream);
}

size_t ccompression_push_bound(size_t size) { return compressBound(size) + ZSTD_CStreamOutSize(); }

int64_t ccompression_push(ccompression_stream *stream, const uint8_t *input, size_t size,
                          int32_t is_last, uint8_t *output, size_t capacity) {
  if (stream->zstd) {
    ZSTD_inBuffer in = {input, size, 0};
    ZSTD_outBuffer out = {output, capacity, 0};
    size_t left = ZSTD_compressStream2(stream->zstd, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_flush);
    return ZSTD_isError(left) || left != 0 || in.pos != size ? -1 : (int64_t)out.pos;
  }
  z_stream *gzip = &stream->gzip;
  if (size > UINT_MAX || capacity > UINT_MAX) return -1;
  gzip->next_in = (Bytef *)input;
  gzip->avail_in = (uInt)size;
  gzip->next_out = output;
  gzip->avail_out = (uInt)capacity;
  int status = deflate(gzip, is_last ? Z_FINISH : Z_SYNC_FLUSH);
  if (is_last ? status != Z_STREAM_END : status != Z_OK && status != Z_BUF_ERROR) return -1;
  return gzip->avail_in ? -1 : (int64_t)(capacity - gzip->avail_out);
}
