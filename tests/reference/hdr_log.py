# SPDX-License-Identifier: MIT
# Asks the Python port of HdrHistogram (pip: hdrhistogram 0.10.8) for logs. Makes beside it:
#   hdr_log.txt   what that port reads from the two logs named below, which are test files of HdrHistogram for Java
#                 (src/test/resources/org/HdrHistogram, public domain) and are kept as they are:
#       log FILE
#       interval TAG START_S LENGTH_S COUNT P50 P999 MAX     P999 is -1 where the port's rounding of the rank, unlike
#                                                            that of HdrHistogram itself, is not up
#   hdr_log_python.hlog   a log that the port wrote, with the same figures under `log hdr_log_python.hlog`
# With a file as its argument, prints the figures of that log instead: for a look at a log of ours.
import math
import pathlib
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

here = pathlib.Path(__file__).parent


def figures(path):
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000_000, 3))
    lines = [f"log {path.name}"]
    while (h := reader.get_next_interval_histogram()) is not None:
        start, end = h.get_start_time_stamp(), h.get_end_time_stamp()
        rank = h.get_total_count() * 0.999
        p999 = h.get_value_at_percentile(99.9) if math.ceil(rank) == int(rank + 0.5) else -1
        lines.append(f"interval {h.get_tag() or '-'} {start / 1000:.3f} {(end - start) / 1000:.3f} {h.get_total_count()} "
                     f"{h.get_value_at_percentile(50)} {p999} {h.get_max_value()}")
    reader.close()
    return lines


if len(sys.argv) > 1:
    print("\n".join(figures(pathlib.Path(sys.argv[1]))))
    sys.exit()

with open(here / "hdr_log_python.hlog", "w") as file:
    writer = HistogramLogWriter(file)
    writer.output_comment("[Logged with the Python port]")
    writer.output_log_format_version()
    # By hand: the port's output_start_time raises.
    file.write("#[StartTime: 1700000000.000 (seconds since epoch), 2023-11-14]\n")
    writer.output_legend()
    state = 5
    for i, digits in enumerate([3, 2, 1, 4, 5, 3]):
        histogram = HdrHistogram(1 if i != 1 else 1000, 3_600_000_000_000, digits)
        histogram.set_start_time_stamp(1_700_000_000_000 + 1000 * i)
        histogram.set_end_time_stamp(1_700_000_000_000 + 1000 * (i + 1))
        for _ in range(0 if i == 2 else 300):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            histogram.record_value((state >> 33) >> ((state >> 20) % 31))
        writer.output_interval_histogram(histogram)
    writer.close()

(here / "hdr_log.txt").write_text("\n".join(
    sum((figures(here / name) for name in ["hdr_log_jhiccup.hlog", "hdr_log_tagged.hlog", "hdr_log_python.hlog"]), [])) +
                                  "\n")
