// openvino.c: OpenVINO by its C interface; a network is compiled for each number of rows.
#include "peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The package for Python carries the library without its header: the parts of it that are used here.
typedef struct {
  int64_t rank;
  int64_t *sizes;
} ov_shape;
typedef struct {
  int64_t low, high;
} ov_dimension;
typedef struct {
  ov_dimension rank;
  ov_dimension *sizes;
} ov_partial_shape;
extern int ov_core_create(void **core);
extern int ov_core_read_model(const void *core, const char *path, const char *bin, void **model);
extern int ov_partial_shape_create_static(int64_t rank, const int64_t *sizes, ov_partial_shape *shape);
extern int ov_model_reshape_single_input(const void *model, ov_partial_shape shape);
extern int ov_core_compile_model(const void *core, const void *model, const char *device, size_t count,
                                 void **compiled, ...);
extern int ov_compiled_model_create_infer_request(const void *compiled, void **request);
extern int ov_infer_request_get_input_tensor_by_index(const void *request, size_t index, void **tensor);
extern int ov_infer_request_get_output_tensor_by_index(const void *request, size_t index, void **tensor);
extern int ov_tensor_set_shape(void *tensor, ov_shape shape);
extern int ov_tensor_data(const void *tensor, void **data);
extern int ov_infer_request_infer(void *request);
extern const char *ov_get_last_err_msg(void);

typedef struct {
  const peer_model *model;
  void *core;
} opened;

enum { SIZES = 4 };

typedef struct {
  const opened *opened;
  long counts[SIZES];
  void *requests[SIZES];
  float *inputs[SIZES];
} state;

static void *request(const opened *o, long count) {
  const peer_model *model = o->model;
  char path[4096];
  const char *kind = model->is_dense ? "dense"
                     : count == 1                                                 ? "single"
                                                                                  : "batch";
  snprintf(path, sizeof path, "%s/%s.%s.onnx", model->folder, model->name, kind);
  void *network = NULL, *compiled = NULL, *made = NULL;
  int64_t sizes[2] = {count, model->input_count};
  ov_partial_shape shape;
  const char *precision = strstr(model->variant, "bf16") ? "bf16" : "f32";
  if (ov_core_read_model(o->core, path, NULL, &network) != 0 ||
      ov_partial_shape_create_static(2, sizes, &shape) != 0 ||
      ov_model_reshape_single_input(network, shape) != 0 ||
      ov_core_compile_model(o->core, network, "CPU", 8, &compiled, "INFERENCE_NUM_THREADS", "1",
                            "NUM_STREAMS", "1", "PERFORMANCE_HINT", "LATENCY",
                            "INFERENCE_PRECISION_HINT", precision) != 0 ||
      ov_compiled_model_create_infer_request(compiled, &made) != 0)
    return NULL;
  return made;
}

void *peer_open(const peer_model *model, const char **reason) {
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  if (ov_core_create(&o->core) != 0 || request(o, 1) == NULL) {
    *reason = ov_get_last_err_msg();
    return NULL;
  }
  return o;
}

void *peer_state(void *handle, long capacity) {
  (void)capacity;
  state *s = calloc(1, sizeof *s);
  s->opened = handle;
  return s;
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  const peer_model *model = s->opened->model;
  int size = 0;
  while (size < SIZES - 1 && s->counts[size] != 0 && s->counts[size] != count) size++;
  void *tensor, *data;
  if (s->counts[size] != count) {
    s->counts[size] = count;
    s->requests[size] = request(s->opened, count);
    if (s->requests[size] == NULL ||
        ov_infer_request_get_input_tensor_by_index(s->requests[size], 0, &tensor) != 0 ||
        ov_tensor_data(tensor, &data) != 0)
      return 1;
    s->inputs[size] = data;
  }
  memcpy(s->inputs[size], rows, count * model->input_count * sizeof(float));
  if (ov_infer_request_infer(s->requests[size]) != 0 ||
      ov_infer_request_get_output_tensor_by_index(s->requests[size], 0, &tensor) != 0 ||
      ov_tensor_data(tensor, &data) != 0)
    return 1;
  memcpy(outputs, data, count * model->output_count * sizeof(float));
  return 0;
}
