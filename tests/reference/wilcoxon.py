#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes wilcoxon.txt: Wilcoxon's signed-rank test by SciPy, exact, of differences without ties and zeros.

    python3 tests/reference/wilcoxon.py >tests/reference/wilcoxon.txt      (SciPy 1.10.1)
"""
import numpy
from scipy import stats


def line(word, values):
    print(word, *(repr(float(v)) for v in values))


random = numpy.random.default_rng(12)
for n in (1, 2, 5, 6, 9, 13):
    for shift in (0.0, 0.5, 3.0):
        d = random.normal(shift, 1, n)
        print("case signed_rank", n)
        line("data", d)
        for side in ("two-sided", "less", "greater"):
            # The statistic of `greater` is the rank sum of the differences above 0.
            p = stats.wilcoxon(d, alternative=side, method="exact").pvalue
            line(side.replace("-", "_"), [stats.wilcoxon(d, alternative="greater", method="exact").statistic, p])
