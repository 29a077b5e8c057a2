#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor computes CRC-32C by itself (SSE 4.2).
bool cchecksum_is_available(void);
/// Continues a CRC-32C, without the inversions before and after. Only where available.
uint32_t cchecksum_update(uint32_t crc, const uint8_t *bytes, size_t count);
