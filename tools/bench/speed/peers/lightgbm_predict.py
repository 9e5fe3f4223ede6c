"""lightgbm_predict.py: the processor's seconds of LightGBM's own prediction from a file to a file, which is
what its `task=predict` calls. Arguments: MODEL FILE."""

import sys
import tempfile
import time

import lightgbm

model = lightgbm.Booster(model_file=sys.argv[1])
with tempfile.NamedTemporaryFile("r") as output:
    start = time.process_time()
    lightgbm.basic._safe_call(lightgbm.basic._LIB.LGBM_BoosterPredictForFile(
        model._handle, sys.argv[2].encode(), 1, 0, 0, -1, b"num_threads=1", output.name.encode()))
    spent = time.process_time() - start
    print(spent, sum(1 for _ in output))
