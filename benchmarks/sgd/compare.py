#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rows a second of SgdRegressor and of scikit-learn's SGDRegressor: squared error, l2, invscaling, one core, in turn.

    cmake --preset bench && cmake --build --preset bench --target penstock_bench_sgd
    taskset -c 1 /usr/bin/python3 benchmarks/sgd/compare.py build/bench/benchmarks/sgd/libpenstock_bench_sgd.so [case ...]

Cases: whole chunks rows memory; all of them if none is named. Each figure is the median of interleaved rounds, and the
coefficients are compared: strict to the last bit with the same calls' first pass, fast to 1e-9.
"""
import ctypes
import os
import statistics
import sys
import time
import warnings

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np
from sklearn.linear_model import SGDRegressor

warnings.filterwarnings("ignore")
ALPHA, ETA0 = 1e-4, 0.01
lib = ctypes.CDLL(sys.argv[1])
lib.sgd_new.restype = ctypes.c_void_p
lib.sgd_new.argtypes = [ctypes.c_int, ctypes.c_double, ctypes.c_double]
lib.sgd_delete.argtypes = [ctypes.c_void_p]
pointer = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
lib.sgd_learn.argtypes = [ctypes.c_void_p, pointer, pointer] + [ctypes.c_size_t] * 3
lib.sgd_coef.argtypes = [ctypes.c_void_p, pointer]
lib.read_all.argtypes = [pointer, ctypes.c_size_t]
lib.read_all.restype = ctypes.c_double


def table(n, d):
    rng = np.random.default_rng(d)
    x = rng.normal(size=(n, d)) / np.sqrt(d)
    return x, x @ rng.normal(size=d) + 0.1 * rng.normal(size=n)


def ours(strict, x, y, chunk, passes=1):
    """Nanoseconds a row, and the coefficients after one pass."""
    n, d = x.shape
    model = lib.sgd_new(strict, ALPHA, ETA0)
    coef = np.empty(d + 1)
    times = []
    for i in range(passes):
        start = time.perf_counter()
        lib.sgd_learn(model, x, y, n, d, chunk)
        times.append((time.perf_counter() - start) / n * 1e9)
        if i == 0:
            lib.sgd_coef(model, coef)
    lib.sgd_delete(model)
    return min(times), coef


def sklearn(x, y, chunk, passes=1):
    n = len(x)
    model = SGDRegressor(alpha=ALPHA, eta0=ETA0, shuffle=False)
    times = []
    for i in range(passes):
        start = time.perf_counter()
        for first in range(0, n, chunk or n):
            model.partial_fit(x[first : first + (chunk or n)], y[first : first + (chunk or n)])
        times.append((time.perf_counter() - start) / n * 1e9)
        if i == 0:
            coef = np.append(model.coef_, model.intercept_)
    return min(times), coef


def compare(name, n, d, chunk, peer_rows=None, rounds=7, passes=5):
    x, y = table(n, d)
    figures = {"sklearn": [], "strict": [], "fast": []}
    for _ in range(rounds):
        m = peer_rows or n
        t, expected = sklearn(x[:m], y[:m], chunk, 1 if peer_rows else passes)
        figures["sklearn"].append(t)
        for strict, key in [(1, "strict"), (0, "fast")]:
            t, coef = ours(strict, x, y, chunk, passes)
            figures[key].append(t)
            if m == n:
                assert np.allclose(coef, expected, rtol=1e-9, atol=1e-12), (key, abs(coef - expected).max())
                assert not (strict and not chunk) or (coef == expected).all()
    t = {key: statistics.median(values) for key, values in figures.items()}
    print(f"{name:8} d={d:<5} sklearn {t['sklearn']:9.1f} ns   strict {t['strict']:7.1f} ns = {t['sklearn'] / t['strict']:7.1f} x"
          f"   fast {t['fast']:7.1f} ns = {t['sklearn'] / t['fast']:7.1f} x", flush=True)


def memory(d=1024, n=32768, rounds=5):
    x, y = table(n, d)
    flat = x.reshape(-1)
    read, fast = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        lib.read_all(flat, flat.size)
        read.append((time.perf_counter() - start) / n * 1e9)
        fast.append(ours(0, x, y, 0)[0])
    a, b = statistics.median(read), statistics.median(fast)
    print(f"memory   d={d:<5} {x.nbytes >> 20} MiB: read alone {a:.1f} ns a row = {8 * d / a:.1f} GB/s, "
          f"fast {b:.1f} ns = {8 * d / b:.1f} GB/s, {100 * a / b:.0f} % of it", flush=True)


cases = sys.argv[2:] or ["whole", "chunks", "rows", "memory"]
for d in (16, 64, 256):
    n = 262144 // d
    if "whole" in cases:
        compare("whole", n, d, 0)
    if "chunks" in cases:
        compare("chunks", n // 100 * 100, d, 100)
    if "rows" in cases:
        compare("rows", n, d, 1, peer_rows=200)
if "memory" in cases:
    memory()
