#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <vector>

struct cre2_pattern {
  re2::RE2 regex;
  cre2_pattern(const re2::StringPiece &text, const re2::RE2::Options &options) : regex(text, options) {}
};

extern "C" cre2_pattern *cre2_compile(const char *pattern, size_t length, char *error,
                                      size_t error_capacity) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(8 << 20);
  auto *compiled = new cre2_pattern(re2::StringPiece(pattern, length), options);
  if (compiled->regex.ok()) return compiled;
  if (error_capacity > 0) {
    std::strncpy(error, compiled->regex.error().c_str(), error_capacity - 1);
    error[error_capacity - 1] = 0;
  }
  delete compiled;
  return nullptr;
}

extern "C" void cre2_release(cre2_pattern *pattern) { delete pattern; }

extern "C" bool cre2_matches_whole(const cre2_pattern *pattern, const char *text, size_t length) {
  return pattern->regex.Match(re2::StringPiece(text, length), 0, length, re2::RE2::ANCHOR_BOTH,
                              nullptr, 0);
}

extern "C" bool cre2_matches_part(const cre2_pattern *pattern, const char *text, size_t length) {
  return pattern->regex.Match(re2::StringPiece(text, length), 0, length, re2::RE2::UNANCHORED,
                              nullptr, 0);
}

extern "C" int32_t cre2_group_count(const cre2_pattern *pattern) {
  return pattern->regex.NumberOfCapturingGroups();
}

extern "C" int32_t cre2_group_index(const cre2_pattern *pattern, const char *name) {
  const auto &groups = pattern->regex.NamedCapturingGroups();
  auto found = groups.find(name);
  return found == groups.end() ? -1 : found->second;
}

static bool capture(const cre2_pattern *pattern, const char *text, size_t length, size_t start,
                    re2::RE2::Anchor anchor, int64_t *ranges, int32_t group_count) {
  std::vector<re2::StringPiece> groups(group_count);
  if (!pattern->regex.Match(re2::StringPiece(text, length), start, length, anchor, groups.data(),
                            group_count)) {
    return false;
  }
  for (int32_t i = 0; i < group_count; i++) {
    bool took_part = groups[i].data() != nullptr;
    ranges[2 * i] = took_part ? groups[i].data() - text : -1;
    ranges[2 * i + 1] = took_part ? ranges[2 * i] + static_cast<int64_t>(groups[i].size()) : -1;
  }
  return true;
}

extern "C" bool cre2_capture_whole(const cre2_pattern *pattern, const char *text, size_t length,
                                   int64_t *ranges, int32_t group_count) {
  return capture(pattern, text, length, 0, re2::RE2::ANCHOR_BOTH, ranges, group_count);
}

extern "C" bool cre2_capture_from(const cre2_pattern *pattern, const char *text, size_t length,
                                  size_t start, int64_t *ranges, int32_t group_count) {
  return capture(pattern, text, length, start, re2::RE2::UNANCHORED, ranges, group_count);
}
