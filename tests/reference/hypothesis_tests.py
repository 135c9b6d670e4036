# SPDX-License-Identifier: MIT
"""Makes hypothesis_tests.txt: statistics and p-values of two samples by SciPy, and corrected p-values (made with SciPy
1.17.1, which has false_discovery_control; Holm's are by his definition)."""
import os

import numpy as np
from scipy import stats

rng = np.random.default_rng(20240612)
here = os.path.dirname(os.path.abspath(__file__))
out = open(os.path.join(here, "hypothesis_tests.txt"), "w")


def line(word, *values):
    print(word, *(repr(float(v)) for v in values), file=out)


samples = [(rng.normal(size=n), rng.normal(size=m) + shift)
           for n, m, shift in ((3, 4, 0), (8, 8, 1), (8, 30, -1), (5, 200, 2), (20, 25, 0.5), (60, 40, -3), (300, 500, 0.2))]
samples += [(np.round(3 * a), np.round(3 * b)) for a, b in samples[:6]]  # ties
samples += [(np.arange(40.0), 1000 + np.arange(35.0))]  # far apart
for a, b in samples:
    print("case two_samples", file=out)
    line("data", *a)
    line("data", *b)
    ties = len(np.unique(np.concatenate([a, b]))) < len(a) + len(b)
    for alternative in ("two-sided", "less", "greater"):
        word = alternative.replace("-", "_")
        for method in ("auto", "asymptotic") + (() if ties or len(a) > 100 else ("exact",)):
            r = stats.mannwhitneyu(a, b, alternative=alternative, method=method)
            line(f"mann_whitney_{word}_{method}", r.statistic, r.pvalue)
        r = stats.ks_2samp(a, b, alternative=alternative, method="exact")
        line(f"ks_{word}", r.statistic, r.pvalue)
        r = stats.ttest_ind(a, b, equal_var=False, alternative=alternative)
        line(f"welch_{word}", r.statistic, r.pvalue, r.df)
        n = min(len(a), len(b))
        wins, losses = int((a[:n] > b[:n]).sum()), int((a[:n] < b[:n]).sum())
        if wins + losses:
            line(f"sign_{word}", wins, losses, stats.binomtest(wins, wins + losses, alternative=alternative).pvalue)
    line("cliffs_delta", np.sign(a[:, None] - b[None, :]).mean())
    n, m = len(a), len(b)
    line("cohens_d", (a.mean() - b.mean()) / np.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)))

for n in (1, 2, 10, 100):
    p = rng.random(n) ** 3
    if n == 10:
        p[3] = p[7]
    print("case corrections", file=out)
    line("pvalues", *p)
    line("benjamini_hochberg", *stats.false_discovery_control(p))
    order = np.argsort(p)
    adjusted = np.minimum(1, np.maximum.accumulate(p[order] * (n - np.arange(n))))
    holm = np.empty(n)
    holm[order] = adjusted
    line("holm", *holm)

print("case tails", file=out)
for df in (1, 2.5, 17, 1000, 9999, 10001, 1e6):
    for t in (-3, 0, 0.1, 1.96, 12, 60):
        line("student_t", t, df, stats.t.sf(t, df))
for df, t in ((0.001, 1e100), (1, 1e100), (2, 1e5), (3, 1e60), (17.5, 1e9), (30, 3e9), (9999, 30), (1e300, 1)):
    line("student_t", t, df, stats.t.sf(t, df))
for n, k in ((1, 1), (10, 8), (10, 3), (1000, 560), (100000, 50300), (60, 60)):
    line("binomial", n, k, stats.binom.sf(k - 1, n, 0.5))
for x in (0.2, 0.5, 0.9, 1.1, 2, 4):
    line("kolmogorov", x, stats.kstwobign.sf(x))
out.close()
