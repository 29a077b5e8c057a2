#include "CReferenceDecoder.h"

#include <string.h>

typedef struct {
  uint8_t *bytes;
  size_t bit;
} writer;

static void put(writer *to, uint64_t value, int width) {
  for (int index = width - 1; index >= 0; index--) {
    if (value >> index & 1) to->bytes[to->bit / 8] |= (uint8_t)(0x80 >> to->bit % 8);
    to->bit++;
  }
}

// Widths and bounds of a difference of differences, as Prometheus' chunks have them.
static void put_step(writer *to, int64_t step) {
  if (step == 0) {
    put(to, 0, 1);
  } else if (step >= -8191 && step <= 8192) {
    put(to, 2, 2);
    put(to, (uint64_t)step, 14);
  } else if (step >= -65535 && step <= 65536) {
    put(to, 6, 3);
    put(to, (uint64_t)step, 17);
  } else if (step >= -524287 && step <= 524288) {
    put(to, 14, 4);
    put(to, (uint64_t)step, 20);
  } else {
    put(to, 15, 4);
    put(to, (uint64_t)step, 64);
  }
}

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits;
}

size_t reference_encode(const int64_t *times, const double *values, size_t count, uint8_t *bytes) {
  memset(bytes, 0, count * 18 + 8);
  writer to = {bytes, 0};
  int64_t difference = 0;
  int leading = -1, trailing = 0;
  for (size_t row = 0; row < count; row++) {
    uint64_t bits = bits_of(values[row]);
    if (row == 0) {
      put(&to, (uint64_t)times[0], 64);
      put(&to, bits, 64);
      continue;
    }
    int64_t next = times[row] - times[row - 1];
    put_step(&to, next - difference);
    difference = next;
    uint64_t change = bits ^ bits_of(values[row - 1]);
    if (change == 0) {
      put(&to, 0, 1);
      continue;
    }
    int before = __builtin_clzll(change), behind = __builtin_ctzll(change);
    if (before > 31) before = 31;
    if (leading >= 0 && before >= leading && behind >= trailing) {
      put(&to, 2, 2);
    } else {
      leading = before;
      trailing = behind;
      put(&to, 3, 2);
      put(&to, (uint64_t)leading, 5);
      put(&to, (uint64_t)(64 - leading - trailing), 6);
    }
    put(&to, change >> trailing, 64 - leading - trailing);
  }
  return (to.bit + 7) / 8;
}

typedef struct {
  const uint8_t *bytes;
  size_t bit;
} reader;

// The next 57 bits or more, the first highest.
static inline uint64_t peek(const reader *from) {
  uint64_t word;
  memcpy(&word, from->bytes + from->bit / 8, 8);
  return __builtin_bswap64(word) << (from->bit % 8);
}

static inline uint64_t take(reader *from, int width) {
  if (width > 57) {
    uint64_t high = peek(from) >> 32;
    from->bit += 32;
    uint64_t low = peek(from) >> (96 - width);
    from->bit += (size_t)(width - 32);
    return high << (width - 32) | low;
  }
  uint64_t value = peek(from) >> (64 - width);
  from->bit += (size_t)width;
  return value;
}

static inline int64_t take_step(reader *from) {
  uint64_t word = peek(from);
  if (!(word >> 63)) {
    from->bit++;
    return 0;
  }
  int width;
  if (!(word >> 62 & 1)) {
    from->bit += 2;
    width = 14;
  } else if (!(word >> 61 & 1)) {
    from->bit += 3;
    width = 17;
  } else {
    from->bit += 4;
    width = word >> 60 & 1 ? 64 : 20;
  }
  int64_t step = (int64_t)take(from, width);
  if (width < 64 && step > (int64_t)1 << (width - 1)) step -= (int64_t)1 << width;
  return step;
}

void reference_decode(const uint8_t *bytes, size_t count, int64_t *times, double *values) {
  if (count == 0) return;
  reader from = {bytes, 0};
  int64_t time = (int64_t)take(&from, 64), difference = 0;
  uint64_t bits = take(&from, 64);
  int trailing = 0, width = 0;
  times[0] = time;
  memcpy(values, &bits, 8);
  for (size_t row = 1; row < count; row++) {
    difference += take_step(&from);
    time += difference;
    uint64_t word = peek(&from);
    if (word >> 63) {
      from.bit += 2;
      if (word >> 62 & 1) {
        int leading = (int)(word >> 57 & 31);
        width = (int)(word >> 51 & 63);
        if (width == 0) width = 64;
        trailing = 64 - leading - width;
        from.bit += 11;
      }
      bits ^= take(&from, width) << trailing;
    } else {
      from.bit++;
    }
    times[row] = time;
    memcpy(values + row, &bits, 8);
  }
}
