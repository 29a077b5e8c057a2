#ifndef ASSAY_REFERENCE_DECODER_H
#define ASSAY_REFERENCE_DECODER_H

#include <stddef.h>
#include <stdint.h>

/// A chunk as Gorilla (VLDB 2015, section 4.1) and Prometheus hold it: samples as bits, each a
/// difference of differences of times and an XOR of values. What a decoder of columns is measured
/// against.

/// Writes `count` samples to `bytes`, which has room for 18 bytes each and 8 more; answers the
/// length.
size_t reference_encode(const int64_t *times, const double *values, size_t count, uint8_t *bytes);

/// Reads `count` samples that `reference_encode` wrote; 8 bytes behind them must be readable.
void reference_decode(const uint8_t *bytes, size_t count, int64_t *times, double *values);

#endif
