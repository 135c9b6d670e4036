# SPDX-License-Identifier: MIT
# The jobs of writers.cpp with pandas: python3 writers_pandas.py [rows = 1000000] [file = /dev/null]
import statistics
import sys
import time

import numpy
import pandas

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
path = sys.argv[2] if len(sys.argv) > 2 else "/dev/null"
rng = numpy.random.default_rng(1)
table = pandas.DataFrame({
    "age": numpy.floor(rng.random(rows) * 80),
    "days": numpy.floor(rng.random(rows) * 2000),
    "minutes": numpy.round(rng.random(rows) * 1e4) / 10,
    "sessions": numpy.round(rng.random(rows) * 1e5) / 1000,
    "ratio": rng.random(rows),
    "engagement": rng.random(rows) * 100,
    "country": rng.choice(["US", "CA", "NA", "Germany"], rows),
    "score": rng.random(rows),
})
table["prediction"] = (table["score"] >= 0.5).astype(int)
records = pandas.DataFrame({
    "timestamp": 1709550930.123 + numpy.arange(rows) * 1e-3,
    "queue_latency_ms": table["engagement"],
    "score": table["score"],
    "prediction": table["prediction"],
})


def median(job):
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


csv = median(lambda: table.to_csv(path, index=False))
print(f"csv, 9 columns         pandas {pandas.__version__} to_csv  {rows / csv / 1e6:6.3f} M rows/s")
json = median(lambda: records.to_json(path, orient="records", lines=True, double_precision=15))
print(f"json lines, 4 members  pandas {pandas.__version__} to_json {rows / json / 1e6:6.3f} M rows/s")
