// models.c: experts made at random.

#include "models.h"

#include <string.h>

struct postern_shape random_shape(int element, int is_lookup, size_t hidden_count) {
  struct postern_shape shape = {
      .first_layer = (uint8_t)is_lookup,
      .element = (uint8_t)element,
      .hidden_count = (uint8_t)hidden_count,
      .activation = (uint8_t)(hidden_count ? random_below(3) == 0 : 0),
      .group = element == POSTERN_INT4 ? 4 * (uint32_t)random_in(1, 20) : 0,
  };
  for (size_t i = 0; i < hidden_count; i++) shape.widths[i] = (uint32_t)random_in(1, 70);
  return shape;
}

static void put_float(uint8_t *bytes, size_t element, float value) {
  memcpy(bytes + 4 * element, &value, 4);
}

/// A lawful weight's bits: a finite half, a byte that is not -128, or four bits.
static int weight_bits(int element, int is_lookup, enum kind kind) {
  if (element == POSTERN_F16) {
    int half;
    do {
      half = (int)(random_bits() & 0xFFFF);
      if (kind == PLAIN) half = (half & 0x83FF) | (int)random_in(12, 16) << 10;
      if (kind == TINY) half &= 0x87FF;
    } while ((half & 0x7C00) == 0x7C00);
    return half;
  }
  if (element == POSTERN_INT4 && !is_lookup) return (int)(random_bits() & 15);
  if (kind == TIES || kind == VAST) return random_below(2) ? 127 : 0x81;
  return (int)random_in(0x81, 0x81 + 254) & 0xFF;
}

static void put_weights(const struct postern_shape *shape, int is_lookup, uint8_t *bytes,
                        size_t inputs, size_t outputs, size_t all_inputs, size_t all_outputs,
                        enum kind kind) {
  for (size_t k = 0; k < inputs; k++)
    for (size_t o = 0; o < outputs; o++) {
      size_t element = is_lookup ? k * all_outputs + o : (o / 16 * all_inputs + k) * 16 + o % 16;
      if (shape->element == POSTERN_F32) {
        put_float(bytes, element, random_float(kind));
        continue;
      }
      const int bits = weight_bits(shape->element, is_lookup, kind);
      if (shape->element == POSTERN_F16) {
        const uint16_t half = (uint16_t)bits;
        memcpy(bytes + 2 * element, &half, 2);
      } else if (is_lookup) {
        bytes[element] = (uint8_t)bits;
      } else if (shape->element == POSTERN_INT8) {
        element = ((o / 16 * (all_inputs / 4) + k / 4) * 16 + o % 16) * 4 + k % 4;
        bytes[element] = (uint8_t)bits;
      } else {
        element = (o / 16 * (all_inputs / 2) + k / 2) * 16 + o % 16;
        bytes[element] |= (uint8_t)(bits << k % 2 * 4);
      }
    }
}

void fill_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                 uint8_t *bytes) {
  size_t width = sizes->features;
  memset(bytes, 0, postern_expert_size(shape, sizes));
  for (size_t number = 0; number <= shape->hidden_count; number++) {
    const int is_lookup = number == 0 && shape->first_layer;
    const int is_last = number == shape->hidden_count;
    // Mostly numbers that leave the next layer something finite to work with.
    const enum kind kind = random_below(4) ? PLAIN : random_finite_kind();
    const size_t inputs = is_lookup ? sizes->entries : width;
    const size_t all_inputs = is_lookup ? inputs : pad(inputs, 4);
    const size_t outputs = is_last ? sizes->outputs : shape->widths[number];
    const size_t all_outputs = pad(outputs, 16), count = all_inputs * all_outputs;
    put_weights(shape, is_lookup, bytes, inputs, outputs, all_inputs, all_outputs, kind);
    static const size_t halves[] = {8, 4, 2, 1};  // of a byte, each weight
    const int stored = is_lookup && shape->element == POSTERN_INT4 ? POSTERN_INT8 : shape->element;
    bytes += pad(count * halves[stored] / 2, 64);
    size_t vectors = is_last ? 1 : 2;
    if (stored == POSTERN_INT8) vectors += 1;
    if (stored == POSTERN_INT4) vectors += (all_inputs + shape->group - 1) / shape->group;
    const size_t slopes = !is_last && shape->activation ? vectors - 1 : vectors;
    for (size_t v = 0; v < vectors; v++, bytes += 4 * all_outputs)
      for (size_t o = 0; o < outputs && v != slopes; o++) put_float(bytes, o, random_float(kind));
    width = outputs;
  }
}

void layer_widths(const struct postern_shape *shape, size_t outputs, size_t widths[2]) {
  widths[0] = widths[1] = 0;
  for (size_t number = 0; number <= shape->hidden_count; number++) {
    const size_t width =
        pad(number == shape->hidden_count ? outputs : shape->widths[number], 16);
    if (width > widths[number % 2]) widths[number % 2] = width;
  }
}

void fill_pairs(uint32_t *entries, float *fractions, size_t words, size_t count) {
  for (size_t i = 0; i < words; i++) {
    entries[i] = (uint32_t)random_below(count);
    fractions[i] = random_below(3) ? (float)random_in(0, 1 << 24) * 0x1p-24f : 0.0f;
    if (entries[i] + 1 == count) fractions[i] = random_below(2) ? 0.0f : -0.0f;
  }
}
