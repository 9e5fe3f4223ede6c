// peer.h: what a contender in C or C++ provides; peer.c has the rest: files, protocol, threads, time.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One layer's numbers in the file, row-major: weights of shape (inputs, outputs), then biases.
typedef struct {
  long inputs, outputs;
  const float *weights, *bias;
} peer_layer;

/// A model as the workload maker dumped it. Hidden layers are ReLU.
typedef struct {
  const char *folder, *name, *variant;
  int is_dense;  ///< Expert 0 alone answers: a plain network of the active size.
  int is_once;   ///< The process answers one row and ends.
  long input_count, expert_count, layer_count, output_count, widest;
  const float *router, *router_bias;  ///< Shape (experts, inputs).
  peer_layer (*experts)[8];
} peer_model;

/// Prepares the model, once: packs weights, builds graphs. NULL and a reason if that cannot be done.
void *peer_open(const peer_model *model, const char **reason);

/// What one thread needs for batches of up to `capacity` rows.
void *peer_state(void *opened, long capacity);

/// Answers `count` rows; `outputs` has the shape (count, output_count). 0 if all went well.
int peer_predict(void *state, const float *rows, long count, float *outputs);

#ifdef __cplusplus
}
#endif
