// peer.c: a contender's files, line protocol, second thread and clocks.
//
// Arguments: FOLDER NAME VARIANT (`routed` or `dense`). Commands as in driver/contender.py.
#define _GNU_SOURCE
#include "peer.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROW_COUNT = 16384 };
static peer_model model;
static const float *rows;
static float *outputs;
static long next_row;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void fail(const char *reason) {
  printf("error %s\n", reason);
  exit(1);
}

static const float *mapped(const char *suffix, int reads_all) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.%s", model.folder, model.name, suffix);
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail("a file of the workload is missing");
  void *bytes = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) fail("mmap");
  // In pages of 2 MiB where the system has them.
  madvise(bytes, status.st_size, MADV_HUGEPAGE);
  if (reads_all)
    for (off_t at = 0; at < status.st_size; at += 4096) (void)((volatile char *)bytes)[at];
  close(file);
  return bytes;
}

// Reads `"key": number` or the list behind it.
static long numbers(const char *text, const char *key, long *list) {
  const char *at = strstr(text, key);
  if (at == NULL) fail("the workload's shape lacks a key");
  at += strlen(key);
  at += strcspn(at, "0123456789");
  long count = 0;
  do {
    char *end;
    list[count++] = strtol(at, &end, 10);
    at = *end == ',' ? end + strspn(end, ", ") : end;
  } while (count < 8 && *at >= '0' && *at <= '9');
  return count;
}

static void load(char **argv, int is_once) {
  model = (peer_model){
      .folder = argv[1], .name = argv[2], .variant = argv[3], .is_once = is_once};
  model.is_dense = strncmp(argv[3], "dense", 5) == 0;
  char path[4096], text[4096] = {0};
  snprintf(path, sizeof path, "%s/%s.json", argv[1], argv[2]);
  FILE *file = fopen(path, "r");
  if (file == NULL || fread(text, 1, sizeof text - 1, file) == 0) fail("no workload of this name");
  fclose(file);
  long widths[8];
  numbers(text, "\"inputs\"", &model.input_count);
  numbers(text, "\"experts\"", &model.expert_count);
  model.layer_count = numbers(text, "\"widths\"", widths);
  model.output_count = widths[model.layer_count - 1];
  model.widest = model.input_count;
  for (long i = 0; i < model.layer_count; i++)
    if (widths[i] > model.widest) model.widest = widths[i];
  model.router = mapped("router.f32", 0);
  model.router_bias = model.router + model.expert_count * model.input_count;
  model.experts = calloc(model.expert_count, sizeof *model.experts);
  const float *at = mapped("experts.f32", 0);
  for (long expert = 0; expert < model.expert_count; expert++) {
    long inputs = model.input_count;
    for (long layer = 0; layer < model.layer_count; layer++) {
      peer_layer *to = &model.experts[expert][layer];
      *to = (peer_layer){inputs, widths[layer], at, at + inputs * widths[layer]};
      at += inputs * widths[layer] + widths[layer];
      inputs = widths[layer];
    }
  }
  rows = mapped("rows.f32", !is_once);
}

// The second thread predicts one half of a batch with a state of its own.
static struct {
  sem_t asked, answered;
  long first, count;
  void *state;
  uint64_t spent;
  int is_wrong, has_started;
} helper;

static void *help(void *opened) {
  helper.state = peer_state(opened, ROW_COUNT / 2);
  sem_post(&helper.answered);
  for (;;) {
    sem_wait(&helper.asked);
    uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    helper.is_wrong |= peer_predict(helper.state, rows + helper.first * model.input_count,
                                    helper.count, outputs + ROW_COUNT / 2 * model.output_count);
    helper.spent += clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
    sem_post(&helper.answered);
  }
  return NULL;
}

static void start_helper(void *opened) {
  if (helper.has_started) return;
  helper.has_started = 1;
  sem_init(&helper.asked, 0, 0);
  sem_init(&helper.answered, 0, 0);
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 16 << 20);
  if (pthread_create(&thread, &attributes, help, opened) != 0) fail("pthread_create");
  sem_wait(&helper.answered);
}

static int write_file(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return 1;
  int is_short = fwrite(bytes, 1, count, file) != count;
  return fclose(file) != 0 || is_short;
}

static int singles(void *state, long count, int keeps) {
  int wrong = 0;
  for (long i = 0; i < count; i++) {
    wrong |= peer_predict(state, rows + next_row * model.input_count, 1,
                          keeps ? outputs + i * model.output_count : outputs);
    next_row = next_row + 1 == ROW_COUNT ? 0 : next_row + 1;
  }
  return wrong;
}

