// ggml.c: ggml; its operator `mul_mat_id` multiplies each row by the weights of its own expert.
//
// The library comes from a package for Python, without headers and compiled for any AVX2 machine.
#include "peer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The parts of the interface that are used here.
typedef struct {
  size_t byte_count;
  void *buffer;
  bool no_alloc;
} ggml_init_params;
typedef void context;
typedef void tensor;
typedef void graph;
extern context *ggml_init(ggml_init_params parameters);
extern tensor *ggml_new_tensor_1d(context *c, int type, int64_t a);
extern tensor *ggml_new_tensor_2d(context *c, int type, int64_t a, int64_t b);
extern tensor *ggml_new_tensor_3d(context *c, int type, int64_t a, int64_t b, int64_t d);
extern tensor *ggml_reshape_2d(context *c, tensor *t, int64_t a, int64_t b);
extern tensor *ggml_mul_mat(context *c, tensor *a, tensor *b);
extern tensor *ggml_mul_mat_id(context *c, tensor *experts, tensor *b, tensor *ids);
extern tensor *ggml_add(context *c, tensor *a, tensor *b);
extern tensor *ggml_add_id(context *c, tensor *a, tensor *b, tensor *ids);
extern tensor *ggml_relu_inplace(context *c, tensor *a);
extern tensor *ggml_argmax(context *c, tensor *a);
extern graph *ggml_new_graph(context *c);
extern void ggml_build_forward_expand(graph *g, tensor *t);
extern void *ggml_get_data(const tensor *t);
extern size_t ggml_tensor_overhead(void);
extern void *ggml_backend_cpu_init(void);
extern void ggml_backend_cpu_set_n_threads(void *backend, int count);
extern int ggml_backend_graph_compute(void *backend, graph *g);

enum { F32 = 0, SIZES = 4 };

typedef struct {
  const peer_model *model;
  tensor *router, *router_bias, *weights[8], *bias[8];
} opened;

typedef struct {
  graph *graph;
  float *rows, *outputs;
  long count;
} compiled;

typedef struct {
  opened *opened;
  void *backend;
  compiled sizes[SIZES];
} state;

static context *room(size_t byte_count) {
  return ggml_init((ggml_init_params){byte_count + (1 << 20), NULL, false});
}

void *peer_open(const peer_model *model, const char **reason) {
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  long experts = model->is_dense ? 1 : model->expert_count, d = model->input_count;
  size_t numbers = (d + 1) * experts;
  for (long l = 0; l < model->layer_count; l++)
    numbers += experts * model->experts[0][l].outputs * (model->experts[0][l].inputs + 1);
  context *c = room(numbers * 4);
  if (c == NULL) {
    *reason = "ggml_init";
    return NULL;
  }
  o->router = ggml_new_tensor_2d(c, F32, d, experts);
  o->router_bias = ggml_new_tensor_1d(c, F32, experts);
  memcpy(ggml_get_data(o->router), model->router, experts * d * 4);
  memcpy(ggml_get_data(o->router_bias), model->router_bias, experts * 4);
  for (long l = 0; l < model->layer_count; l++) {
    long inputs = model->experts[0][l].inputs, outputs = model->experts[0][l].outputs;
    o->weights[l] = ggml_new_tensor_3d(c, F32, inputs, outputs, experts);
    o->bias[l] = ggml_new_tensor_2d(c, F32, outputs, experts);
    float *to = ggml_get_data(o->weights[l]), *bias = ggml_get_data(o->bias[l]);
    for (long e = 0; e < experts; e++) {
      const peer_layer *from = &model->experts[e][l];
      for (long i = 0; i < outputs; i++)
        for (long j = 0; j < inputs; j++)
          to[(e * outputs + i) * inputs + j] = from->weights[j * outputs + i];
      memcpy(bias + e * outputs, from->bias, outputs * 4);
    }
  }
  return o;
}

void *peer_state(void *handle, long capacity) {
  (void)capacity;
  state *s = calloc(1, sizeof *s);
  s->opened = handle;
  s->backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(s->backend, 1);
  return s;
}

static compiled built(const opened *o, long count) {
  const peer_model *model = o->model;
  size_t numbers = model->input_count + 4 * model->expert_count;
  for (long l = 0; l < model->layer_count; l++) numbers += 3 * model->experts[0][l].outputs;
  context *c = room((size_t)count * numbers * 4 + (4 << 20));
  compiled result = {.count = count};
  tensor *x = ggml_new_tensor_3d(c, F32, model->input_count, 1, count), *rows = x, *ids = NULL;
  if (model->is_dense) {
    x = ggml_reshape_2d(c, x, model->input_count, count);
  } else {
    tensor *scores = ggml_mul_mat(c, o->router, ggml_reshape_2d(c, x, model->input_count, count));
    ids = ggml_reshape_2d(c, ggml_argmax(c, ggml_add(c, scores, o->router_bias)), 1, count);
  }
  for (long l = 0; l < model->layer_count; l++) {
    if (model->is_dense) {
      long inputs = model->experts[0][l].inputs, outputs = model->experts[0][l].outputs;
      x = ggml_add(c, ggml_mul_mat(c, ggml_reshape_2d(c, o->weights[l], inputs, outputs), x),
                   o->bias[l]);
    } else {
      x = ggml_add_id(c, ggml_mul_mat_id(c, o->weights[l], x, ids), o->bias[l], ids);
    }
    if (l + 1 < model->layer_count) x = ggml_relu_inplace(c, x);
  }
  result.graph = ggml_new_graph(c);
  ggml_build_forward_expand(result.graph, x);
  result.rows = ggml_get_data(rows);
  result.outputs = ggml_get_data(x);
  return result;
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  const peer_model *model = s->opened->model;
  int size = 0;
  while (size < SIZES - 1 && s->sizes[size].count != 0 && s->sizes[size].count != count) size++;
  compiled *to = &s->sizes[size];
  if (to->count != count) *to = built(s->opened, count);
  memcpy(to->rows, rows, count * model->input_count * sizeof(float));
  if (ggml_backend_graph_compute(s->backend, to->graph) != 0) return 1;
  memcpy(outputs, to->outputs, count * model->output_count * sizeof(float));
  return 0;
}
