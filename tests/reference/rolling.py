# SPDX-License-Identifier: MIT
"""Makes rolling.txt: what pandas 1.5.3 has for rolling windows and shifts of three series whose rows come mixed. First
the rows (key, seconds, value; NA where there is none), then for each case window, seconds, closed, min_periods and ddof,
and row by row mean, std, min, max and count; at the end the lags 1, 2 and 5. Numbers are hex floats.

    /usr/bin/python3 rolling.py
"""
import os
import random

import numpy as np
import pandas as pd

assert pd.__version__ == "1.5.3", pd.__version__
random.seed(3)
rng = np.random.default_rng(3)

ROWS = 60
seconds = 0
rows = []
for i in range(ROWS):
    seconds += random.choice([1, 1, 2, 7, 30])
    value = np.nan if random.random() < 0.12 else float(np.round(rng.normal(50, 20), 3))
    rows.append((random.choice("abbc"), seconds, value))
frame = pd.DataFrame(rows, columns=["key", "seconds", "value"])
frame.index = pd.to_datetime(frame["seconds"], unit="s")


def hexed(values):
    return " ".join("NA" if v != v else float(v).hex() for v in values)


def by_key(f):
    parts = [f(group["value"]) for _, group in frame.groupby("key")]
    return pd.concat(parts).sort_index()


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rolling.txt"), "w") as out:
    print(ROWS, file=out)
    for key, at, value in rows:
        print(key, at, hexed([value]), file=out)
    cases = [(w, 0, c, p, d) for w, p in ((1, 1), (3, 1), (3, 2), (8, 1)) for c in ("left", "right") for d in (0, 1)]
    cases += [(0, s, c, p, 1) for s, p in ((5, 1), (60, 1), (60, 3)) for c in ("left", "right")]
    for window, span, closed, periods, ddof in cases:
        print("case", window, span, closed, periods, ddof, file=out)

        def statistics(values):
            if window:
                if closed == "left":
                    values = values.shift(1)  # a row sees those before it
                rolling = values.rolling(window, min_periods=periods)
                count = values.rolling(window, min_periods=0).count()
            else:
                rolling = values.rolling(f"{span}s", min_periods=periods, closed=closed)
                count = values.rolling(f"{span}s", min_periods=0, closed=closed).count()
            return pd.DataFrame({"mean": rolling.mean(), "std": rolling.std(ddof=ddof), "min": rolling.min(),
                                 "max": rolling.max(), "count": count.fillna(0)})

        for row in by_key(statistics).to_numpy():
            print(hexed(row), file=out)
    print("lags", file=out)
    lags = by_key(lambda values: pd.DataFrame({k: values.shift(k) for k in (1, 2, 5)}))
    for row in lags.to_numpy():
        print(hexed(row), file=out)
