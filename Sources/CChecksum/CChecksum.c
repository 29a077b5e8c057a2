#include "CChecksum.h"
#include <string.h>

#if defined(__x86_64__)

bool cchecksum_is_available(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2")))
uint32_t cchecksum_update(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t state = crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    state = __builtin_ia32_crc32di(state, word);
    bytes += 8;
    count -= 8;
  }
  uint32_t result = (uint32_t)state;
  while (count-- > 0) result = __builtin_ia32_crc32qi(result, *bytes++);
  return result;
}

#else

bool cchecksum_is_available(void) { return false; }

uint32_t cchecksum_update(uint32_t crc, const uint8_t *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return crc;
}

#endif
