// main.c: reads lines "FORM TEXT", prints the bits of the five parts, or "-" for what is no time.
//
// Of form 0 the text is a number of seconds.
#include "postern_calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char line[1024];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *text;
    const uint8_t form = (uint8_t)strtol(line, &text, 10);
    text += *text == ' ';
    double parts[POSTERN_CALENDAR_PART_COUNT];
    const int32_t is_time =
        form == 0 ? postern_calendar_seconds(strtod(text, NULL), parts)
                  : postern_calendar_text((const uint8_t *)text, (ptrdiff_t)strlen(text), form,
                                          parts);
    if (!is_time) {
      puts("-");
      continue;
    }
    for (int i = 0; i < POSTERN_CALENDAR_PART_COUNT; i++) {
      uint64_t bits;
      memcpy(&bits, &parts[i], sizeof bits);
      printf("%016" PRIx64 "%c", bits, i + 1 < POSTERN_CALENDAR_PART_COUNT ? ' ' : '\n');
    }
  }
  return 0;
}
