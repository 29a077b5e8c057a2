#define _GNU_SOURCE
#include "CPosix.h"

#include <unistd.h>

bool assay_sync_file_system(int descriptor) { return syncfs(descriptor) == 0; }
