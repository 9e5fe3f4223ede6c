// expert.c: the steps that are the same on every instruction set: layers in turn, rows in order.

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"
#include "selected.h"

/// Where a layer is in its expert, and how it is called.
struct layer {
  size_t weights, scale, bias, slopes, end;
  size_t inputs, outputs;
  int is_lookup, is_last;
};

static size_t pad(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

/// The layer of that number, which starts at byte `start` and has `inputs` inputs.
static struct layer layer_at(const struct postern_shape *shape, const struct postern_sizes *sizes,
                             size_t number, size_t start, size_t inputs) {
  struct layer l = {.weights = start};
  l.is_lookup = number == 0 && shape->first_layer == 1;
  l.is_last = number == shape->hidden_count;
  l.inputs = l.is_lookup ? sizes->entries : pad(inputs, 4);
  l.outputs = pad(l.is_last ? sizes->outputs : shape->widths[number], 16);
  const size_t count = l.inputs * l.outputs, vector = 4 * l.outputs;
  size_t scales = 0;
  switch (shape->element) {
    case POSTERN_F32: l.scale = start + pad(4 * count, 64); break;
    case POSTERN_F16: l.scale = start + pad(2 * count, 64); break;
    case POSTERN_INT8:
      l.scale = start + pad(count, 64);
      scales = 1;
      break;
    default:
      l.scale = start + pad(l.is_lookup ? count : count / 2, 64);
      scales = l.is_lookup ? 1 : (l.inputs + shape->group - 1) / shape->group;
  }
  l.bias = l.scale + scales * vector;
  l.slopes = l.bias + vector;
  l.end = l.is_last ? l.slopes : l.slopes + vector;
  return l;
}

size_t postern_expert_size(const struct postern_shape *shape, const struct postern_sizes *sizes) {
  struct layer l = layer_at(shape, sizes, 0, 0, sizes->features);
  for (size_t number = 1; number <= shape->hidden_count; number++)
    l = layer_at(shape, sizes, number, l.end, shape->widths[number - 1]);
  return l.end;
}

static void run_layer(size_t element, const struct layer *layer, const struct postern_call *call,
                      const struct postern_pairs *pairs) {
  const struct postern_kernel_set *set = postern_selected_set();
  if (layer->is_lookup) {
    // A table of int4 holds bytes, as one of int8 does.
    set->lookup(call, element == POSTERN_INT4 ? POSTERN_INT8 : (int)element, pairs);
    return;
  }
  switch (element) {
    case POSTERN_F32: set->f32(call); break;
    case POSTERN_F16: set->f16(call); break;
    case POSTERN_INT8: set->int8(call); break;
    default: set->int4(call);
  }
}

void postern_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                    const void *bytes, const float *x, size_t x_stride,
                    const struct postern_pairs *pairs, float *even, float *odd, size_t stride,
                    size_t rows) {
  const char *start = bytes;
  float *const sides[2] = {even, odd};
  const int cubes = shape->activation == 1;
  struct layer l = layer_at(shape, sizes, 0, 0, sizes->features);
  for (size_t number = 0;; number++) {
    const struct postern_call call = {
        .weights = start + l.weights,
        .scale = (const float *)(start + l.scale),
        .bias = (const float *)(start + l.bias),
        .slopes = l.is_last || cubes ? NULL : (const float *)(start + l.slopes),
        .cubes = cubes && !l.is_last,
        .fetches = (int)sizes->fetches,
        .inputs = l.inputs,
        .outputs = l.outputs,
        .group = shape->group,
        .x = number ? sides[(number - 1) % 2] : x,
        .x_stride = number ? stride : x_stride,
        .y = sides[number % 2],
        .y_stride = stride,
        .rows = rows,
    };
    run_layer(shape->element, &l, &call, pairs);
    if (l.is_last) return;
    l = layer_at(shape, sizes, number + 1, l.end, shape->widths[number]);
  }
}

uint32_t postern_predict_row(const struct postern_row *row) {
  const struct postern_kernel_set *set = postern_selected_set();
  const struct postern_call router = {
      .weights = row->router,
      .bias = row->router_bias,
      .inputs = pad(row->sizes.features, 4),
      .outputs = pad(row->children, 16),
      .x = row->features,
      .y = row->scores,
      .rows = 1,
  };
  set->f32(&router);
  uint32_t expert;
  if (set->best(row->scores, 0, row->children, 1, &expert)) return POSTERN_OVERFLOW;
  if (!(row->checked[expert / 32] >> expert % 32 & 1)) return POSTERN_UNCHECKED;
  const uint8_t *bytes = row->file + row->experts[expert].offset;
  const struct postern_shape *shape = row->shapes + expert;
  postern_expert(shape, &row->sizes, bytes, row->features, 0, &row->pairs, row->even, row->odd, 0,
                 1);
  const float *outputs = shape->hidden_count % 2 ? row->odd : row->even;
  for (size_t o = 0; o < row->sizes.outputs; o++) row->outputs[o] = outputs[o];
  uint32_t status = 0;
  set->head(row->head, row->sizes.outputs, row->outputs, 0, 1, &status, 1);
  return status ? POSTERN_OVERFLOW : expert;
}

size_t postern_group(const uint32_t *status, const uint32_t *experts, size_t rows, uint32_t *ends,
                     uint32_t *distinct, size_t before, uint32_t *order) {
  for (size_t i = 0; i < before; i++) ends[distinct[i]] = 0;
  size_t found = 0;
  for (size_t row = 0; row < rows; row++) {
    if (status[row]) continue;
    if (ends[experts[row]]++ == 0) distinct[found++] = experts[row];
  }
  uint32_t next = 0;
  for (size_t i = 0; i < found; i++) {
    const uint32_t count = ends[distinct[i]];
    ends[distinct[i]] = next;
    next += count;
  }
  for (size_t row = 0; row < rows; row++)
    if (!status[row]) order[ends[experts[row]]++] = (uint32_t)row;
  return found;
}

void postern_gather(const uint32_t *words, size_t stride, size_t count, const uint32_t *order,
                    size_t rows, uint32_t *gathered) {
  // Rows of a large batch are in no near cache, and stand where no prefetcher looks.
  enum { AHEAD = 8, LINE = 16 };
  for (size_t row = 0; row < rows; row++) {
    const uint32_t *from = words + order[row] * stride;
    const uint32_t *next = words + order[row + AHEAD < rows ? row + AHEAD : row] * stride;
    uint32_t *to = gathered + row * count;
    size_t i = 0;
    for (; i + LINE <= count; i += LINE) {
      __builtin_prefetch(next + i);
      __builtin_memcpy(to + i, from + i, LINE * sizeof *words);
    }
    if (i < count) __builtin_memcpy(to + i, from + i, (count - i) * sizeof *words);
  }
}

void postern_scatter(const float *values, size_t stride, size_t count, const uint32_t *order,
                     const float *factors, size_t rows, float *scattered,
                     size_t scattered_stride) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = values + row * stride;
    float *to = scattered + order[row] * scattered_stride;
    const float factor = factors ? factors[order[row]] : 1.0f;
    for (size_t i = 0; i < count; i++) to[i] = factors ? factor * from[i] : from[i];
  }
}
