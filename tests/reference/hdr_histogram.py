# SPDX-License-Identifier: MIT
# Asks the Python port of HdrHistogram (pip: hdrhistogram 0.10.8) where values go. Makes hdr_histogram.txt beside it:
#   case DIGITS LOWEST HIGHEST INTERVAL SEED N   N values by the generator below, recorded corrected for INTERVAL
#   total COUNT                                   in range, with those that the correction added
#   quantile PER_MILLE VALUE                      where ceil and round agree on the rank
#   bucket LOWEST_VALUE HIGHEST_VALUE COUNT
import pathlib

from hdrh.histogram import HdrHistogram

lines = []
for digits, lowest, highest, interval, seed, n in [
        (3, 1, 3_600_000_000_000, 0, 1, 1000), (1, 1, 1_000_000_000, 0, 2, 1000),
        (2, 1000, 3_600_000_000_000, 0, 3, 1000), (4, 1, 10_000_000, 0, 4, 400), (5, 7, 100_000_000_000, 0, 5, 200),
        (2, 1, 3_600_000_000_000, 100_000, 6, 100), (1, 10, 1_000_000_000, 12_345, 7, 100)]:
    histogram = HdrHistogram(lowest, highest, digits)
    state = seed
    for _ in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        value = (state >> 33) >> ((state >> 20) % 31)
        if value <= highest:
            histogram.record_value(value)
            # The loop of HdrHistogram in Java and C; the port's own also counts the rest that is below the interval.
            missed = value - interval
            while interval > 0 and missed >= interval:
                histogram.record_value(missed)
                missed -= interval
    lines.append(f"case {digits} {lowest} {highest} {interval} {seed} {n}")
    lines.append(f"total {histogram.total_count}")
    if histogram.total_count == 1000:
        for per_mille in list(range(0, 1000, 50)) + [1, 999, 1000]:
            lines.append(f"quantile {per_mille} {histogram.get_value_at_percentile(per_mille / 10)}")
    for item in histogram.get_recorded_iterator():
        if item.count_at_value_iterated_to:
            at = item.value_iterated_to
            lines.append(f"bucket {histogram.get_lowest_equivalent_value(at)} "
                         f"{histogram.get_highest_equivalent_value(at)} {item.count_at_value_iterated_to}")

pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")
