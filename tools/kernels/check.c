// check.c: compares every kernel, on every instruction set of this machine, with plain code.
//
//   check [PART [SEED [ROOM]]]   one case of PART (1: all); other numbers for each SEED; ROOM bytes
//                                before the fence behind each buffer (0)
//
// Compiled with POSTERN_TILES, it also checks the set of tiles, whose tiles are then plain memory.

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#if defined(POSTERN_TILES)

#include "selected.h"

extern unsigned long tile_products;

/// Dispatch would not: this processor has no tiles.
int select_set(int set) {
  if (set != POSTERN_KERNELS_AMX) return postern_kernels_select(set) == set;
  if (!postern_machine_has_vnni()) return 0;
  postern_kernels_number = set;
  return 1;
}

#else

int select_set(int set) { return postern_kernels_select(set) == set; }

#endif

int main(int count, char **arguments) {
  const int best = postern_kernels_selected();
  start_checks(count > 1 ? (unsigned)atoi(arguments[1]) : 1,
               count > 2 ? (uint64_t)atoll(arguments[2]) : 0,
               count > 3 ? (size_t)atoll(arguments[3]) : 0);
  check_layers();
  check_steps();
  check_experts();
  check_rows();
  for (int set = 0; set < POSTERN_KERNELS_COUNT; set++)
    if (cases[set])
      printf("%-10s %8lu cases the same bit for bit%s\n", set_names[set], cases[set],
             set == best ? " (chosen at start)" : "");
#if defined(POSTERN_TILES)
  if (cases[POSTERN_KERNELS_AMX])
    printf("%-10s %8lu products of tiles, in memory\n", "", tile_products);
  if (cases[POSTERN_KERNELS_AMX] && !tile_products) return 1;
#endif
  return any_failed();
}
