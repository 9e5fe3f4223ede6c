// reference.c: layers, routing, transform and head as formats/model.md, section 9, has them.
//
// Written from the specification alone, output by output. fmaf rounds once in any C library.

#pragma STDC FP_CONTRACT OFF

#include "reference.h"

#include <math.h>
#include <string.h>

/// ((c[0] + c[1]) + (c[2] + c[3])): section 9.2's four chains; `squares` is distance's.
static float chains(const float *x, const float *w, size_t inputs, int squares) {
  const size_t q = inputs / 4;
  float c[4];
  for (size_t j = 0; j < 4; j++) {
    c[j] = 0.0f;
    for (size_t k = j * q; k < (j + 1) * q; k++) {
      const float d = x[k] - w[k];
      c[j] = squares ? fmaf(d, d, c[j]) : fmaf(x[k], w[k], c[j]);
    }
  }
  return (c[0] + c[1]) + (c[2] + c[3]);
}

static void activate(const struct plain_layer *layer, float *y) {
  for (size_t o = 0; o < layer->outputs; o++) {
    if (layer->slopes) y[o] = y[o] > 0.0f ? y[o] : layer->slopes[o] * y[o];
    if (layer->cube) y[o] = (y[o] * y[o]) * y[o];
  }
}

static void dense_int8(const struct plain_layer *layer, const float *x, float *y) {
  float m = 0.0f;
  int broken = 0;
  for (size_t k = 0; k < layer->inputs; k++) {
    broken |= !isfinite(x[k]);
    m = fmaxf(m, fabsf(x[k]));
  }
  const float inverse = 127.0f / m;
  for (size_t o = 0; o < layer->outputs; o++) {
    const float *w = layer->weights + o * layer->inputs;
    int64_t sum = 0;
    for (size_t k = 0; k < layer->inputs && !broken; k++) {
      const float q = m == 0.0f || !isfinite(inverse) ? 0.0f : rintf(x[k] * inverse);
      sum += (int64_t)fminf(fmaxf(q, -127.0f), 127.0f) * (int64_t)w[k];
    }
    const float unit = m / 127.0f;
    y[o] = broken ? NAN : fmaf((float)(int32_t)sum * unit, layer->weight_scale[o], layer->bias[o]);
  }
}

void reference_dense(const struct plain_layer *layer, const float *x, float *y) {
  if (layer->is_int8) {
    dense_int8(layer, x, y);
  } else {
    for (size_t o = 0; o < layer->outputs; o++) {
      y[o] = chains(x, layer->weights + o * layer->inputs, layer->inputs, 0);
      if (layer->bias) y[o] = y[o] + layer->bias[o];
    }
  }
  activate(layer, y);
}

void reference_distance(const struct plain_layer *layer, const float *scale, const float *x,
                        float *y) {
  for (size_t o = 0; o < layer->outputs; o++) {
    const float sum = chains(x, layer->weights + o * layer->inputs, layer->inputs, 1);
    y[o] = fmaf(-scale[o], sqrtf(sum), layer->bias[o]);
  }
}

void reference_cosine(const struct plain_layer *layer, const float *scale, size_t children,
                      const float *x, float *y) {
  const float norm = sqrtf(chains(x, x, layer->inputs, 0));
  for (size_t o = 0; o < layer->outputs; o++) {
    y[o] = chains(x, layer->weights + o * layer->inputs, layer->inputs, 0);
    if (o >= children) continue;
    const float n = norm + scale[o];
    y[o] = (isfinite(n) ? y[o] / n : NAN) + layer->bias[o];
  }
}

void reference_lookup(const struct plain_layer *layer, const uint32_t *entries,
                      const float *fractions, size_t columns, float *y) {
  for (size_t o = 0; o < layer->outputs; o++) {
    float z = layer->bias[o];
    for (size_t c = 0; c < columns; c++) {
      const uint32_t a = entries[c], b = fractions[c] > 0.0f ? a + 1 : a;
      const float low = layer->weights[a * layer->outputs + o];
      const float high = layer->weights[b * layer->outputs + o];
      z = z + fmaf(fractions[c], high - low, low);
    }
    y[o] = z;
  }
  activate(layer, y);
}

