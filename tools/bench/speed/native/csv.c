// csv.c: makes a table of numbers, and reads one with nothing but strtof.
//
// csv make ROWS COLUMNS FILE VWFILE   numbers in -2...2 as CSV with a header x0,x1,... and the same rows as
//                                     Vowpal Wabbit wants them
// csv read FILE                       calls strtof for each field, prints their sum
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int make(long rows, long columns, const char *path, const char *other) {
  FILE *csv = fopen(path, "w"), *vw = fopen(other, "w");
  if (csv == NULL || vw == NULL) return 1;
  for (long column = 0; column < columns; column++)
    fprintf(csv, "%sx%ld", column ? "," : "", column);
  fputc('\n', csv);
  uint64_t state = 20260727;
  for (long row = 0; row < rows; row++) {
    fputs("|", vw);
    for (long column = 0; column < columns; column++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      char text[32];
      snprintf(text, sizeof text, "%.6f", (double)(state >> 40) / (1 << 22) - 2);
      fprintf(csv, "%s%s", column ? "," : "", text);
      fprintf(vw, " x%ld:%s", column, text);
    }
    fputc('\n', csv);
    fputc('\n', vw);
  }
  return fclose(csv) != 0 || fclose(vw) != 0;
}

static int parse(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 1;
  const char *text = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (text == MAP_FAILED) return 1;
  // The file ends with a newline, at which strtof stops.
  const char *at = (const char *)memchr(text, '\n', status.st_size) + 1, *end = text + status.st_size;
  double sum = 0;
  while (at < end) {
    char *next;
    sum += strtof(at, &next);
    at = next + 1;
  }
  printf("%.9g\n", sum);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 6 && strcmp(argv[1], "make") == 0)
    return make(atol(argv[2]), atol(argv[3]), argv[4], argv[5]);
  if (argc == 3 && strcmp(argv[1], "read") == 0) return parse(argv[2]);
  return 64;
}
