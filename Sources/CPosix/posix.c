#define _GNU_SOURCE
#include "CPosix.h"

#include <malloc.h>
#include <unistd.h>

bool assay_sync_file_system(int descriptor) { return syncfs(descriptor) == 0; }

void assay_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }

void assay_give_memory_back(void) { malloc_trim(0); }
