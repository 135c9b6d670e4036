#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nanoseconds a value of the drift detectors and of River's, in turn from one process on one core.

    cmake --preset bench && cmake --build --preset bench --target penstock_bench_drift
    python3 -m venv build/peers && build/peers/bin/pip install river numpy
    taskset -c 1 build/peers/bin/python benchmarks/drift/compare.py build/bench/benchmarks/drift/libpenstock_bench_drift.so

The stream is of errors, 0 and 1, whose rate changes after each 50,000. Detections are compared in each round (KSWIN draws
other values). Medians of interleaved rounds.
"""
import ctypes
import statistics
import sys
import time

import numpy as np
from river import drift

lib = ctypes.CDLL(sys.argv[1])
lib.detect.restype = ctypes.c_size_t
lib.detect.argtypes = [ctypes.c_int, np.ctypeslib.ndpointer(np.float64), ctypes.c_size_t, np.ctypeslib.ndpointer(np.int64)]

rng = np.random.default_rng(1)
x = np.concatenate([rng.random(50_000) < p for p in (0.2, 0.25, 0.2, 0.35)]).astype(np.float64)
places = np.empty(len(x), np.int64)


def ours(kind, values):
    start = time.perf_counter()
    found = lib.detect(kind, values, len(values), places)
    return (time.perf_counter() - start) / len(values) * 1e9, places[:found].tolist()


def rivers(make, values):
    detector, values, found = make(), values.tolist(), []
    start = time.perf_counter()
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            found.append(i)
    return (time.perf_counter() - start) / len(values) * 1e9, found


for kind, (name, make, n) in enumerate([
    ("ADWIN", drift.ADWIN, len(x)),
    ("ADWIN, clock 1", lambda: drift.ADWIN(clock=1), len(x)),
    ("Page-Hinkley", drift.PageHinkley, len(x)),
    ("DDM", drift.binary.DDM, len(x)),
    ("KSWIN", lambda: drift.KSWIN(alpha=1e-4, seed=1), 2_000),
]):
    mine, peer = [], []
    for _ in range(7):
        mine.append(ours(kind, x))
        peer.append(rivers(make, x[:n]))
        if n == len(x) and mine[-1][1] != peer[-1][1]:
            sys.exit(f"{name}: {mine[-1][1]} is not {peer[-1][1]}")
    a, b = statistics.median(t for t, _ in mine), statistics.median(t for t, _ in peer)
    print(f"{name:16} {a:8.1f} ns  River {b:10.1f} ns  {b / a:8.0f} x  {len(mine[0][1])} drifts", flush=True)
