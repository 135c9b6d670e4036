#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nanoseconds a row of OneHotEncoder, FeatureHasher and RollingFeatures beside scikit-learn and pandas, one core, in turn.

    cmake --preset bench && cmake --build --preset bench --target penstock_bench_features
    taskset -c 1 /usr/bin/python3 benchmarks/preprocessing/features.py \\
        build/bench/benchmarks/preprocessing/libpenstock_bench_features.so [case ...]

Cases: one_hot hasher rolling; all of them if none is named. Each figure is the median of interleaved rounds. The peers get
all rows at once, in the form that they take quickest (arrays of objects, dicts, a data frame), made beforehand; ours get
tables of texts, in chunks of 1000 too. The hashes' sums are compared exactly, the windows' figures to 1e-9.
"""
import ctypes
import os
import statistics
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np
import pandas as pd
from sklearn.feature_extraction import FeatureHasher
from sklearn.preprocessing import OneHotEncoder

lib = ctypes.CDLL(sys.argv[1])
codes_type = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
pointer = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
size = ctypes.c_size_t
lib.texts_new.restype = ctypes.c_void_p
lib.texts_new.argtypes = [codes_type, size, size, ctypes.c_int32, ctypes.c_int, ctypes.c_void_p]
lib.texts_delete.argtypes = [ctypes.c_void_p]
lib.one_hot.restype = size
lib.one_hot.argtypes = [ctypes.c_void_p, size, ctypes.c_int]
lib.hash.restype = ctypes.c_double
lib.hash.argtypes = [ctypes.c_void_p, size, size]
lib.rolling.argtypes = [ctypes.c_void_p, size, size, pointer]

ROWS, ROUNDS = 100_000, 5


def make(columns, different, values=None):
    codes = np.random.default_rng(different).integers(0, different, size=(columns, ROWS), dtype=np.int32)
    address = None if values is None else values.ctypes.data
    tables = {kind: lib.texts_new(codes, ROWS, columns, different, k, address) for k, kind in enumerate(["string", "category"])}
    return codes, tables


def race(title, works):
    times = {name: [] for name in works}
    results = {}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.perf_counter()
            results[name] = work()
            times[name].append((time.perf_counter() - start) / ROWS * 1e9)
    figures = {name: statistics.median(t) for name, t in times.items()}
    peer = next(iter(figures.values()))
    for name, ns in figures.items():
        print(f"{title:28} {name:26} {ns:9.1f} ns a row {peer / ns:8.1f} x", flush=True)
    return results


def one_hot(columns, different):
    codes, tables = make(columns, different)
    texts = np.char.add("value_", codes.T.astype(str)).astype(object)
    for sparse in (False, True):
        works = {"scikit-learn": lambda: OneHotEncoder(sparse_output=sparse).fit_transform(texts).shape[1]}
        for kind, table in tables.items():
            for chunk in (0, 1000):
                works[f"{kind}, chunk {chunk or 'all'}"] = lambda t=table, c=chunk: lib.one_hot(t, c, sparse)
        results = race(f"one_hot {columns}x{different} {'sparse' if sparse else 'dense'}", works)
        assert len(set(results.values())) == 1, results
    for table in tables.values():
        lib.texts_delete(table)


def hasher(columns, different, n_features=1 << 20):
    codes, tables = make(columns, different)
    rows = [{f"c{j}": f"value_{codes[j, i]}" for j in range(columns)} for i in range(ROWS)]
    works = {"scikit-learn": lambda: FeatureHasher(n_features).transform(rows)}
    for kind, table in tables.items():
        for chunk in (0, 1000):
            works[f"{kind}, chunk {chunk or 'all'}"] = lambda t=table, c=chunk: lib.hash(t, c, n_features)
    results = race(f"hasher {columns}x{different}", works)
    expected = results.pop("scikit-learn")
    expected = float((expected.data * (expected.indices % 97)).sum())
    assert all(value == expected for value in results.values()), (expected, results)
    for table in tables.values():
        lib.texts_delete(table)


def rolling(keys, window):
    values = np.random.default_rng(window).normal(size=ROWS)
    codes, tables = make(1, keys, values)
    frame = pd.DataFrame({"key": codes[0], "v": values})

    def peer():
        windows = frame.groupby("key")["v"].rolling(window, min_periods=1)
        return [s.droplevel(0).sort_index().to_numpy() for s in (windows.mean(), windows.std(), windows.max())]

    out = np.empty((3, ROWS))
    works = {"pandas": peer}
    for kind, table in tables.items():
        for chunk in (0, 1000):
            works[f"{kind}, chunk {chunk or 'all'}"] = lambda t=table, c=chunk: lib.rolling(t, c, window, out)
    expected = race(f"rolling {keys} keys, {window} rows", works)["pandas"]
    for ours, theirs in zip(out, expected):
        assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)
    for table in tables.values():
        lib.texts_delete(table)


cases = sys.argv[2:] or ["one_hot", "hasher", "rolling"]
if "one_hot" in cases:
    one_hot(3, 10)
    one_hot(1, 300)
if "hasher" in cases:
    hasher(3, 1000)
    hasher(3, 50_000)
if "rolling" in cases:
    rolling(1000, 5)
    rolling(1000, 48)
    rolling(10, 1000)
