// postern_text.h: delimited text with AVX-512: where fields end, and what numbers they are.
//
// Step: bytes → [fields, numbers] → features.
//
// The same as the Swift code of PlainIndex.swift and PlainNumber.swift, which is the definition,
// and which runs where this does not. No allocation, no state.

#ifndef POSTERN_TEXT_H
#define POSTERN_TEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether the functions below may be called: the processor has AVX-512 F, BW, DQ and VL, and the
/// environment variable POSTERN_KERNELS does not name a lesser set.
int postern_text_is_supported(void);

/// What was found in a piece of text.
struct postern_text_index {
  /// Fields that end in the piece.
  size_t field_count;
  /// Lines that end in the piece.
  size_t line_count;
};

/// Finds the ends of fields and lines in `bytes[begin..<end]`, up to the first byte that the caller
/// has to look at: a quote, a zero byte, a CR without LF. 64 bytes behind `end` are readable.
///
/// field_ends gets the offset of each delimiter, LF, and CR before an LF; line_ends the number of
/// field ends up to and including the line's last. The search ends soon after `capacity` fields;
/// both tables have room for 64 more.
struct postern_text_index postern_text_index(const uint8_t *bytes, size_t begin, size_t end,
                                             uint8_t delimiter, uint32_t *field_ends,
                                             uint32_t *line_ends, size_t capacity);

/// Reads `count` fields, at least one, as numbers: an optional minus sign, then digits with at most
/// one point, at most 15 bytes in all. values gets NaN for everything else, and where only exact
/// arithmetic can round.
///
/// The fields end at field_ends[first] and on; the first one starts at `start`, at least 16, each
/// other one behind the end before. values has room for 8 numbers more.
void postern_text_numbers(const uint8_t *bytes, size_t start, const uint32_t *field_ends,
                          size_t first, size_t count, float *values);

#ifdef __cplusplus
}
#endif

#endif
