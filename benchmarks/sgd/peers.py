#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nanoseconds a row of River and Vowpal Wabbit on the rows of compare.py: linear regression, squared error, plain SGD.

    python3 -m venv build/peers && build/peers/bin/pip install river vowpalwabbit
    taskset -c 1 build/peers/bin/python benchmarks/sgd/peers.py

River learns dicts one by one (learn_one), and pandas frames of 100 rows (learn_many); Vowpal Wabbit examples that have
been parsed before, and lines of text. Rows are made ready before the clock starts. Medians of 5 rounds.
"""
import statistics
import time

import numpy as np


def table(n, d):
    rng = np.random.default_rng(d)
    x = rng.normal(size=(n, d)) / np.sqrt(d)
    return x, x @ rng.normal(size=d) + 0.1 * rng.normal(size=n)


def timed(name, d, n, make, work):
    times = []
    for _ in range(5):
        state = make()
        start = time.perf_counter()
        work(state)
        times.append((time.perf_counter() - start) / n * 1e9)
    print(f"{name:28} d={d:<4} {statistics.median(times):10.0f} ns a row", flush=True)


def river(d, x, y):
    import pandas
    import river
    from river import linear_model, optim

    def make():
        return linear_model.LinearRegression(optimizer=optim.SGD(0.01), l2=1e-4)

    rows = [dict(enumerate(row)) for row in x.tolist()]
    targets = y.tolist()

    def one_by_one(model):
        for row, target in zip(rows, targets):
            model.learn_one(row, target)

    timed(f"river {river.__version__} learn_one", d, len(rows), make, one_by_one)
    frames = [(pandas.DataFrame(x[i : i + 100]), pandas.Series(y[i : i + 100])) for i in range(0, len(x), 100)]

    def in_chunks(model):
        for frame, series in frames:
            model.learn_many(frame, series)

    timed(f"river {river.__version__} learn_many(100)", d, len(rows), make, in_chunks)


def vowpal_wabbit(d, x, y):
    import vowpalwabbit

    def make():
        return vowpalwabbit.Workspace("--quiet --sgd --learning_rate 0.01 --l2 1e-4 --loss_function squared")

    lines = [f"{target} | " + " ".join(f"{j}:{v}" for j, v in enumerate(row)) for row, target in zip(x.tolist(), y.tolist())]
    parser = make()
    examples = [parser.parse(line) for line in lines]

    def parsed(_):
        for example in examples:
            parser.learn(example)

    def text(workspace):
        for line in lines:
            workspace.learn(line)

    timed(f"vw {vowpalwabbit.__version__} parsed", d, len(lines), lambda: None, parsed)
    timed(f"vw {vowpalwabbit.__version__} text", d, len(lines), make, text)


for d in (16, 64, 256):
    x, y = table(2000, d)
    for peer in (river, vowpal_wabbit):
        try:
            peer(d, x, y)
        except ImportError as error:
            print(f"{peer.__name__}: {error}; left out")
