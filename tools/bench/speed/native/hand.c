// hand.c: what a programmer writes by hand for this one kind of model: packed panels and intrinsics.
//
// A panel holds 16 outputs of a layer: panel[output / 16][input][output % 16]. One row walks up to
// eight panels together, which reads eight streams; a batch multiplies blocks of rows by two panels.
#include "grouping.h"
#include "peer.h"

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __AVX512F__
typedef __m512 vector;
enum { PARTS = 1 };
#define LOAD _mm512_load_ps
#define STORE _mm512_storeu_ps
#define SPREAD _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#define MAX _mm512_max_ps
#define ADD _mm512_add_ps
#else
typedef __m256 vector;
enum { PARTS = 2 };
#define LOAD _mm256_load_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#define MAX _mm256_max_ps
#define ADD _mm256_add_ps
#endif
enum { LANES = 16 / PARTS };

typedef struct {
  long inputs, outputs, panels;
  float *weights, *bias;
} packed;

typedef struct {
  const peer_model *model;
  packed router;
  packed (*experts)[8];  // An expert without layers is not packed yet.
} opened;

typedef struct {
  const opened *opened;
  grouping grouping;
  float *a, *b, *scores;
} state;

enum { BLOCK = 64 };

static int is_once;

// Zeros, never given back; in pages of 2 MiB where the system has them and many rows will come.
static float *aligned(size_t count) {
  static char *next;
  static size_t left;
  const size_t size = (count * 4 + 4159) / 64 * 64, chunk = 64 << 20;
  if (size > left) {
    left = size > chunk ? size : chunk;
    next = mmap(NULL, left, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED) abort();
    if (!is_once) madvise(next, left, MADV_HUGEPAGE);
  }
  char *memory = next;
  next += size;
  left -= size;
  return (float *)memory;
}

static packed pack(long inputs, long outputs, const float *weights, long input_stride,
                   long output_stride, const float *bias) {
  packed p = {inputs, outputs, (outputs + 15) / 16};
  p.weights = aligned(p.panels * inputs * 16);
  p.bias = aligned(p.panels * 16);
  for (long o = 0; o < outputs; o++) {
    p.bias[o] = bias[o];
    for (long i = 0; i < inputs; i++)
      p.weights[(o / 16 * inputs + i) * 16 + o % 16] = weights[i * input_stride + o * output_stride];
  }
  return p;
}

// N panels of one row at once, each with chains enough to hide the latency of a multiply-add.
#define ROW(N, CHAINS)                                                                            \
  static inline void row_##N(const packed *p, long panel, const float *x, float *y, int relu) {   \
    vector sum[N][CHAINS][PARTS];                                                                 \
    long inputs = p->inputs, i = 0;                                                               \
    const float *w = p->weights + panel * inputs * 16;                                            \
    for (int n = 0; n < N; n++)                                                                   \
      for (int q = 0; q < PARTS; q++) {                                                           \
        sum[n][0][q] = LOAD(p->bias + (panel + n) * 16 + q * LANES);                              \
        for (int c = 1; c < CHAINS; c++) sum[n][c][q] = SPREAD(0);                                \
      }                                                                                           \
    for (; i + CHAINS <= inputs; i += CHAINS)                                                     \
      for (int c = 0; c < CHAINS; c++) {                                                          \
        vector v = SPREAD(x[i + c]);                                                              \
        for (int n = 0; n < N; n++)                                                               \
          for (int q = 0; q < PARTS; q++)                                                         \
            sum[n][c][q] =                                                                        \
                FMA(v, LOAD(w + (n * inputs + i + c) * 16 + q * LANES), sum[n][c][q]);            \
      }                                                                                           \
    for (; i < inputs; i++)                                                                       \
      for (int n = 0; n < N; n++)                                                                 \
        for (int q = 0; q < PARTS; q++)                                                           \
          sum[n][0][q] =                                                                          \
              FMA(SPREAD(x[i]), LOAD(w + (n * inputs + i) * 16 + q * LANES), sum[n][0][q]);       \
    for (int n = 0; n < N; n++)                                                                   \
      for (int q = 0; q < PARTS; q++) {                                                           \
        vector s = sum[n][0][q];                                                                  \
        for (int c = 1; c < CHAINS; c++) s = ADD(s, sum[n][c][q]);                                \
        STORE(y + (panel + n) * 16 + q * LANES, relu ? MAX(s, SPREAD(0)) : s);                    \
      }                                                                                           \
  }
