#pragma once
#include <stdbool.h>

// What Swift's module of the C library leaves out.

/// Forces all that was written to the file system of `descriptor` to the disk (`syncfs(2)`).
bool assay_sync_file_system(int descriptor);

/// Lets all threads allocate from so many arenas (`mallopt(3)`); those there are stay.
void assay_limit_arenas(int count);

/// Gives the system back the memory that is free (`malloc_trim(3)`).
void assay_give_memory_back(void);