uint32_t reference_best(const float *scores, size_t count) {
  uint32_t best = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!isfinite(scores[i])) return UINT32_MAX;
    if (scores[i] > scores[best]) best = i;
  }
  return best;
}

/// A numeric column. `entry` is local to the column.
static int number(const struct postern_column *c, const float *edges, float v, float *features,
                  uint32_t *entry, float *fraction) {
  const uint32_t last = c->value_count - 1;
  const int missing = isnan(v);
  if (isinf(v) || (missing && c->missing == 0)) return 1;
  if (missing) v = c->fill;
  if (v < edges[0]) v = edges[0];
  if (v > edges[last]) v = edges[last];
  features[0] = (v - c->center) * c->scale;
  if (c->missing == 2) features[1] = missing ? 1.0f : 0.0f;
  *fraction = 0.0f;
  *entry = last + 1;
  if (missing && c->missing == 2) return 0;
  uint32_t b = 0;
  for (uint32_t i = 0; i < last; i++)
    if (edges[i] <= v) b = i;
  *entry = b;
  *fraction = (v - edges[b]) / (edges[b + 1] - edges[b]);
  return 0;
}

static int category(const struct postern_column *c, const float *codes, float v, float *features,
                    uint32_t *entry, float *fraction) {
  const uint32_t count = c->entry_count - (c->missing == 2 ? 1 : 0) - (c->unknown ? 1 : 0);
  uint32_t local;
  if (isnan(v)) {
    if (c->missing == 0) return 1;
    local = c->missing == 1 ? count : c->entry_count - 1;
  } else {
    if (!(v >= 0.0f) || v > (float)count || v != floorf(v)) return 1;
    local = (uint32_t)v;
    if (local == count && !c->unknown) return 1;
  }
  memcpy(features, codes + (size_t)local * c->feature_count, c->feature_count * sizeof(float));
  *entry = local;
  *fraction = 0.0f;
  return 0;
}

int reference_transform(const struct postern_transform *t, const float *row, float *features,
                        uint32_t *entries, float *fractions) {
  size_t used = 0;
  for (size_t i = 0; i < t->feature_words; i++) features[i] = 0.0f;
  for (size_t i = 0; i < t->column_count; i++) {
    const struct postern_column *c = t->columns + i;
    if (c->kind == 2) continue;
    const float *values = t->values + c->first_value;
    float *made = features + c->first_feature;
    const int refused = (c->kind == 0 ? number : category)(c, values, row[i], made, entries + used,
                                                           fractions + used);
    if (refused) return 1;
    entries[used++] += c->first_entry;
  }
  return 0;
}

int reference_head(const float *head, size_t outputs, const float *out, float *values) {
  int refused = 0;
  for (size_t o = 0; o < outputs; o++) {
    const float *h = head + 4 * o;
    const float raw = fmaf(out[o], h[0], h[1]);
    refused |= !isfinite(out[o]) || !isfinite(raw);
    values[o] = raw < h[2] ? h[2] : raw > h[3] ? h[3] : raw;
  }
  return refused;
}

float half_to_float(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const float fraction = (float)(half & 1023);
  const float size = exponent ? ldexpf(1024.0f + fraction, exponent - 25) : ldexpf(fraction, -24);
  return half & 0x8000 ? -size : size;
}

void open_panels(const float *panels, size_t inputs, size_t outputs, float *weights) {
  for (size_t o = 0; o < outputs; o++)
    for (size_t k = 0; k < inputs; k++)
      weights[o * inputs + k] = panels[((o / 16) * inputs + k) * 16 + o % 16];
}
