#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes benchmark_old.json and benchmark_new.json in the form of Google Benchmark 1.7.1, with figures from a formula: of
four rows with ten repetitions, `sort` is 10 % slower in the new one; and benchmark_compare.txt, what SciPy makes of them.

    python3 tests/reference/benchmark_files.py      (SciPy 1.10.1)
"""
import json
import os

import numpy
from scipy import stats

here = os.path.dirname(os.path.abspath(__file__))
rows = {"sort": ("us", 1.10), "sum/1024": ("ns", 1.0), "read/real_time": ("ms", 1.0), "write": ("us", 1.0)}


def repetitions(seed, name, unit, factor):
    random = numpy.random.default_rng([seed, len(name)])
    for i, noise in enumerate(random.normal(0, 0.01, 10)):
        cpu = round(50 * factor * (1 + noise), 6)
        yield {"name": name, "run_name": name, "run_type": "iteration", "repetitions": 10, "repetition_index": i,
               "threads": 1, "iterations": 1000, "real_time": round(cpu * 1.1, 6), "cpu_time": cpu, "time_unit": unit,
               "items_per_second": round(1e9 / cpu, 3)}


def write(file, seed, slower):
    benchmarks = []
    for name, (unit, factor) in rows.items():
        all = list(repetitions(seed, name, unit, factor if slower else 1.0))
        benchmarks += all
        benchmarks.append({**all[0], "name": name + "_median", "run_type": "aggregate", "aggregate_name": "median",
                           "cpu_time": float(numpy.median([r["cpu_time"] for r in all]))})
    context = {"host_name": "bench", "num_cpus": 4, "mhz_per_cpu": 3000, "library_build_type": "release"}
    with open(os.path.join(here, file), "w") as out:
        json.dump({"context": context, "benchmarks": benchmarks}, out, indent=1)
        out.write("\n")
    return benchmarks


old, new = write("benchmark_old.json", 1, False), write("benchmark_new.json", 2, True)
with open(os.path.join(here, "benchmark_compare.txt"), "w") as out:
    for name, (unit, _) in rows.items():
        metric = "real_time" if "real_time" in name else "cpu_time"
        a, b = ([r[metric] for r in f if r["run_name"] == name and r["run_type"] == "iteration"] for f in (old, new))
        p = stats.mannwhitneyu(b, a, alternative="two-sided", method="exact").pvalue
        delta = numpy.sign(numpy.subtract.outer(b, a)).mean()
        scale = {"ns": 1, "us": 1e3, "ms": 1e6}[unit]
        print(name, repr(scale * numpy.median(a)), repr(numpy.median(b) / numpy.median(a)), repr(p), repr(float(delta)),
              file=out)
