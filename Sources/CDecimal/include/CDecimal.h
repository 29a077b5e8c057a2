#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// Shortest digits that read back as `value` (finite), written as d.ddde±XX. Needs 32 bytes; returns the length.
int32_t cdecimal_shortest_scientific(double value, char *out);
/// The fewest digits that read back as `value`, without an exponent, where neither side of the point is padded beyond six
/// zeros: integers below 2^53, others from 1e-6 to 1e15. Needs 48 bytes; returns the length, 0 for every other value.
int32_t cdecimal_plain(double value, char *out);
/// Exactly `precision` digits after the point of the scientific form. Needs 32 + precision bytes.
int32_t cdecimal_scientific(double value, int32_t precision, char *out);
/// Exactly `precision` digits after the point, without exponent. Needs 350 + precision bytes.
int32_t cdecimal_fixed(double value, int32_t precision, char *out);
/// Reads a decimal number that fills all of `text`; overflow gives infinity, underflow zero.
bool cdecimal_parse(const char *text, size_t length, double *value);

#ifdef __cplusplus
}
#endif
