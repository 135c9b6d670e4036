#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nanoseconds a row of StandardScaler and of StandardScaler | SgdRegressor beside scikit-learn, one core, in turn.

    cmake --preset bench && cmake --build --preset bench --target penstock_bench_preprocessing
    taskset -c 1 /usr/bin/python3 benchmarks/preprocessing/compare.py \\
        build/bench/benchmarks/preprocessing/libpenstock_bench_preprocessing.so [case ...]

Cases: scaler pipeline; all of them if none is named. Each figure is the median of interleaved rounds. The scaler's figures
are compared to 1e-9. A pipeline of scikit-learn scales a chunk by what it knows behind the chunk, ours each row by what it
knows behind that row: for rows one a call both are the same, and coefficients are compared there.
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
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
lib = ctypes.CDLL(sys.argv[1])
pointer = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
size = ctypes.c_size_t
lib.scale.argtypes = [pointer, size, size, size, ctypes.c_int, pointer]
lib.learn.argtypes = [pointer, pointer, size, size, size, pointer]
lib.table_new.restype = ctypes.c_void_p
lib.table_new.argtypes = [pointer, size, size]
lib.table_delete.argtypes = [ctypes.c_void_p]
lib.learn_table.argtypes = [ctypes.c_void_p, pointer, size, size, pointer]


def table(n, d):
    rng = np.random.default_rng(d)
    x = rng.normal(size=(n, d)) * rng.uniform(0.1, 10, size=d) + rng.normal(size=d)
    return x, x @ rng.normal(size=d) / d + 0.1 * rng.normal(size=n)


def timed(n, work):
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) / n * 1e9, result


def parts(n, chunk):
    return [slice(first, first + (chunk or n)) for first in range(0, n, chunk or n)]


def show(title, d, chunk, figures):
    t = {name: statistics.median(times) for name, times in figures.items()}
    peer = t.pop("sklearn")
    print(f"{title:9} d={d:<4} chunk={chunk or 'all':<5} sklearn {peer:9.1f} ns   "
          + "   ".join(f"{name} {ns:8.1f} ns = {peer / ns:7.1f} x" for name, ns in t.items()), flush=True)


def scaler(n, d, chunk, peer_rows, rounds=7):
    x, _ = table(n, d)
    figures = {"sklearn": [], "fit+transform": [], "in one": [], "fit alone": []}
    m = peer_rows or n

    def peer():
        model = StandardScaler()
        for part in parts(m, chunk):
            model.partial_fit(x[part]).transform(x[part])
        return np.concatenate([model.mean_, model.scale_])

    for _ in range(rounds):
        t, expected = timed(m, peer)
        figures["sklearn"].append(t)
        for how, name in enumerate(["fit+transform", "in one", "fit alone"]):
            out = np.empty(2 * d)
            figures[name].append(timed(n, lambda: lib.scale(x, n, d, chunk, how, out))[0])
            assert m != n or np.allclose(out, expected, rtol=1e-9, atol=1e-12)
    show("scaler", d, chunk, figures)


def pipeline(n, d, chunk, peer_rows, rounds=7):
    x, y = table(n, d)
    ready = lib.table_new(np.ascontiguousarray(x.T), n, d)
    figures = {"sklearn": [], "matrix": [], "table": []}
    m = peer_rows or n

    def peer():
        scale, model = StandardScaler(), SGDRegressor(eta0=0.001, shuffle=False)
        for part in parts(m, chunk):
            model.partial_fit(scale.partial_fit(x[part]).transform(x[part]), y[part])
        return np.append(model.coef_, model.intercept_)

    out, other = np.empty(d + 1), np.empty(d + 1)
    for _ in range(rounds):
        t, expected = timed(m, peer)
        figures["sklearn"].append(t)
        figures["matrix"].append(timed(n, lambda: lib.learn(x, y, n, d, chunk, out))[0])
        figures["table"].append(timed(n, lambda: lib.learn_table(ready, y, d, chunk, other))[0])
        assert (out == other).all()
    if chunk == 1:
        lib.learn(x[:m].copy(), y[:m].copy(), m, d, 1, out)
        assert np.allclose(out, expected, rtol=1e-9, atol=1e-12), abs(out - expected).max()
    lib.table_delete(ready)
    show("pipeline", d, chunk, figures)


cases = sys.argv[2:] or ["scaler", "pipeline"]
for d in (16, 64, 256):
    n = 262144 // d // 100 * 100
    for chunk, peer_rows in [(0, None), (100, None), (1, 200)]:
        if "scaler" in cases:
            scaler(n, d, chunk, peer_rows)
        if "pipeline" in cases:
            pipeline(n, d, chunk, peer_rows)
