// lightgbm.c: LightGBM's C interface: 500 trees, which is another kind of model with the same inputs.
#include "peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// The parts of the interface that are used here.
extern int LGBM_BoosterCreateFromModelfile(const char *path, int *iterations, void **booster);
extern int LGBM_BoosterPredictForMatSingleRowFastInit(void *booster, int predict_type, int start,
                                                      int iterations, int data_type, int32_t columns,
                                                      const char *parameters, void **fast);
extern int LGBM_BoosterPredictForMatSingleRowFast(void *fast, const void *row, int64_t *count,
                                                  double *result);
extern int LGBM_BoosterPredictForMat(void *booster, const void *rows, int data_type, int32_t count,
                                     int32_t columns, int is_row_major, int predict_type, int start,
                                     int iterations, const char *parameters, int64_t *result_count,
                                     double *result);
extern const char *LGBM_GetLastError(void);

enum { FLOAT32 = 0, NORMAL = 0 };

typedef struct {
  const peer_model *model;
  void *booster;
} opened;

typedef struct {
  const opened *opened;
  void *fast;
  double *results;
} state;

void *peer_open(const peer_model *model, const char **reason) {
  char path[4096];
  snprintf(path, sizeof path, "%s/trees500.txt", model->folder);
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  int iterations;
  if (LGBM_BoosterCreateFromModelfile(path, &iterations, &o->booster) != 0) {
    *reason = LGBM_GetLastError();
    return NULL;
  }
  return o;
}

void *peer_state(void *handle, long capacity) {
  state *s = calloc(1, sizeof *s);
  s->opened = handle;
  s->results = calloc(capacity, sizeof(double));
  LGBM_BoosterPredictForMatSingleRowFastInit(s->opened->booster, NORMAL, 0, -1, FLOAT32,
                                             s->opened->model->input_count, "num_threads=1", &s->fast);
  return s;
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  int64_t length;
  int wrong = count == 1
                  ? LGBM_BoosterPredictForMatSingleRowFast(s->fast, rows, &length, s->results)
                  : LGBM_BoosterPredictForMat(s->opened->booster, rows, FLOAT32, count,
                                              s->opened->model->input_count, 1, NORMAL, 0, -1,
                                              "num_threads=1", &length, s->results);
  for (long i = 0; i < count; i++) outputs[i] = (float)s->results[i];
  return wrong;
}
