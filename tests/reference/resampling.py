# SPDX-License-Identifier: MIT
"""Makes resampling.txt: what SciPy's bootstrap and permutation_test say of random data (made with SciPy 1.10.1).

A line is a word and numbers. `case` begins a new one; `data` gives a sample of it. Bootstraps are held to SciPy on the
same resampled statistics, `replicates`, which SciPy takes through `bootstrap_result`; permutation tests are exact.
"""
import os
import types
import warnings

import numpy as np
from scipy import stats
from scipy.stats import _resampling

rng = np.random.default_rng(20240611)
statistics = {"mean": np.mean, "median": np.median, "std": lambda x, axis=-1: np.std(x, axis=axis, ddof=1)}
here = os.path.dirname(os.path.abspath(__file__))
out = open(os.path.join(here, "resampling.txt"), "w")


def line(word, *values):
    print(word, *(repr(float(v)) for v in values), file=out)


def difference(a, b, axis=-1):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def median_difference(a, b, axis=-1):
    return np.median(a, axis=axis) - np.median(b, axis=axis)


def correlation(a, b, axis=-1):
    a = a - a.mean(axis=axis, keepdims=True)
    b = b - b.mean(axis=axis, keepdims=True)
    return (a * b).sum(axis=axis) / np.sqrt((a * a).sum(axis=axis) * (b * b).sum(axis=axis))


def intervals(data, statistic, paired=False):
    sample = rng.integers(0, 10**6)
    draws = stats.bootstrap(data, statistic, n_resamples=150, paired=paired, random_state=sample)
    line("observed", statistic(*data))
    line("replicates", *draws.bootstrap_distribution)
    for level in (0.95, 0.8):
        for method in ("percentile", "basic", "BCa"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = stats.bootstrap(data, statistic, n_resamples=0, bootstrap_result=draws, paired=paired,
                                         confidence_level=level, method=method)
            low, high = result.confidence_interval
            line(f"interval_{method.lower()}", level, low, high)
    line("standard_error", draws.standard_error)


for name, statistic in statistics.items():
    for n, values in ((5, lambda n: rng.normal(size=n)), (30, lambda n: np.round(rng.exponential(10, size=n), 1)),
                      (80, lambda n: rng.standard_t(3, size=n) * 100 + 7)):
        print("case bootstrap", name, file=out)
        x = values(n)
        line("data", *x)
        intervals((x,), statistic)
for name, statistic in (("mean_difference", difference), ("median_difference", median_difference)):
    for n, m in ((6, 9), (40, 25)):
        print("case bootstrap", name, file=out)
        a, b = rng.gamma(2, size=n), rng.gamma(3, size=m)
        line("data", *a)
        line("data", *b)
        intervals((a, b), statistic)
for n in (8, 50):
    print("case bootstrap correlation", file=out)
    a = rng.normal(size=n)
    b = a + rng.normal(size=n)
    line("data", *a)
    line("data", *b)
    intervals((a, b), correlation, paired=True)

for kind, sizes, statistic, name in (
        ("independent", (4, 5), difference, "mean_difference"), ("independent", (3, 7), difference, "mean_difference"),
        ("independent", (5, 4), median_difference, "median_difference"),
        ("samples", (8, 8), difference, "mean_difference"), ("samples", (10, 10), median_difference, "median_difference"),
        ("pairings", (4, 4), correlation, "correlation"), ("samples", (9,), np.mean, "mean")):
    for rounded in (False, True):  # rounded data has ties
        data = tuple(rng.normal(size=n) + i * 0.4 for i, n in enumerate(sizes))
        if rounded:
            data = tuple(np.round(4 * d) for d in data)
        print("case permutation", kind, name, file=out)
        for d in data:
            line("data", *d)
        for alternative in ("two-sided", "less", "greater"):
            result = stats.permutation_test(data, statistic, permutation_type=kind, vectorized=True, n_resamples=np.inf,
                                            alternative=alternative)
            line("pvalue_" + alternative.replace("-", "_"), result.pvalue, len(result.null_distribution))
        line("statistic", result.statistic)
out.close()
