// models.h: experts made at random, for the checks of experts and of whole rows.

#pragma once

#include "check.h"

/// A shape with `hidden_count` hidden layers of 1 to 70 outputs.
struct postern_shape random_shape(int element, int is_lookup, size_t hidden_count);

/// Writes an expert of that shape and size: lawful numbers, zeros where the format asks for zeros.
void fill_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                 uint8_t *bytes);

/// The words that layers write at most, of even and of odd number.
void layer_widths(const struct postern_shape *shape, size_t outputs, size_t widths[2]);

/// Pairs for rows `stride` apart, lawful for a table of `count` entries.
void fill_pairs(uint32_t *entries, float *fractions, size_t words, size_t count);
