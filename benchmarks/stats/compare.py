#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Resampling by SciPy and by penstock_bench_stats in turn, on one core, on the same data:

    compare.py build/bench/benchmarks/stats/penstock_bench_stats [--rounds 7] [--only WORDS] [--threads]

Prints medians of CPU milliseconds, and how many times as fast ours is; --threads prints instead what two threads gain, by
the clock, the fastest of all rounds. Intervals and p-values are held to SciPy's within what resampling adds.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import scipy
from scipy import stats


def mean_difference(a, b, axis):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def std(x, axis=-1):
    return np.std(x, axis=axis, ddof=1)


parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--only", default="", help="cases whose name has this in it")
parser.add_argument("--threads", action="store_true")
arguments = parser.parse_args()
if not arguments.threads:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

rng = np.random.default_rng(1)
seed = "random_state" if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 15) else "rng"
folder = tempfile.TemporaryDirectory()
data = {}
for n in (1000, 100000):
    for name in "ab":
        data[name, n] = rng.normal(size=n)
        data[name, n].tofile(f"{folder.name}/{name}{n}")

ours = subprocess.Popen([arguments.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(line):
    ours.stdin.write(line + "\n")
    ours.stdin.flush()
    return [float(word) for word in ours.stdout.readline().split()]


def bootstrap(statistic, name, method, n, resamples, batch):
    x = data["a", n]
    return (f"bootstrap {name} {method} {resamples} {{}} {folder.name}/a{n}",
            lambda: stats.bootstrap((x,), statistic, n_resamples=resamples, batch=batch, method=method,
                                    **{seed: 1}).confidence_interval,
            lambda mine, peer: abs(mine[0] - peer[0]) + abs(mine[1] - peer[1]) < 0.5 * (peer[1] - peer[0]))


def permutation(n, resamples, batch):
    x, y = data["a", n], data["b", n]
    return (f"permutation mean_difference {resamples} {{}} {folder.name}/a{n} {folder.name}/b{n}",
            lambda: [stats.permutation_test((x, y), mean_difference, n_resamples=resamples, batch=batch,
                                            vectorized=True, **{seed: 1}).pvalue],
            lambda mine, peer: abs(mine[0] - peer[0]) < 0.1)


cases = {
    "bootstrap mean, percentile, n = 1000, B = 9999": bootstrap(np.mean, "mean", "percentile", 1000, 9999, None),
    "bootstrap mean, BCa, n = 1000, B = 9999": bootstrap(np.mean, "mean", "BCa", 1000, 9999, None),
    "bootstrap any callable, percentile, n = 1000, B = 9999": bootstrap(np.mean, "any", "percentile", 1000, 9999, None),
    "bootstrap std, percentile, n = 1000, B = 9999": bootstrap(std, "std", "percentile", 1000, 9999, None),
    "bootstrap median, percentile, n = 1000, B = 9999": bootstrap(np.median, "median", "percentile", 1000, 9999, None),
    "bootstrap mean, percentile, n = 100000, B = 999": bootstrap(np.mean, "mean", "percentile", 100000, 999, 100),
    "bootstrap median, percentile, n = 100000, B = 999": bootstrap(np.median, "median", "percentile", 100000, 999, 100),
    "permutation mean difference, 1000 + 1000, B = 9999": permutation(1000, 9999, None),
    "permutation mean difference, 100000 + 100000, B = 999": permutation(100000, 999, 100),
}
cases = {name: case for name, case in cases.items() if arguments.only in name}
print(f"SciPy {scipy.__version__}, numpy {np.__version__}, {arguments.rounds} rounds")
if arguments.threads:
    print(f"{'':56}{'one ms':>9}{'two ms':>9}{'times':>7}")
    for name, (line, _, _) in cases.items():
        one, two = [], []
        for _ in range(arguments.rounds):
            one.append(ask(line.format(1))[0])
            two.append(ask(line.format(2))[0])
        a, b = min(one), min(two)  # whatever else runs takes a core away, and never gives one
        print(f"{name:56}{a * 1e3:9.2f}{b * 1e3:9.2f}{a / b:7.2f}", flush=True)
else:
    print(f"{'':56}{'SciPy ms':>9}{'ours ms':>9}{'times':>7}")
    for name, (line, peer, agrees) in cases.items():
        theirs, mine = [], []
        for _ in range(arguments.rounds):
            start = time.process_time()
            answer = peer()
            theirs.append(time.process_time() - start)
            for _ in range(3):
                reply = ask(line.format(1))
                mine.append(reply[1])
            assert agrees(reply[2:4], answer), (name, reply, answer)
        a, b = statistics.median(theirs), statistics.median(mine)
        print(f"{name:56}{a * 1e3:9.2f}{b * 1e3:9.2f}{a / b:7.1f}", flush=True)
    print(f"peak memory of ours: {reply[4] / 1024:.0f} MiB")
