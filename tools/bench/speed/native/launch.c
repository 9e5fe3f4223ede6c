// launch.c: how long a process takes from its start to its end.
//
// launch INPUT PROGRAM ARGUMENT...   prints nanoseconds of the world, the processor's microseconds, the largest
// resident kilobytes and the exit status. Standard input is the file INPUT, output goes nowhere.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, argv[1], O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child;
  uint64_t start = now();
  if (posix_spawnp(&child, argv[2], &actions, NULL, argv + 2, environ) != 0) return 1;
  int status;
  struct rusage usage;
  wait4(child, &status, 0, &usage);
  uint64_t spent = now() - start;
  long cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
             usage.ru_stime.tv_usec;
  printf("%lu %ld %ld %d\n", (unsigned long)spent, cpu, usage.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  return 0;
}
