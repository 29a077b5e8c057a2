#include "CDecimal.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" int32_t cdecimal_shortest_scientific(double value, char *out) {
  return static_cast<int32_t>(std::to_chars(out, out + 32, value, std::chars_format::scientific).ptr - out);
}

namespace {

// Eight digits of a number below 10^8, the first in the lowest byte, each 0 to 9: halves, then quarters, then digits, side by
// side in one register.
inline uint64_t eight_digits(uint64_t number) {
  uint64_t fours = number / 10000 | (number % 10000) << 32;
  uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007f;
  uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;
  return tens | (twos - tens * 10) << 8;
}

inline char *write_eight(uint64_t digits, char *out) {
  digits |= 0x3030303030303030;
  std::memcpy(out, &digits, 8);
  return out + 8;
}

// Writes a number below 10^8 without leading zeros, and up to seven bytes behind it.
inline char *write_short(uint64_t number, char *out) {
  auto digits = eight_digits(number);
  // The lowest digit stays, be it 0.
  auto zeros = std::countr_zero(digits | uint64_t{1} << 56) / 8;
  write_eight(digits >> 8 * zeros, out);
  return out + 8 - zeros;
}

// Writes a number below 10^18 without leading zeros, and up to seven bytes behind it.
inline char *write_digits(uint64_t number, char *out) {
  constexpr uint64_t e8 = 100'000'000;
  if (number < e8) return write_short(number, out);
  if (number < e8 * e8) {
    out = write_short(number / e8, out);
    return write_eight(eight_digits(number % e8), out);
  }
  out = write_short(number / (e8 * e8), out);
  out = write_eight(eight_digits(number / e8 % e8), out);
  return write_eight(eight_digits(number % e8), out);
}

// How many zeros stand before `end`, behind the last other digit, which there is.
inline int final_zeros(const char *end) {
  for (int zeros = 0;; zeros += 8) {
    uint64_t digits;
    std::memcpy(&digits, end - zeros - 8, 8);
    digits ^= 0x3030303030303030;
    if (digits != 0) return zeros + std::countl_zero(digits) / 8;
  }
}

// 10^n for n up to 23: shifted so that its highest bit is the highest of 64, and how many bits it has. Exact, since 5^27 < 2^63.
struct Power {
  uint64_t shifted;
  int bits;
};
constexpr auto powers = [] {
  std::array<Power, 24> powers{};
  uint64_t five = 1;
  for (int n = 0; n < 24; n++, five *= 5)
    powers[n] = {five << std::countl_zero(five), 64 - std::countl_zero(five) + n};
  return powers;
}();

// The product of a power of ten and a number below 2^60, without its lower 64 bits; the lowest bit left is set if any of those was
// ("round to odd"), so that comparisons with even numbers come out as those of the exact product.
inline uint64_t round_to_odd(uint64_t power, uint64_t number) {
  auto product = static_cast<unsigned __int128>(power) * number;
  return static_cast<uint64_t>(product >> 64) | (static_cast<uint64_t>(product) != 0);
}

struct Decimal {
  uint64_t digits;
  // Of ten, not positive.
  int exponent;
};

// The shortest decimal in the interval of numbers that read back as `value`, of several the closest: R. Giulietti, "The Schubfach
// way to render doubles", 2020, section 9. From 1e-6 to 1e15 the powers of ten are exact in 64 bits, so its tables aren't needed.
inline Decimal shortest(double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  auto fraction = bits & 0x000fffffffffffff;
  auto mantissa = fraction | 0x0010000000000000;
  int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
  bool is_even = (mantissa & 1) == 0;
  // Below a power of two numbers lie closer by half.
  bool is_closer = fraction == 0;
  // floor(log10(2^exponent)), or of 3/4 of it.
  int k = (exponent * 1262611 - (is_closer ? 524031 : 0)) >> 22;
  auto power = powers[-k];
  int shift = exponent + power.bits;
  auto lower = round_to_odd(power.shifted, (4 * mantissa - (is_closer ? 1 : 2)) << shift) + !is_even;
  auto middle = round_to_odd(power.shifted, 4 * mantissa << shift);
  auto upper = round_to_odd(power.shifted, (4 * mantissa + 2) << shift) - !is_even;
  auto down = middle / 4;
  auto short_down = down / 10;
  bool is_short_down = lower <= 40 * short_down, is_short_up = 40 * short_down + 40 <= upper;
  if (is_short_down != is_short_up) return {short_down + is_short_up, k + 1};
  bool is_down = lower <= 4 * down, is_up = 4 * down + 4 <= upper;
  if (is_down != is_up) return {down + is_up, k};
  auto half = 4 * down + 2;
  return {down + (middle > half || (middle == half && (down & 1) != 0)), k};
}

}  // namespace

extern "C" int32_t cdecimal_plain(double value, char *out) {
  auto start = out;
  auto magnitude = std::fabs(value);
  if (magnitude < 0x1p53) {
    auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value && (integer != 0 || !std::signbit(value))) {
      if (integer < 0) *out++ = '-';
      return static_cast<int32_t>(write_digits(static_cast<uint64_t>(integer < 0 ? -integer : integer), out) - start);
    }
  }
  if (!(magnitude >= 1e-6 && magnitude < 1e15)) return 0;
  if (std::signbit(value)) *out++ = '-';
  auto decimal = shortest(magnitude);
  char room[40] = {};
  auto digits = room + 8;
  auto end = write_digits(decimal.digits, digits);
  auto point = end - digits + decimal.exponent;
  end -= final_zeros(end);
  auto count = end - digits;
  if (point <= 0) {
    // Up to five zeros behind the point.
    std::memcpy(out, "0.000000", 8);
    std::memcpy(out + 2 - point, digits, 17);
    return static_cast<int32_t>(out + 2 - point + count - start);
  }
  std::memcpy(out, digits, 16);
  out[point] = '.';
  std::memcpy(out + point + 1, digits + point, 17);
  return static_cast<int32_t>(out + count + 1 - start);
}

extern "C" int32_t cdecimal_scientific(double value, int32_t precision, char *out) {
  auto end = std::to_chars(out, out + 32 + precision, value, std::chars_format::scientific, precision);
  return static_cast<int32_t>(end.ptr - out);
}

extern "C" int32_t cdecimal_fixed(double value, int32_t precision, char *out) {
  auto end = std::to_chars(out, out + 350 + precision, value, std::chars_format::fixed, precision);
  return static_cast<int32_t>(end.ptr - out);
}

extern "C" bool cdecimal_parse(const char *text, size_t length, double *value) {
  auto result = std::from_chars(text, text + length, *value);
  if (result.ec == std::errc::result_out_of_range && result.ptr == text + length) {
    // from_chars leaves the value alone when it does not fit; strtod saturates as wanted.
    *value = std::strtod(std::string(text, length).c_str(), nullptr);
    return true;
  }
  return result.ec == std::errc() && result.ptr == text + length;
}
