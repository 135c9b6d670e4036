# SPDX-License-Identifier: MIT
"""Makes roc_auc.csv: labels, scores and what scikit-learn's roc_auc_score says of them, a case a line."""
import os

import numpy as np
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(20240229)
cases = [([0, 1], [0.1, 0.9]), ([0, 1], [0.9, 0.1]), ([0, 1], [0.5, 0.5]), ([1, 0, 1, 0], [2.0, 2.0, 2.0, 2.0])]
for rows, scores in [
    (10, lambda n, y: rng.normal(size=n)),
    (50, lambda n, y: rng.integers(0, 4, size=n)),  # many ties
    (50, lambda n, y: np.round(rng.normal(size=n) + y, 1)),  # some ties
    (200, lambda n, y: rng.normal(size=n) + 2 * y),
    (200, lambda n, y: -y.astype(float)),  # two scores, all the wrong way round
    (200, lambda n, y: rng.normal(size=n) * 1e-300),
    (101, lambda n, y: np.where(rng.random(n) < 0.2, 1e308, rng.normal(size=n) - y)),
]:
    y = rng.random(rows) < 0.3
    y[:2] = [True, False]
    cases.append((y.astype(int), scores(rows, y)))

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "roc_auc.csv"), "w") as out:
    for y, s in cases:
        print(repr(float(roc_auc_score(y, s))), *map(int, y), *(repr(float(x)) for x in s), sep=",", file=out)
