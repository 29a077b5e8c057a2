#include "CDecimal.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

extern "C" int32_t cdecimal_shortest_scientific(double value, char *out) {
  return static_cast<int32_t>(std::to_chars(out, out + 32, value, std::chars_format::scientific).ptr - out);
}

extern "C" int32_t cdecimal_plain(double value, char *out) {
  auto magnitude = std::fabs(value);
  if (magnitude < 0x1p53) {
    auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value && (integer != 0 || !std::signbit(value)))
      return static_cast<int32_t>(std::to_chars(out, out + 32, integer).ptr - out);
  }
  if (!(magnitude >= 1e-6 && magnitude < 1e15)) return 0;
  return static_cast<int32_t>(std::to_chars(out, out + 32, value, std::chars_format::fixed).ptr - out);
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
