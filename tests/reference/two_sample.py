# SPDX-License-Identifier: MIT
"""Makes two_sample.txt: distances of samples and of counts by SciPy 1.17.1, PSI by numpy with the bins and zeros of
Evidently (get_binned_data), and the chi-square distribution by SciPy."""
import os

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

rng = np.random.default_rng(20261120)
here = os.path.dirname(os.path.abspath(__file__))
out = open(os.path.join(here, "two_sample.txt"), "w")


def line(word, *values):
    print(word, *(repr(float(v)) for v in values), file=out)


def filled(shares):
    shares = shares.astype(float)
    least = shares[shares > 0].min()
    return np.where(shares == 0, least / 1e6 if least <= 1e-4 else 1e-4, shares)


def psi_line(word, r, c, alpha=0.05):
    n, m = r.sum(), c.sum()
    used = r + c > 0
    p, q = filled(r / n)[used], filled(c / m)[used]
    psi, scale, df = ((p - q) * np.log(p / q)).sum(), 1 / n + 1 / m, used.sum() - 1
    line(word, psi, stats.chi2.sf(psi / scale, df) if df else 1, scale * stats.chi2.isf(alpha, df) if df else 0, used.sum())


def psi(word, x, y, quantile=None):
    if len(np.unique(x)) <= 20:
        values = np.unique(np.concatenate([x, y]))
        return psi_line(word, (x[:, None] == values).sum(0), (y[:, None] == values).sum(0))
    if quantile:
        inner = np.unique(np.quantile(x, np.arange(1, quantile) / quantile))
        place = lambda v: np.bincount(np.searchsorted(inner, v, side="right"), minlength=len(inner) + 1)
        return psi_line(word, place(x), place(y))
    edges = np.histogram_bin_edges(np.concatenate([x, y]), bins="sturges")
    line("edges", *edges)
    psi_line(word, np.histogram(x, edges)[0], np.histogram(y, edges)[0])


samples = [(rng.normal(size=n), rng.normal(size=m) * scale + shift) for n, m, shift, scale in
           ((1, 1, 0, 1), (3, 4, 0, 1), (32, 32, 0, 1), (100, 60, 0.3, 1), (64, 192, 0, 2), (150, 30, 9, 1))]
samples += [(np.round(3 * a), np.round(3 * b)) for a, b in samples[2:5]]  # ties
samples += [(np.full(5, 2.5), np.full(7, 2.5)), (np.full(5, 2.5), np.full(7, -1.0))]  # constant
samples += [(np.exp(3 * rng.normal(size=80)), np.exp(3 * rng.normal(size=90) + 1)), (1e9 + rng.normal(size=40), 1e9 + rng.normal(size=50))]
for a, b in samples:
    print("case samples", file=out)
    line("data", *a)
    line("data", *b)
    u, v = np.round(rng.random(len(a)), 3) + 0.001, np.round(rng.random(len(b)) * (rng.random(len(b)) < 0.8), 3)
    v[0] = 0.5
    line("weights", *u)
    line("weights", *v)
    line("wasserstein", stats.wasserstein_distance(a, b))
    line("wasserstein_weighted", stats.wasserstein_distance(a, b, u, v))
    psi("psi", a, b)
    psi("psi_quantile", a, b, 7)

counts = [([10, 20, 30], [12, 18, 33]), ([5, 0, 9, 1], [0, 4, 9, 2]), ([7, 3], [2, 9]), ([7, 3], [7, 4]), ([100, 0, 50], [80, 0, 90]),
          ([9], [4]), ([0, 12], [0, 7]), (rng.poisson(20, 40), rng.poisson(25, 40)), ([50000, 3, 200], [60000, 0, 100]), ([1, 0], [0, 1]),
          ([400000, 600001], [399000, 601000])]
for a, b in counts:
    a, b = np.array(a), np.array(b)
    print("case counts", file=out)
    line("data", *a)
    line("data", *b)
    used = a + b > 0
    table = np.array([a[used], b[used]])
    for word, correction in (("chi_square", True), ("chi_square_plain", False)):
        r = stats.chi2_contingency(table, correction=correction)
        line(word, r.statistic, r.pvalue, r.dof, r.expected_freq.min())
    line("jensen_shannon", jensenshannon(a, b), jensenshannon(a, b, base=2))
    line("l_infinity", np.abs(a / a.sum() - b / b.sum()).max())
    psi_line("psi", a, b)

print("case chi_square", file=out)
for df in (0.5, 1, 2, 3, 10, 19.9, 20, 35.5, 200, 5000, 1e6):
    for x in (1e-12, 0.01, 0.5, 0.9, 1, 1.1, 2, 7):
        line("tail", x * df, df, stats.chi2.sf(x * df, df), stats.chi2.cdf(x * df, df))
    for p in (1e-300, 1e-20, 1e-5, 0.05, 0.5, 0.95, 0.999, 1 - 1e-12):
        line("quantile", p, df, stats.chi2.ppf(p, df))
out.close()
