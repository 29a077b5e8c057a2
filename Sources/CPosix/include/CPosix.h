#pragma once
#include <stdbool.h>

/// Forces all that was written to the file system of `descriptor` to the disk (`syncfs(2)`, which
/// Swift's module of the C library leaves out).
bool assay_sync_file_system(int descriptor);
