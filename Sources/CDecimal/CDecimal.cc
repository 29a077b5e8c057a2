#include "CDecimal.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" int32_t cdecimal_shortest_scientific(double value, char *out) {
  return static_cast<int32_t>(std::to_chars(out, out + 32, value, std::chars_format::scientific).ptr - out);
}

extern "C" int32_t cdecimal_shortest(double value, char *out) {
  auto length = std::to_chars(out, out + 32, value).ptr - out;
  return std::memchr(out, 'e', length) ? 0 : static_cast<int32_t>(length);
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
