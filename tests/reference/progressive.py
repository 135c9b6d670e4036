# SPDX-License-Identifier: MIT
"""Makes progressive.txt by River 0.26 (pip install river): metrics of a model that learns a stream, with labels at once,
some rows later, and at times of their own. One line each of x, y, time, label_time; then a line a run."""
import os
import random

from river import compose, evaluate, linear_model, metrics, optim

random.seed(5)
rows, time = [], 0
for i in range(150):
    x = [round(random.gauss(0, 1), 3) for _ in range(3)]
    time += random.randrange(0, 5)  # some rows come at the same time
    score = x[0] - 2 * x[1] + 0.5 * (1 if i < 75 else -3) * x[2] + random.gauss(0, 0.3)
    rows.append((x, round(score + 0.7, 3), int(score > 0), time, random.randrange(0, 60)))


def stream(target):
    for row in rows:
        x = {f"x{j}": v for j, v in enumerate(row[0])}
        yield {**x, "time": row[3], "delay": row[4]}, row[target]


def regression():
    # River's gradient of the squared loss is twice scikit-learn's, so that 0.01 here is eta0 = 0.02 there.
    return compose.Discard("time", "delay") | linear_model.LinearRegression(optimizer=optim.SGD(0.01), intercept_lr=0.01)


def classification():
    return compose.Discard("time", "delay") | linear_model.LogisticRegression(optimizer=optim.SGD(0.05), intercept_lr=0.05)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "progressive.txt"), "w") as out:
    for name, values in [
        ("x", [v for row in rows for v in row[0]]),
        ("y", [row[1] for row in rows]),
        ("label", [row[2] for row in rows]),
        ("time", [row[3] for row in rows]),
        ("label_time", [row[3] + row[4] for row in rows]),
    ]:
        print(name, *(repr(float(v)) for v in values), file=out)
    ways = {"rows_0": {}, "rows_1": {"delay": 1}, "rows_7": {"delay": 7}, "rows_100": {"delay": 100},
            "time_20": {"moment": "time", "delay": 20}, "label_times": {"moment": "time", "delay": "delay"}}
    for way, options in ways.items():
        for name, target, make, metric in [("mae", 1, regression, metrics.MAE), ("r2", 1, regression, metrics.R2),
                                           ("log_loss", 2, classification, metrics.LogLoss),
                                           ("accuracy", 2, classification, metrics.Accuracy)]:
            trace = [step[type(m).__name__].get() for m in [metric()] for step in
                     evaluate.iter_progressive_val_score(stream(target), make(), m, step=40, **options)]
            print(f"{name}_{way}", *map(repr, trace), file=out)