#ifdef __AVX512F__
ROW(8, 1)
ROW(4, 2)
#else
ROW(4, 1)
#define row_8(p, panel, x, y, relu) (row_4(p, panel, x, y, relu), row_4(p, panel + 4, x, y, relu))
#endif
ROW(2, 4)
ROW(1, 4)

static void layer_row(const packed *p, const float *x, float *y, int relu) {
  long panel = 0;
  for (; panel + 8 <= p->panels; panel += 8) row_8(p, panel, x, y, relu);
  if (panel + 4 <= p->panels) row_4(p, panel, x, y, relu), panel += 4;
  if (panel + 2 <= p->panels) row_2(p, panel, x, y, relu), panel += 2;
  if (panel < p->panels) row_1(p, panel, x, y, relu);
}

// R rows by N panels; all sums stay in registers.
#define TILE(R, N)                                                                                \
  static inline void tile_##R##_##N(const packed *p, long panel, const float *x, long xs, float *y, \
                                    long ys, int relu) {                                          \
    vector sum[R][N][PARTS];                                                                      \
    long inputs = p->inputs;                                                                      \
    const float *w = p->weights + panel * inputs * 16;                                            \
    for (int r = 0; r < R; r++)                                                                   \
      for (int n = 0; n < N; n++)                                                                 \
        for (int q = 0; q < PARTS; q++) sum[r][n][q] = LOAD(p->bias + (panel + n) * 16 + q * LANES); \
    for (long i = 0; i < inputs; i++) {                                                           \
      vector b[N][PARTS];                                                                         \
      for (int n = 0; n < N; n++)                                                                 \
        for (int q = 0; q < PARTS; q++) b[n][q] = LOAD(w + (n * inputs + i) * 16 + q * LANES);    \
      for (int r = 0; r < R; r++) {                                                               \
        vector v = SPREAD(x[r * xs + i]);                                                         \
        for (int n = 0; n < N; n++)                                                               \
          for (int q = 0; q < PARTS; q++) sum[r][n][q] = FMA(v, b[n][q], sum[r][n][q]);           \
      }                                                                                           \
    }                                                                                             \
    for (int r = 0; r < R; r++)                                                                   \
      for (int n = 0; n < N; n++)                                                                 \
        for (int q = 0; q < PARTS; q++)                                                           \
          STORE(y + r * ys + (panel + n) * 16 + q * LANES,                                        \
                relu ? MAX(sum[r][n][q], SPREAD(0)) : sum[r][n][q]);                              \
  }
#ifdef __AVX512F__
enum { TALL = 12, WIDE = 2 };
TILE(12, 2)
TILE(12, 1)
#define TALL_WIDE tile_12_2
#define TALL_ONE tile_12_1
#else
enum { TALL = 6, WIDE = 1 };
TILE(6, 1)
#define TALL_WIDE tile_6_1
#define TALL_ONE tile_6_1
#endif
TILE(4, 2)
TILE(4, 1)

static void layer_rows(const packed *p, const float *x, long xs, float *y, long ys, long count,
                       int relu) {
  for (long panel = 0; panel < p->panels;) {
    int wide = panel + 2 <= p->panels ? 2 : 1;
    if (WIDE == 1) wide = 1;
    long r = 0;
    for (; r + TALL <= count; r += TALL)
      (wide == 2 ? TALL_WIDE : TALL_ONE)(p, panel, x + r * xs, xs, y + r * ys, ys, relu);
    for (; r + 4 <= count; r += 4)
      (wide == 2 ? tile_4_2 : tile_4_1)(p, panel, x + r * xs, xs, y + r * ys, ys, relu);
    for (; r < count; r++)
      for (int n = 0; n < wide; n++) row_1(p, panel + n, x + r * xs, y + r * ys, relu);
    panel += wide;
  }
}

