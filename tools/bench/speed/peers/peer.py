"""peer.py: the line protocol for contenders in Python; see driver/contender.py."""

import sys
import time

import numpy as np
from workload import Workload


class Peer:
    """A contender gives `open`, `threads`, `single` and `batch`."""

    def __init__(self, folder, name, variant):
        self.work, self.variant = Workload(folder, name), variant
        self.rows = self.work.rows()
        self.next = 0

    def open(self):
        """Prepares the model; raises if it cannot."""

    def threads(self, count):
        """Computes with so many threads from now on."""

    def single(self, row):
        """The outputs of one row, shape (inputs), as an array of any kind."""

    def batch(self, rows):
        """The outputs of rows, shape (count, inputs), as an array of any kind."""

    def singles(self, count, keep=None):
        rows, at, total = self.prepared, self.next, len(self.rows)
        for i in range(count):
            y = self.single(rows[at])
            if keep is not None:
                keep.append(np.asarray(y).reshape(-1).copy())
            at = at + 1 if at + 1 < total else 0
        self.next = at

    def batches(self, count, passes):
        for _ in range(passes):
            if self.next + count > len(self.rows):
                self.next = 0
            self.batch(self.whole[self.next:self.next + count])
            self.next = (self.next + count) % len(self.rows)

    def timed(self, work, threads, rows):
        wall, spent = time.perf_counter_ns(), time.process_time_ns()
        work()
        spent = time.process_time_ns() - spent
        wall = time.perf_counter_ns() - wall
        # Of several threads that share work evenly each has its part.
        return f"ok {wall} {spent // threads} {rows}"

    def answer(self, words):
        if words[0] == "check":
            count, path = int(words[2]), words[3]
            if words[1] == "single":
                found, self.next = [], 0
                self.singles(count, found)
                found = np.stack(found)
            else:
                found = np.asarray(self.batch(self.whole[:count]))
            found.astype("<f4").tofile(path)
            return "ok"
        if words[0] == "time" and words[1] == "single":
            count = int(words[2])
            self.threads(1)
            return self.timed(lambda: self.singles(count), 1, count)
        if words[0] == "time":
            count, threads, passes = map(int, words[2:])
            self.threads(threads)
            return self.timed(lambda: self.batches(count, passes), threads, count * passes)
        return "error unknown command"

    def prepare(self):
        """Rows as `single` and `batch` want them, so that no time goes into slicing."""
        self.whole = self.rows
        self.prepared = [self.rows[i] for i in range(len(self.rows))]


def serve(kind):
    """Answers standard input until it ends. Arguments: FOLDER NAME VARIANT."""
    try:
        peer = kind(*sys.argv[1:4])
        peer.open()
        peer.threads(1)
        peer.prepare()
    except Exception as reason:  # the driver reports it
        print("error", str(reason).replace("\n", " ")[:300], flush=True)
        return
    print("ready 0", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        try:
            print(peer.answer(words), flush=True)
        except Exception as reason:  # the driver reports it
            print("error", str(reason).replace("\n", " ")[:300], flush=True)
