# SPDX-License-Identifier: MIT
"""Makes drift.txt: what River 0.26.1's detectors say of streams that any language can make again. KSWIN draws from our
Philox streams, written down here once more, and asks SciPy for the p-values; its other rules are River's.

A case names the detector; "stream" is the seed; "numbers" n, mean, slope, scale or "bits" n, p make a part of the stream.
"options" are the detector's in its order; "detections" are places, from 0; "warnings" those where a warning begins and ends; "at" is a place and the figures
there.
"""
import os

from river import drift
from river._river_rust.drift import AdaptiveWindowing
from scipy import stats
from scipy.stats._stats_py import _compute_prob_outside_square

MASK = 2**64 - 1
here = os.path.dirname(os.path.abspath(__file__))
out = open(os.path.join(here, "drift.txt"), "w")


def uniforms(seed):
    """splitmix64, as multiples of 2^-53."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = ((seed ^ seed >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        yield ((z ^ z >> 31) >> 11) * 2.0**-53


def stream(seed, parts):
    u = uniforms(seed)
    for part in parts:
        if len(part) == 4:
            n, mean, slope, scale = part
            yield from ((mean + slope * i) + scale * (next(u) - 0.5) for i in range(n))
        else:
            n, p = part
            yield from (float(next(u) < p) for _ in range(n))


def line(word, *values):
    print(word, *(repr(v) if isinstance(v, float) else str(v) for v in values), file=out)


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def words(seed, number):
    block = 0
    while True:
        yield from philox([block, 0, number & 0xFFFFFFFF, number >> 32], [seed & 0xFFFFFFFF, seed >> 32])
        block += 1


def below(random, bound):
    while True:
        product = next(random) * bound
        if product & 0xFFFFFFFF >= 2**32 % bound:
            return product >> 32


class Kswin:
    def __init__(self, alpha, window_size, stat_size, seed, keep_window):
        self.alpha, self.size, self.stat, self.seed, self.keep = alpha, window_size, stat_size, seed, keep_window
        self.window, self.seen, self.drift_detected, self.p_value, self.statistic = [], 0, False, None, None

    def update(self, x):
        if self.drift_detected and not self.keep:
            self.window = []
        self.drift_detected = False
        self.seen += 1
        self.window = (self.window + [x])[-self.size:]
        if len(self.window) < self.size:
            return
        older, newer = self.window[:-self.stat], self.window[-self.stat:]
        random = words(self.seed, self.seen)
        drawn = []
        for i in range(self.stat):
            j = i + below(random, len(older) - i)
            older[i], older[j] = older[j], older[i]
            drawn.append(older[i])
        # SciPy rounds a probability of 1 to a little more, and then refuses its exact calculation.
        self.statistic = stats.ks_2samp(drawn, newer, method="asymp").statistic
        distance = round(self.statistic * self.stat)
        self.p_value = min(1.0, _compute_prob_outside_square(self.stat, distance)) if distance > 0 else 1.0
        if self.p_value <= self.alpha and self.statistic > 0.1:
            self.drift_detected = True
            if self.keep:
                self.window = newer


class KeptAdwin:
    """River's window without River's new beginning after a drift."""

    def __init__(self, **options):
        self.helper, self.drift_detected = AdaptiveWindowing(**options), False

    def update(self, x):
        self.drift_detected = self.helper.update(x)


def case(kind, seed, parts, options, detector, figures, every=401):
    print("case", kind, file=out)
    line("stream", seed)
    for part in parts:
        line("numbers" if len(part) == 4 else "bits", *part)
    line("options", *options)
    detections, warnings, at = [], [], []
    for i, x in enumerate(stream(seed, parts)):
        detector.update(x)
        if detector.drift_detected:
            detections.append(i)
        warned = getattr(detector, "warning_detected", False) and not detector.drift_detected
        was = len(warnings) % 2 == 1
        if warned != was:
            warnings.append(i)
        if i % every == 0 or (detector.drift_detected and len(detections) < 10):
            at.append((i, *figures(detector)))
    line("detections", *detections)
    line("warnings", *warnings)
    for a in at:
        line("at", *a)


LEVELS = [(1000, 0.0, 0.0, 2.0), (700, 1.0, 0.0, 2.0), (500, 1.0, 0.0, 0.25), (900, 5.0, 0.0, 8.0), (1500, 4.5, 0.0, 0.5)]
RAMP = [(1500, 0.0, 0.0, 1.0), (1500, 0.0, 0.001, 1.0), (1000, 1.5, 0.0, 1.0)]
FAR = [(1200, 1e6, 0.0, 4.0), (1200, 1e6 + 2, 0.0, 4.0)]
FLAT = [(600, 3.25, 0.0, 0.0), (600, 3.5, 0.0, 0.0)]
ERRORS = [(2000, 0.2), (2000, 0.5), (1500, 0.45), (1500, 0.05), (800, 0.3)]
CALM = [(4000, 0.0, 0.0, 1.0)]
LOSSES = [(1500, 0.3, 0.0, 0.5), (1500, 0.6, 0.0, 0.5)]  # within [0, 1]

for keep in (0, 1):
    for seed, parts in enumerate((LEVELS, RAMP, FAR, FLAT, ERRORS, CALM)):
        for delta, clock, buckets, least, grace in ((0.002, 32, 5, 5, 10), (0.05, 1, 5, 5, 10), (0.3, 7, 2, 1, 1),
                                                    (1e-6, 100, 20, 30, 500)):
            o = dict(delta=delta, clock=clock, max_buckets=buckets, min_window_length=least, grace_period=grace)
            detector = KeptAdwin(**o) if keep else drift.ADWIN(**o)
            # River calls the sum of squares variance.
            case("adwin", 10 + seed, parts, (delta, clock, buckets, least, grace, keep), detector,
                 lambda d: (d.helper if keep else d._helper) and
                 [getattr(d.helper if keep else d._helper, f)() for f in ("get_width", "get_total", "get_variance")])

for seed, parts in enumerate((LEVELS, RAMP, FAR, FLAT, ERRORS, CALM)):
    for number, mode in enumerate(("up", "down", "both")):
        for least, delta, threshold, alpha in ((30, 0.005, 50.0, 0.9999), (5, 0.1, 8.0, 1.0), (100, 0.0, 12.0, 0.99)):
            case("page_hinkley", 20 + seed, parts, (least, delta, threshold, alpha, number),
                 drift.PageHinkley(min_instances=least, delta=delta, threshold=threshold, alpha=alpha, mode=mode),
                 lambda d: (d._sum_increase - d._min_increase, d._max_decrease - d._sum_decrease, d._x_mean.get()))

for seed, parts in enumerate((ERRORS, LOSSES, [(500, 0.0), (500, 0.02)], [(300, 1.0), (300, 0.9)])):
    for warm, warning, far in ((30, 2.0, 3.0), (100, 1.5, 1.5), (0, 1.0, 4.0)):
        case("ddm", 30 + seed, parts, (warm, warning, far),
             drift.binary.DDM(warm_start=warm, warning_threshold=warning, drift_threshold=far), lambda d: (d._p.get(),))

for seed, parts in enumerate((LEVELS[:3], RAMP[:2], [(400, 0.0, 0.0, 1.0), (400, 0.0, 0.0, 3.0)], ERRORS[:1])):
    for alpha, size, stat, draws, keep in ((0.005, 100, 30, 0, 0), (0.0005, 100, 30, 2**40 + 7, 1), (0.02, 60, 30, 1, 0)):
        case("kswin", 40 + seed, parts, (alpha, size, stat, draws, keep), Kswin(alpha, size, stat, draws, keep),
             lambda d: () if d.p_value is None else (float(d.p_value), len(d.window)), every=97)

for seed, parts in enumerate((ERRORS, LOSSES, [(500, 0.0), (500, 0.02)], [(300, 1.0), (300, 0.9)], [(3000, 0.3)])):
    for far, warning, both in ((0.001, 0.005, 0), (0.001, 0.005, 1), (0.05, 0.2, 1)):
        case("hddm_a", 50 + seed, parts, (far, warning, both),
             drift.binary.HDDMA(drift_confidence=far, warning_confidence=warning, two_sided_test=bool(both)),
             lambda d: (d._z.get(),))
out.close()