static void pack_expert(const opened *o, long expert) {
  for (long l = 0; l < o->model->layer_count; l++) {
    const peer_layer *from = &o->model->experts[expert][l];
    o->experts[expert][l] =
        pack(from->inputs, from->outputs, from->weights, from->outputs, 1, from->bias);
  }
}

void *peer_open(const peer_model *model, const char **reason) {
  (void)reason;
  opened *o = calloc(1, sizeof *o);
  o->model = model;
  is_once = model->is_once;
  o->router = pack(model->input_count, model->expert_count, model->router, 1, model->input_count,
                   model->router_bias);
  o->experts = calloc(model->expert_count, sizeof *o->experts);
  // A process that answers one row packs the one expert that it needs.
  if (!model->is_once)
    for (long e = 0; e < (model->is_dense ? 1 : model->expert_count); e++) pack_expert(o, e);
  return o;
}

void *peer_state(void *handle, long capacity) {
  const opened *o = handle;
  state *s = calloc(1, sizeof *s);
  s->opened = o;
  s->grouping = new_grouping(o->model->expert_count, capacity);
  long widest = (o->model->widest + 31) / 16 * 16;
  s->a = aligned(BLOCK * widest);
  s->b = aligned(BLOCK * widest);
  s->scores = aligned(BLOCK * ((o->model->expert_count + 31) / 16 * 16));
  return s;
}

static void one_row(state *s, const float *x, float *y) {
  const peer_model *model = s->opened->model;
  int expert = 0;
  if (!model->is_dense) {
    layer_row(&s->opened->router, x, s->scores, 0);
    expert = largest(s->scores, model->expert_count);
  }
  if (s->opened->experts[expert][0].weights == NULL) pack_expert(s->opened, expert);
  const packed *layers = s->opened->experts[expert];
  for (long l = 0; l < model->layer_count; l++) {
    float *to = l % 2 ? s->b : s->a;
    layer_row(&layers[l], x, to, l + 1 < model->layer_count);
    x = to;
  }
  memcpy(y, x, model->output_count * sizeof *y);
}

int peer_predict(void *handle, const float *rows, long count, float *outputs) {
  state *s = handle;
  const peer_model *model = s->opened->model;
  if (count == 1) return one_row(s, rows, outputs), 0;
  long d = model->input_count, widest = (model->widest + 31) / 16 * 16;
  long score_stride = (model->expert_count + 31) / 16 * 16;
  grouping *g = &s->grouping;
  for (long at = 0; at < count; at += BLOCK) {
    long n = count - at < BLOCK ? count - at : BLOCK;
    if (!model->is_dense)
      layer_rows(&s->opened->router, rows + at * d, d, s->scores, score_stride, n, 0);
    for (long i = 0; i < n; i++)
      g->chosen[at + i] =
          model->is_dense ? 0 : largest(s->scores + i * score_stride, model->expert_count);
  }
  group_rows(g, model->expert_count, count);
  for (long e = 0; e < model->expert_count; e++) {
    for (long at = g->starts[e]; at < g->starts[e + 1]; at += BLOCK) {
      long n = g->starts[e + 1] - at < BLOCK ? g->starts[e + 1] - at : BLOCK;
      for (long i = 0; i < n; i++)
        memcpy(s->b + i * widest, rows + g->order[at + i] * d, d * sizeof(float));
      float *from = s->b, *to = s->a;
      for (long l = 0; l < model->layer_count; l++) {
        layer_rows(&s->opened->experts[e][l], from, widest, to, widest, n,
                   l + 1 < model->layer_count);
        float *swap = from;
        from = to;
        to = swap;
      }
      for (long i = 0; i < n; i++)
        memcpy(outputs + g->order[at + i] * model->output_count, from + i * widest,
               model->output_count * sizeof(float));
    }
  }
  return 0;
}
