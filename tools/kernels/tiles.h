// tiles.h: the tile instructions that amx.c uses, in plain memory.
//
// As Intel's manual has them ("Intel 64 and IA-32 Architectures Software Developer's Manual",
// volume 2: LDTILECFG, TILEZERO, TILELOADD, TDPBSSD, TILESTORED, TILERELEASE). What would be an
// exception there ends the program here.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long tile_products;

static struct {
  int configured;
  struct {
    unsigned lines, bytes;
    int8_t at[16][64];
  } tiles[8];
} tile_state;

static void tile_demand(int lawful, const char *what) {
  if (lawful) return;
  fprintf(stderr, "error: amx: %s\n", what);
  exit(1);
}

static void tiles_release(void) { memset(&tile_state, 0, sizeof tile_state); }

static void tiles_configure(const void *memory) {
  uint8_t setting[64];
  memcpy(setting, memory, sizeof setting);
  tiles_release();
  tile_demand(setting[0] == 1, "the palette is not 1");
  tile_demand(setting[1] == 0, "it starts at a row that is not 0");
  for (int i = 2; i < 16; i++) tile_demand(setting[i] == 0, "a reserved byte is not 0");
  for (int i = 0; i < 16; i++) {
    uint16_t bytes;
    memcpy(&bytes, setting + 16 + 2 * i, 2);
    const unsigned lines = setting[48 + i];
    tile_demand(i < 8 || (bytes == 0 && lines == 0), "palette 1 has eight tiles");
    tile_demand(bytes <= 64 && lines <= 16, "a tile has at most 16 lines of 64 bytes");
    tile_demand((bytes == 0) == (lines == 0), "a tile has lines without bytes");
    if (i < 8) tile_state.tiles[i].bytes = bytes, tile_state.tiles[i].lines = lines;
  }
  tile_state.configured = 1;
}

static void tile_used(int tile) {
  tile_demand(tile_state.configured, "tiles are not configured");
  tile_demand(tile_state.tiles[tile].lines > 0, "a tile is not configured");
}

static void tile_clear(int tile) {
  tile_used(tile);
  memset(tile_state.tiles[tile].at, 0, sizeof tile_state.tiles[tile].at);
}

static void tile_load(int tile, const void *base, size_t stride) {
  tile_clear(tile);
  for (unsigned line = 0; line < tile_state.tiles[tile].lines; line++)
    memcpy(tile_state.tiles[tile].at[line], (const char *)base + line * stride,
           tile_state.tiles[tile].bytes);
}

static void tile_store(int tile, void *base, size_t stride) {
  tile_used(tile);
  for (unsigned line = 0; line < tile_state.tiles[tile].lines; line++)
    memcpy((char *)base + line * stride, tile_state.tiles[tile].at[line],
           tile_state.tiles[tile].bytes);
}

/// Sums of four products of signed bytes each, in 32 bits.
static void tile_multiply(int to, int a, int b) {
  tile_used(to);
  tile_used(a);
  tile_used(b);
  tile_demand(to != a && to != b && a != b, "a product's tiles are not three");
  const unsigned lines = tile_state.tiles[to].lines, words = tile_state.tiles[to].bytes / 4;
  const unsigned quads = tile_state.tiles[a].bytes / 4;
  tile_demand(tile_state.tiles[to].bytes % 4 == 0 && tile_state.tiles[a].bytes % 4 == 0 &&
                  tile_state.tiles[a].lines == lines && tile_state.tiles[b].lines == quads &&
                  tile_state.tiles[b].bytes == tile_state.tiles[to].bytes,
              "a product's tiles do not fit");
  for (unsigned m = 0; m < lines; m++)
    for (unsigned k = 0; k < quads; k++)
      for (unsigned n = 0; n < words; n++) {
        uint32_t sum;
        memcpy(&sum, tile_state.tiles[to].at[m] + 4 * n, 4);
        for (unsigned i = 0; i < 4; i++)
          sum += (uint32_t)(tile_state.tiles[a].at[m][4 * k + i] *
                            tile_state.tiles[b].at[k][4 * n + i]);
        memcpy(tile_state.tiles[to].at[m] + 4 * n, &sum, 4);
      }
  for (unsigned m = lines; m < 16; m++) memset(tile_state.tiles[to].at[m], 0, 64);
  tile_products++;
}

// The compiler's own header has these as functions and macros.
#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbssd
#define _tile_loadconfig(setting) tiles_configure(setting)
#define _tile_release() tiles_release()
#define _tile_zero(tile) tile_clear(tile)
#define _tile_loadd(tile, base, stride) tile_load(tile, base, stride)
#define _tile_stored(tile, base, stride) tile_store(tile, base, stride)
#define _tile_dpbssd(to, a, b) tile_multiply(to, a, b)
