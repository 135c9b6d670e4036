# SPDX-License-Identifier: MIT
"""Prints how often bootstrap intervals of a mean hold it, by simulation with numpy and SciPy: the figures that
tests/unit/stats/bootstrap_designs.test.cpp holds ours to. Takes some minutes."""
import numpy as np
from scipy import stats

rng = np.random.default_rng(1)
samples, n, resamples, level = 6000, 25, 399, 0.9
held = dict.fromkeys(("percentile", "basic", "BCa", "studentized"), 0)
for _ in range(samples):
    x = rng.exponential(size=n)
    draws = stats.bootstrap((x,), np.mean, n_resamples=resamples, method="percentile", random_state=rng)
    for method in ("percentile", "basic", "BCa"):
        low, high = stats.bootstrap((x,), np.mean, n_resamples=0, bootstrap_result=draws, confidence_level=level,
                                    method=method).confidence_interval
        held[method] += low <= 1 <= high
    y = x[rng.integers(0, n, (resamples, n))]
    z = (y.mean(1) - x.mean()) / (y.std(1, ddof=1) / np.sqrt(n))
    low, high = x.mean() - x.std(ddof=1) / np.sqrt(n) * np.quantile(z, [0.95, 0.05])
    held["studentized"] += low <= 1 <= high
for method, count in held.items():
    print(f"{method} {count / samples:.4f}")
