"""read_csv.py: the processor's seconds of pandas.read_csv alone, without the start of Python. Argument: FILE."""

import sys
import time

import pandas

start = time.process_time()
table = pandas.read_csv(sys.argv[1])
print(time.process_time() - start, len(table))
