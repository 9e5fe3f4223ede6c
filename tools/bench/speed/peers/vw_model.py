"""vw_model.py: trains a linear Vowpal Wabbit model of 16 features. Arguments: FILE OUTPUT.

A file of rows without labels becomes one with the sum of the first two features as the label.
"""

import sys

import vowpalwabbit


def main(rows, output):
    model = vowpalwabbit.Workspace("--quiet")
    with open(rows) as file:
        for _, line in zip(range(2000), file):
            numbers = [float(field.partition(":")[2]) for field in line.split()[1:3]]
            model.learn(f"{sum(numbers)} {line}")
    model.save(output)
    model.finish()


main(*sys.argv[1:])
