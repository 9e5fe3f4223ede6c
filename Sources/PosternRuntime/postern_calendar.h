// postern_calendar.h: the numbers of columns that are derived from times, for programs in C.
//
// Section 9.0 of formats/model.md says what the texts are and what the parts. The functions are in
// the module PosternRuntime; nothing in them allocates, locks or calls the system. A program that
// links an Embedded Swift build of the module needs no Swift runtime.

#ifndef POSTERN_CALENDAR_H
#define POSTERN_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How a time is written: the numbers of the file.
enum postern_calendar_form {
  POSTERN_CALENDAR_YEAR_MONTH_DAY = 1,
  POSTERN_CALENDAR_DAY_MONTH_YEAR = 2,
  POSTERN_CALENDAR_MONTH_DAY_YEAR = 3,
  POSTERN_CALENDAR_TIME_OF_DAY = 4,
  POSTERN_CALENDAR_EPOCH_SECONDS = 5,
  POSTERN_CALENDAR_EPOCH_MILLISECONDS = 6,
  POSTERN_CALENDAR_COMPACT = 7
};

// Where a part stands: its number in the file less 1.
enum postern_calendar_part {
  POSTERN_CALENDAR_DAYS = 0,
  POSTERN_CALENDAR_HOUR = 1,
  POSTERN_CALENDAR_WEEKDAY = 2,
  POSTERN_CALENDAR_MONTH = 3,
  POSTERN_CALENDAR_DAY_OF_YEAR = 4,
  POSTERN_CALENDAR_PART_COUNT = 5
};

// Writes the parts of the time that a text says, spaces and tabs around it aside.
// Gives 1; 0 if the text is no time of that form, and then writes nothing.
int32_t postern_calendar_text(const uint8_t *text, ptrdiff_t byte_count, uint8_t form,
                              double parts[POSTERN_CALENDAR_PART_COUNT]);

// Writes the parts of the time of a number of seconds since 1970-01-01, UTC.
// Gives 1; 0 outside the years 1 to 9999, and then writes nothing.
int32_t postern_calendar_seconds(double seconds, double parts[POSTERN_CALENDAR_PART_COUNT]);

#ifdef __cplusplus
}
#endif

#endif
