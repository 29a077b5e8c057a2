#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// A compiled RE2 pattern. `.` matches a newline, as in Prometheus 3 (`(?s:...)`).
typedef struct cre2_pattern cre2_pattern;

/// Compiles `pattern`; on a syntax error returns NULL and fills `error` (NUL terminated).
cre2_pattern *cre2_compile(const char *pattern, size_t length, char *error, size_t error_capacity);
void cre2_release(cre2_pattern *pattern);

/// Whether the whole of `text` matches.
bool cre2_matches_whole(const cre2_pattern *pattern, const char *text, size_t length);
/// Whether any part of `text` matches.
bool cre2_matches_part(const cre2_pattern *pattern, const char *text, size_t length);

/// Number of capturing groups, the whole match not counted.
int32_t cre2_group_count(const cre2_pattern *pattern);
/// Index of a named group, or -1.
int32_t cre2_group_index(const cre2_pattern *pattern, const char *name);

/// Matches the whole of `text`; writes begin and end offsets of group i to `ranges[2*i]`, `ranges[2*i+1]`
/// (both -1 for a group that took no part).
bool cre2_capture_whole(const cre2_pattern *pattern, const char *text, size_t length,
                        int64_t *ranges, int32_t group_count);

/// Finds the first match at or after byte `start`, `^` meaning the beginning of `text`; ranges as above.
bool cre2_capture_from(const cre2_pattern *pattern, const char *text, size_t length, size_t start,
                       int64_t *ranges, int32_t group_count);

#ifdef __cplusplus
}
#endif
