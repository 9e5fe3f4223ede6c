// openblas.c: OpenBLAS; a single row by sgemv, a batch grouped by expert by sgemm.
#include "grouping.h"
#include "peer.h"

#define BLAS_SYMBOL_PREFIX scipy_
#include <cblas.h>

typedef struct {
  const peer_model *model;
} opened;

typedef struct {
  const peer_model *model;
  grouping groups;
  float *a, *b, *scores;
} state;

enum { BLOCK = 256 };

void *peer_open(const peer_model *model, const char **reason) {
  (void)reason;
  // The second thread of a batch is the contender's own.
  scipy_openblas_set_num_threads(1);
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  return o;
}

void *peer_state(void *handle, long capacity) {
  state *s = calloc(1, sizeof *s);
  s->model = ((opened *)handle)->model;
  s->groups = new_grouping(s->model->expert_count, capacity);
  s->a = calloc(BLOCK * s->model->widest, sizeof(float));
  s->b = calloc(BLOCK * s->model->widest, sizeof(float));
  s->scores = calloc(BLOCK * s->model->expert_count, sizeof(float));
  return s;
}

// x has the shape (count, inputs), y (count, outputs).
static void layer(const peer_layer *layer, const float *x, float *y, long count, int relu) {
  long inputs = layer->inputs, outputs = layer->outputs;
  for (long i = 0; i < count; i++) memcpy(y + i * outputs, layer->bias, outputs * sizeof *y);
  if (count == 1) {
    scipy_cblas_sgemv(CblasRowMajor, CblasTrans, inputs, outputs, 1, layer->weights, outputs, x, 1,
                      1, y, 1);
  } else {
    scipy_cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, outputs, inputs, 1, x,
                      inputs, layer->weights, outputs, 1, y, outputs);
  }
  if (relu)
    for (long i = 0; i < count * outputs; i++) y[i] = y[i] > 0 ? y[i] : 0;
}

// Scores of `count` rows, shape (count, experts).
static void route(const state *s, const float *x, long count) {
  const peer_model *model = s->model;
  long d = model->input_count, experts = model->expert_count;
  for (long i = 0; i < count; i++)
    memcpy(s->scores + i * experts, model->router_bias, experts * sizeof(float));
  if (count == 1) {
    scipy_cblas_sgemv(CblasRowMajor, CblasNoTrans, experts, d, 1, model->router, d, x, 1, 1,
                      s->scores, 1);
  } else {
    scipy_cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, experts, d, 1, x, d,
                      model->router, d, 1, s->scores, experts);
  }
}

// The result is in the array that is returned.
static float *expert(const state *s, long index, const float *x, long count) {
  float *to = s->a;
  for (long l = 0; l < s->model->layer_count; l++) {
    to = l % 2 ? s->b : s->a;
    layer(&s->model->experts[index][l], x, to, count, l + 1 < s->model->layer_count);
    x = to;
  }
  return to;
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  const peer_model *model = s->model;
  long d = model->input_count, o = model->output_count;
  if (count == 1) {
    long chosen = 0;
    if (!model->is_dense) {
      route(s, rows, 1);
      chosen = largest(s->scores, model->expert_count);
    }
    memcpy(outputs, expert(s, chosen, rows, 1), o * sizeof *outputs);
    return 0;
  }
  grouping *g = &s->groups;
  for (long at = 0; at < count; at += BLOCK) {
    long n = count - at < BLOCK ? count - at : BLOCK;
    if (!model->is_dense) route(s, rows + at * d, n);
    for (long i = 0; i < n; i++)
      g->chosen[at + i] =
          model->is_dense ? 0 : largest(s->scores + i * model->expert_count, model->expert_count);
  }
  group_rows(g, model->expert_count, count);
  for (long e = 0; e < model->expert_count; e++) {
    for (long at = g->starts[e]; at < g->starts[e + 1]; at += BLOCK) {
      long n = g->starts[e + 1] - at < BLOCK ? g->starts[e + 1] - at : BLOCK;
      // The rows of a group stand together in `b`; layer 0 writes to `a`.
      for (long i = 0; i < n; i++)
        memcpy(s->b + i * d, rows + g->order[at + i] * d, d * sizeof(float));
      const float *y = expert(s, e, s->b, n);
      for (long i = 0; i < n; i++)
        memcpy(outputs + g->order[at + i] * o, y + i * o, o * sizeof(float));
    }
  }
  return 0;
}
