"""Writes the rows that training is timed on: 64 normal features, ten classes by a network of two layers."""

import sys

import numpy


def main():
    features, labels, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    random = numpy.random.default_rng(4)
    first = random.standard_normal((64, 32), numpy.float32) / 8
    second = random.standard_normal((32, 10), numpy.float32)
    with open(features, "wb") as x_file, open(labels, "wb") as y_file:
        for start in range(0, rows, 65536):
            x = random.standard_normal((min(65536, rows - start), 64), numpy.float32)
            y = (numpy.maximum(x @ first, 0) @ second).argmax(1)
            x.astype("<f4").tofile(x_file)
            y.astype("<u4").tofile(y_file)


main()
