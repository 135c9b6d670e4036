# SPDX-License-Identifier: MIT
"""Makes online_metrics.txt: rows and what scikit-learn 1.2.1 says of them. A case is its name, its rows, its figures."""
import os
import warnings

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import (accuracy_score, brier_score_loss, f1_score, log_loss, mean_absolute_error,
                             mean_squared_error, precision_score, r2_score, recall_score, roc_auc_score)

warnings.filterwarnings("ignore")
rng = np.random.default_rng(7)
out = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "online_metrics.txt"), "w")


def line(word, *values):
    print(word, *(repr(float(v)) for v in np.ravel(values)), file=out)


def head(kind, name, y, p, w=None):
    print("case", kind, name, file=out)
    line("y", y)
    line("p", p)
    line("w", np.ones(len(y)) if w is None else w)


def weights(n):
    return np.round(rng.exponential(size=n), 3) * (rng.random(n) < 0.9)


def regression(name, y, p, w=None):
    head("regression", name, y, p, w)
    line("mae", mean_absolute_error(y, p, sample_weight=w))
    line("mse", mean_squared_error(y, p, sample_weight=w))
    line("rmse", mean_squared_error(y, p, sample_weight=w, squared=False))
    line("r2", r2_score(y, p, sample_weight=w))


y = np.round(rng.normal(size=40) * 10, 3)
p = np.round(y + rng.normal(size=40) * 3, 3)
regression("plain", y, p)
regression("weighted", y, p, weights(40))
regression("far_from_zero", y + 1e9, p + 1e9)  # a sum of squares would cancel
regression("worse_than_the_mean", y, -p)
regression("perfect", y, y)
regression("constant_truth", np.full(5, 2.5), np.array([2, 2.5, 3, 2.5, 2.5]))
regression("constant_truth_met", np.full(5, 2.5), np.full(5, 2.5))
regression("one_row", [1.5], [2.0])
regression("two_rows", [1.5, 2.5], [2.0, 2.25])


def classes(name, y, p, w=None):
    head("classes", name, y, p, w)
    line("accuracy", accuracy_score(y, p, sample_weight=w))
    binary = set(y) | set(p) <= {0, 1}
    for average in (["binary"] if binary else []) + ["micro", "macro", "weighted"]:
        for zero in (0, 1):
            options = dict(average=average, sample_weight=w, zero_division=zero)
            line(f"{average}_{zero}", *(f(y, p, **options) for f in (precision_score, recall_score, f1_score)))
    labels = np.union1d(y, p)
    options = dict(average=None, sample_weight=w, zero_division=0)
    line("classes", labels, *(f(y, p, **options) for f in (precision_score, recall_score, f1_score)))


y = (rng.random(50) < 0.4).astype(int)
p = np.where(rng.random(50) < 0.7, y, 1 - y)
classes("binary", y, p)
classes("binary_weighted", y, p, weights(50))
classes("nothing_predicted", y, np.zeros(50, int))
classes("nothing_true", np.zeros(20, int), p[:20])
classes("nothing_at_all", np.zeros(20, int), np.zeros(20, int))
classes("all_positive", np.ones(20, int), np.ones(20, int))
y = rng.integers(0, 4, size=60)
p = np.where(rng.random(60) < 0.6, y, rng.integers(0, 5, size=60))
classes("five", y, p)
classes("five_weighted", y, p, weights(60))
classes("labels_of_any_number", y * 10 - 7, p * 10 - 7)
classes("never_predicted", y, np.where(p == 2, 1, p))


def probabilities(name, y, p, w=None):
    head("probabilities", name, y, p, w)
    line("log_loss", log_loss(y, p, sample_weight=w, labels=[0, 1]))
    line("brier", brier_score_loss(y, p, sample_weight=w, pos_label=1))
    if len(set(y)) == 2:
        line("auc", roc_auc_score(y, p, sample_weight=w))
    if w is not None:
        return
    for n_bins in (1, 3, 5, 10):
        for strategy in ("uniform", "quantile"):
            line(f"{strategy}_{n_bins}", *calibration_curve(y, p, n_bins=n_bins, strategy=strategy, pos_label=1))


p = np.round(rng.beta(0.8, 1.2, size=80), 3)
y = (rng.random(80) < p).astype(int)
probabilities("plain", y, p)
probabilities("weighted", y, p, weights(80))
probabilities("on_the_edges", y, np.round(p, 1))  # 0.3 is below 3 * 0.1
probabilities("sure", y, (p > 0.5).astype(float))  # some of them wrongly
probabilities("one_class", np.ones(10, int), p[:10])
probabilities("one_value", y, np.full(80, 0.25))

n = 25
p = rng.dirichlet([0.7, 1, 0.5], size=n)
p[3], p[4] = [1, 0, 0], [0.2, 0.2, 0.2]  # clipped; not a distribution
y = rng.integers(0, 3, size=n)
w = weights(n)
head("multiclass", "three", y, p, w)
line("log_loss", log_loss(y, p))
line("weighted_log_loss", log_loss(y, p, sample_weight=w))


def windows(name, y, p, w, size):
    head("windows", name, y, p, w)
    line("size", size)
    ends = [(max(0, i - size), i) for i in range(1, len(y) + 1)]
    line("auc", *(roc_auc_score(y[a:b], p[a:b], sample_weight=w[a:b]) if len(set(y[a:b][w[a:b] > 0])) == 2 else np.nan
                  for a, b in ends))
    line("mae", *(mean_absolute_error(y[a:b], p[a:b], sample_weight=w[a:b]) if w[a:b].sum() > 0 else np.nan
                  for a, b in ends))
    line("r2", *(r2_score(y[a:b], p[a:b], sample_weight=w[a:b]) if b - a > 1 and w[a:b].sum() > 0 else np.nan
                 for a, b in ends))
    line("f1", *(f1_score(y[a:b], np.round(np.clip(p[a:b], 0, 1)), sample_weight=w[a:b]) for a, b in ends))


y = (rng.random(120) < 0.3).astype(int)
p = np.round(rng.normal(size=120) * 0.5 + y, 1)  # ties
windows("ties", y, p, np.ones(120), 30)
windows("weighted", y, p, weights(120), 30)
windows("whole_weights", y, p, rng.integers(1, 5, size=120).astype(float), 7)
windows("longer_than_the_stream", y[:40], p[:40], np.ones(40), 100)
out.close()
