"""contender.py: one contender: a child process that answers lines.

The driver writes a line, the contender answers with one line, `ok ...` or `error ...`:

    check single|batch ROWS FILE         outputs of the first rows as f32
    time single CALLS 1                  ok WALL_NS CPU_NS ROWS
    time batch ROWS THREADS PASSES       ok WALL_NS CPU_NS ROWS
    latency CALLS FILE                   ok TIMER_NS, nanoseconds of each call as u32
    quit

Its first line is `ready NUMBER` or `error REASON`.
"""

import os
import select
import subprocess

import places


class Refused(Exception):
    """A contender cannot do what it was asked for; the text says why."""


class Contender:
    """A contender for one workload."""

    def __init__(self, name, kind, command, environment=None, threads=(1, 2), batches=True):
        self.name, self.kind = name, kind
        self.command = [str(word) for word in command]
        self.environment = environment or {}
        self.threads, self.batches = threads, batches
        self.has_own_threads = False
        self.has_large_pages = True
        self.process = None
        self.first = self.opened = None

    def start(self):
        """Starts the process and waits until the model is loaded."""
        self.log = open(places.WORK / f"{self.name.replace(' ', '-').replace('/', '-')}.log", "w")
        one = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        # Pages of 2 MiB for everybody's allocations, as mapped models of Postern have them: also for blocks that
        # would be mapped one by one.
        tunables = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296"
        if self.has_large_pages:
            one["GLIBC_TUNABLES"] = tunables
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **one, **self.environment}, bufsize=0)
        self.rest = b""
        words = self.line(300).split()
        if not words or words[0] != "ready":
            reason = " ".join(words[1:]) or "ended without a word; see " + self.log.name
            self.stop()
            raise Refused(reason)
        # Nanoseconds to the first prediction, and of these to open; Postern alone says the second.
        self.first = float(words[1])
        self.opened = float(words[2]) if len(words) > 2 else None

    def line(self, seconds):
        """The next line that the process writes."""
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], seconds)
            if not ready:
                raise Refused(f"no answer within {seconds} s")
            more = self.process.stdout.read(65536)
            if not more:
                return ""
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode()

    def ask(self, command, seconds=180):
        """The words after `ok`."""
        try:
            self.process.stdin.write(command.encode() + b"\n")
        except BrokenPipeError:
            raise Refused("ended early; see " + self.log.name) from None
        words = self.line(seconds).split()
        if not words or words[0] != "ok":
            raise Refused(" ".join(words[1:]) or "ended early; see " + self.log.name)
        return words[1:]

    def time(self, cell, repeats):
        """Nanoseconds of the world and of the processor for one row, in one repetition."""
        if cell.batch == 1:
            words = self.ask(f"time single {repeats} 1")
        else:
            words = self.ask(f"time batch {cell.batch} {cell.threads} {repeats}")
        wall, processor, rows = map(int, words)
        return wall / rows, processor / rows

    def pin(self, cores):
        """On these cores; a contender with threads of its own keeps all, as the processor's time is what counts."""
        places.pin(self.process.pid, places.cores() if self.has_own_threads else cores)

    def stop(self):
        """Ends the process."""
        if self.process:
            try:
                self.process.stdin.write(b"quit\n")
                self.process.wait(10)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.log.close()
            self.process = None