// `spent`: the processor's time of the thread that worked longer.
static int batches(void *state, long count, long threads, long passes, uint64_t *spent) {
  int wrong = 0;
  uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID), all = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  helper.spent = 0;
  for (long i = 0; i < passes; i++) {
    if (next_row + count > ROW_COUNT) next_row = 0;
    long half = threads == 2 ? count / 2 : 0;
    if (half > 0) {
      helper.first = next_row;
      helper.count = half;
      sem_post(&helper.asked);
    }
    wrong |= peer_predict(state, rows + (next_row + half) * model.input_count, count - half,
                          outputs);
    if (half > 0) {
      sem_wait(&helper.answered);
      wrong |= helper.is_wrong;
    }
    next_row = (next_row + count) % ROW_COUNT;
  }
  *spent = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
  if (helper.spent > *spent) *spent = helper.spent;
  // A library may compute in threads of its own.
  all = (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - all) / threads;
  if (all > *spent) *spent = all;
  return wrong;
}

static long interruptions(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

static int latency(void *state, long calls, const char *path, uint64_t *timer) {
  uint32_t *spent = malloc(calls * sizeof *spent);
  *timer = UINT64_MAX;
  for (long i = 0; i < 1000; i++) {
    uint64_t start = clock_ns(CLOCK_MONOTONIC), time = clock_ns(CLOCK_MONOTONIC) - start;
    if (time < *timer) *timer = time;
  }
  int wrong = 0;
  // A core of its own is what a latency is about: calls during which another program had the core are
  // timed again, fifty at a time.
  long attempts = 0;
  for (long call = 0; call < calls;) {
    long end = call + 50 < calls ? call + 50 : calls, before = interruptions();
    for (long i = call; i < end; i++) {
      uint64_t start = clock_ns(CLOCK_MONOTONIC);
      wrong |= singles(state, 1, 0);
      spent[i] = clock_ns(CLOCK_MONOTONIC) - start;
    }
    if (interruptions() == before || ++attempts > calls / 10) call = end;
  }
  wrong |= write_file(path, spent, calls * sizeof *spent);
  free(spent);
  return wrong;
}

// What a process does that is started for one row.
static int first_prediction(void *opened) {
  void *state = peer_state(opened, 1);
  if (peer_predict(state, rows, 1, outputs) != 0) return 1;
  for (long i = 0; i < model.output_count; i++) printf("%.9g\n", outputs[i]);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) fail("arguments: FOLDER NAME VARIANT [once]");
  setvbuf(stdout, NULL, _IOLBF, 0);
  load(argv, argc == 5);
  const char *reason = "unknown";
  outputs = calloc((size_t)(model.is_once ? 1 : ROW_COUNT) * model.output_count, sizeof *outputs);
  void *opened = peer_open(&model, &reason);
  if (opened == NULL) fail(reason);
  if (model.is_once) return first_prediction(opened);
  void *one = peer_state(opened, 1), *many = peer_state(opened, ROW_COUNT);
  printf("ready 0\n");
  char line[4096], kind[16], path[4096];
  long count, threads, passes;
  while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "quit", 4) != 0) {
    uint64_t timer = 0;
    int wrong;
    if (sscanf(line, "check %15s %ld %4000s", kind, &count, path) == 3) {
      next_row = 0;
      wrong = strcmp(kind, "single") == 0 ? singles(one, count, 1)
                                          : batches(many, count, 1, 1, &timer);
      wrong |= write_file(path, outputs, (size_t)count * model.output_count * sizeof *outputs);
      printf(wrong ? "error cannot check\n" : "ok\n");
    } else if (sscanf(line, "latency %ld %4000s", &count, path) == 2) {
      wrong = latency(one, count, path, &timer);
      printf(wrong ? "error cannot predict\n" : "ok %lu\n", (unsigned long)timer);
    } else if (sscanf(line, "time single %ld", &count) == 1) {
      uint64_t wall = clock_ns(CLOCK_MONOTONIC), spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
      wrong = singles(one, count, 0);
      spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - spent;
      wall = clock_ns(CLOCK_MONOTONIC) - wall;
      if (wrong) printf("error cannot predict\n");
      else printf("ok %lu %lu %ld\n", (unsigned long)wall, (unsigned long)spent, count);
    } else if (sscanf(line, "time batch %ld %ld %ld", &count, &threads, &passes) == 3) {
      if (threads == 2) start_helper(opened);
      uint64_t wall = clock_ns(CLOCK_MONOTONIC), spent;
      wrong = batches(many, count, threads, passes, &spent);
      wall = clock_ns(CLOCK_MONOTONIC) - wall;
      if (wrong) printf("error cannot predict\n");
      else printf("ok %lu %lu %ld\n", (unsigned long)wall, (unsigned long)spent, count * passes);
    } else {
      printf("error unknown command\n");
    }
  }
  return 0;
}
