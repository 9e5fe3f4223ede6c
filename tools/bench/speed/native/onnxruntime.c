// onnxruntime.c: ONNX Runtime by its C interface, one thread a session call, tensors bound once.
//
// The package for Python carries the library without its header. The interface is a table of functions that
// only grows at its end, so the places of the few that are used here are fixed.
#include "peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void any;
typedef any *(*function)();
typedef struct {
  const function *(*get_api)(uint32_t version);
  const char *(*version)(void);
} api_base;
extern const api_base *OrtGetApiBase(void);

enum {
  ERROR_MESSAGE = 2,
  CREATE_ENVIRONMENT = 3,
  CREATE_SESSION = 7,
  RUN = 9,
  CREATE_OPTIONS = 10,
  SET_OPTIMIZATION = 23,
  SET_INTRA_THREADS = 24,
  SET_INTER_THREADS = 25,
  CREATE_TENSOR = 49,
  CREATE_CPU_MEMORY = 69,
};

typedef struct {
  const peer_model *model;
  any *single, *batch, *memory;
} opened;

enum { SIZES = 8 };

typedef struct {
  opened *opened;
  float *rows, *outputs;
  long capacity, counts[SIZES];
  any *inputs[SIZES], *results[SIZES];
} state;

static const function *api;
static const char *problem;

// Calls return NULL or a status with a message.
static int is_wrong(any *status) {
  if (status == NULL) return 0;
  problem = ((const char *(*)(any *))api[ERROR_MESSAGE])(status);
  fprintf(stderr, "%s\n", problem);
  return 1;
}

static any *session(any *environment, const peer_model *model, const char *kind) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.%s.onnx", model->folder, model->name, kind);
  any *options = NULL, *made = NULL;
  if (is_wrong(((any * (*)(any **)) api[CREATE_OPTIONS])(&options))) return NULL;
  if (is_wrong(((any * (*)(any *, int)) api[SET_INTRA_THREADS])(options, 1))) return NULL;
  if (is_wrong(((any * (*)(any *, int)) api[SET_INTER_THREADS])(options, 1))) return NULL;
  if (is_wrong(((any * (*)(any *, int)) api[SET_OPTIMIZATION])(options, 99))) return NULL;
  any *status = ((any * (*)(any *, const char *, any *, any **)) api[CREATE_SESSION])(
      environment, path, options, &made);
  return is_wrong(status) ? NULL : made;
}

void *peer_open(const peer_model *model, const char **reason) {
  api = OrtGetApiBase()->get_api(1);
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  any *environment = NULL;
  if (is_wrong(((any * (*)(int, const char *, any **)) api[CREATE_ENVIRONMENT])(3, "peer",
                                                                               &environment)) ||
      is_wrong(((any * (*)(int, int, any **)) api[CREATE_CPU_MEMORY])(1, 0, &o->memory))) {
    *reason = problem;
    return NULL;
  }
  int is_routed = strcmp(model->variant, "routed") == 0;
  o->single = session(environment, model, is_routed ? "single" : model->variant);
  // A process that answers one row loads one graph.
  o->batch = is_routed && !model->is_once ? session(environment, model, "batch") : o->single;
  if (o->single == NULL || o->batch == NULL) {
    *reason = problem;
    return NULL;
  }
  return o;
}

void *peer_state(void *handle, long capacity) {
  state *s = calloc(1, sizeof *s);
  s->opened = handle;
  s->capacity = capacity;
  s->rows = aligned_alloc(64, (capacity * s->opened->model->input_count * 4 + 63) / 64 * 64);
  s->outputs = aligned_alloc(64, (capacity * s->opened->model->output_count * 4 + 63) / 64 * 64);
  return s;
}

static any *tensor(const state *s, float *numbers, long rows, long columns) {
  int64_t shape[2] = {rows, columns};
  any *made = NULL;
  is_wrong(((any * (*)(any *, void *, size_t, const int64_t *, size_t, int, any **))
                api[CREATE_TENSOR])(s->opened->memory, numbers, rows * columns * 4, shape, 2, 1, &made));
  return made;
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  const peer_model *model = s->opened->model;
  int size = 0;
  while (size < SIZES - 1 && s->counts[size] != 0 && s->counts[size] != count) size++;
  if (s->counts[size] != count) {
    s->counts[size] = count;
    s->inputs[size] = tensor(s, s->rows, count, model->input_count);
    s->results[size] = tensor(s, s->outputs, count, model->output_count);
  }
  memcpy(s->rows, rows, count * model->input_count * sizeof(float));
  const char *input = "x", *output = "y";
  any *status = ((any * (*)(any *, any *, const char **, any **, size_t, const char **, size_t, any **))
                     api[RUN])(count == 1 ? s->opened->single : s->opened->batch, NULL, &input,
                               &s->inputs[size], 1, &output, 1, &s->results[size]);
  if (is_wrong(status)) return 1;
  memcpy(outputs, s->outputs, count * model->output_count * sizeof(float));
  return 0;
}
