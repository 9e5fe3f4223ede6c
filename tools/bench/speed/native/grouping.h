// grouping.h: rows sorted by expert (counting sort), for contenders that multiply group by group.
#pragma once

#include <stdlib.h>
#include <string.h>

typedef struct {
  long *starts;  ///< Rows of expert e are order[starts[e]] up to order[starts[e + 1]].
  long *order;
  long *places;
  int *chosen;
} grouping;

static inline grouping new_grouping(long experts, long capacity) {
  grouping g;
  g.starts = (long *)calloc(experts + 2, sizeof(long));
  g.places = (long *)calloc(experts + 2, sizeof(long));
  g.order = (long *)calloc(capacity, sizeof(long));
  g.chosen = (int *)calloc(capacity, sizeof(int));
  return g;
}

/// Sorts rows by `chosen`.
static inline void group_rows(grouping *g, long experts, long count) {
  memset(g->starts, 0, (experts + 1) * sizeof(long));
  for (long i = 0; i < count; i++) g->starts[g->chosen[i] + 1]++;
  for (long e = 0; e < experts; e++) g->starts[e + 1] += g->starts[e];
  memcpy(g->places, g->starts, (experts + 1) * sizeof(long));
  for (long i = 0; i < count; i++) g->order[g->places[g->chosen[i]]++] = i;
}

/// The index of the largest score; the lowest at a tie.
static inline int largest(const float *scores, long count) {
  int best = 0;
  for (long i = 1; i < count; i++)
    if (scores[i] > scores[best]) best = (int)i;
  return best;
}
