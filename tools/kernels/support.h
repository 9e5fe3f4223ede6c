// support.h: what the main program and its support say to each other.

#pragma once

#include "check.h"

extern unsigned long cases[POSTERN_KERNELS_COUNT];
extern const char *const set_names[POSTERN_KERNELS_COUNT];

/// Selects a set, if this machine has it. Returns whether it does.
int select_set(int set);

/// From now on `begin` takes one case of `part`, at random, and `room` bytes lie before a fence.
void start_checks(unsigned part, uint64_t seed, size_t room);

/// Whether anything failed.
int any_failed(void);
