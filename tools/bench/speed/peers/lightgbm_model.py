"""lightgbm_model.py: LightGBM models of 500 trees and of one, for a table of 16 numeric features.

Arguments: FOLDER. Writes trees500.txt and trees1.txt.
"""

import pathlib
import sys

import lightgbm
import numpy as np


def main(folder):
    random = np.random.default_rng(1)
    x = random.uniform(-2, 2, (100_000, 16)).astype("f4")
    y = np.sin(x[:, 0] * x[:, 1]) + np.abs(x[:, 2:6]).sum(1) + x[:, 6:] @ random.normal(size=10)
    for trees in (500, 1):
        data = lightgbm.Dataset(x, y + random.normal(size=len(y)))
        model = lightgbm.train(
            {"objective": "regression", "num_leaves": 31, "verbose": -1, "num_threads": 2,
             "seed": 1}, data, num_boost_round=trees)
        model.save_model(pathlib.Path(folder) / f"trees{trees}.txt")


if __name__ == "__main__":
    main(*sys.argv[1:])
