// dispatch.c: which instruction set computes.

#include "postern_kernels.h"

int postern_kernels_selected(void) { return POSTERN_KERNELS_PORTABLE; }
