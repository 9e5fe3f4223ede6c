// amx.c: batches of int8 layers on tiles (Intel from Sapphire Rapids on).
//
// A tile of weights is 16 quads of inputs by 16 outputs: 16 lines of a panel as they stand in the
// file. A tile of input is 16 rows by 64 inputs. Tests replace the tiles by plain memory where the
// processor has none: POSTERN_TILES names the header that does.

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include "avx512.h"

#if defined(POSTERN_TILES)
#include POSTERN_TILES
#define TARGET __attribute__((target("avx512f,avx512vnni")))
#else
#define TARGET __attribute__((target("avx512f,avx512vnni,amx-tile,amx-int8")))
#endif

#define BIAS 0
#include "kernel_macros.h"
#include "int8_body.h"

#define TILE_ROWS 16
#define TILE_BYTES 64

/// Tiles 0 to 3: sums of two blocks of rows by two panels; 4, 5: input; 6, 7: weights. All of 16
/// lines of 64 bytes.
struct tile_setting {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t lines[16];
};

/// The weights of up to 16 quads, with zeros behind the last: nothing is read behind a panel.
struct tail {
  _Alignas(64) uint8_t bytes[TILE_ROWS * TILE_BYTES];
};

INLINE const uint8_t *weight_tile(const uint8_t *panel, size_t quads, size_t quad,
                                  struct tail *tail) {
  const size_t left = quads - quad;
  if (left >= TILE_ROWS) return panel + quad * TILE_BYTES;
  __builtin_memset(tail->bytes, 0, sizeof tail->bytes);
  __builtin_memcpy(tail->bytes, panel + quad * TILE_BYTES, left * TILE_BYTES);
  return tail->bytes;
}

/// 32 rows from `row` on by two panels from `output` on; of the second panel nothing is used if
/// `panels` is 1.
INLINE void tile_sums(const struct postern_call *d, const struct int8_rows *q, size_t row,
                      size_t output, size_t panels, int32_t sums[4][256]) {
  const size_t quads = d->inputs / 4;
  const uint8_t *weights = (const uint8_t *)d->weights + output * d->inputs;
  struct tail tail;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t quad = 0; quad < quads; quad += TILE_ROWS) {
    const uint8_t *input = q->bytes + row * q->stride + 4 * quad;
    _tile_loadd(4, input, q->stride);
    _tile_loadd(5, input + TILE_ROWS * q->stride, q->stride);
    _tile_loadd(6, weight_tile(weights, quads, quad, &tail), TILE_BYTES);
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(2, 5, 6);
    if (panels < 2) continue;
    _tile_loadd(7, weight_tile(weights + quads * TILE_BYTES, quads, quad, &tail), TILE_BYTES);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_stored(0, sums[0], TILE_BYTES);
  _tile_stored(1, sums[1], TILE_BYTES);
  _tile_stored(2, sums[2], TILE_BYTES);
  _tile_stored(3, sums[3], TILE_BYTES);
}

/// Rows `first..<first + rows`, rounded into `q`.
INLINE void tile_rows(const struct postern_call *d, const struct int8_rows *q, size_t first,
                      size_t rows) {
  _Alignas(64) int32_t sums[4][256];
  for (size_t output = 0; output < d->outputs; output += 2 * PANEL) {
    const size_t panels = d->outputs - output > PANEL ? 2 : 1;
    for (size_t row = 0; row < rows; row += 2 * TILE_ROWS) {
      tile_sums(d, q, row, output, panels, sums);
      for (size_t r = 0; r < 2 * TILE_ROWS && row + r < rows; r++)
        for (size_t p = 0; p < panels; p++) {
          const int32_t *sum = sums[r / TILE_ROWS * 2 + p] + r % TILE_ROWS * PANEL;
          int8_finish(d, _mm512_cvtepi32_ps(_mm512_loadu_si512(sum)), q->unit[row + r],
                      output + p * PANEL, d->y + (first + row + r) * d->y_stride);
        }
    }
  }
}

TARGET void postern_int8_tiles(const struct postern_call *d) {
  const size_t stride = (d->inputs + TILE_BYTES - 1) / TILE_BYTES * TILE_BYTES;
  const size_t room = stride ? INT8_ROOM / stride / (2 * TILE_ROWS) * (2 * TILE_ROWS) : 0;
  // Fewer rows than a tile holds, or rows so long that no 32 have room: one by one.
  if (d->rows < TILE_ROWS / 2 || room == 0 || !postern_tiles_are_permitted()) {
    postern_int8_vnni(d);
    return;
  }
  struct tile_setting setting = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    setting.bytes[i] = TILE_BYTES;
    setting.lines[i] = TILE_ROWS;
  }
  _tile_loadconfig(&setting);
  _Alignas(64) uint8_t bytes[INT8_ROOM];
  struct int8_rows q = {.bytes = bytes, .stride = stride};
  const size_t step = room < INT8_ROWS ? room : INT8_ROWS;
  for (size_t first = 0; first < d->rows; first += step) {
    const size_t rows = d->rows - first < step ? d->rows - first : step;
    int8_fill(d, first, rows, &q, BIAS);
    tile_rows(d, &q, first, rows);
  }
  _tile_release();
}

#endif
