#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads one CSV file with penstock and its peers in turn, on one core, and prints medians.

    benchmarks/csv/compare.py build/bench/benchmarks/csv/penstock_bench_csv

The peer is pandas' read_csv(chunksize=10000) in the Python that runs this. polars and pyarrow, one thread each, are
taken from --peer-python, for example a virtual environment; what cannot be imported is left out, and said so. Every
round starts a new process for each reader, in turn, so that whatever else the machine does meets all of them.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def read_pandas(path):
    import pandas
    return lambda: sum(len(chunk) for chunk in pandas.read_csv(path, chunksize=10000))


def read_polars(path):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars
    return lambda: len(polars.read_csv(path, schema_overrides={"country": polars.Categorical}))


def read_pyarrow(path):
    import pyarrow
    from pyarrow import csv
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    options = csv.ReadOptions(use_threads=False)
    convert = csv.ConvertOptions(auto_dict_encode=True)
    return lambda: len(csv.read_csv(path, read_options=options, convert_options=convert))


PEERS = {"pandas": read_pandas, "polars": read_polars, "pyarrow": read_pyarrow}


def work(name, path):
    """One timed reading, without the time of the import."""
    read = PEERS[name](path)
    start, cpu = time.perf_counter(), time.process_time()
    rows = read()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    with open("/proc/self/status") as status:
        rss_mib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "rows": rows, "rss_mib": rss_mib}))


def check_with_pandas(path):
    """What penstock_bench_csv check prints, from pandas' values."""
    import numpy
    import pandas
    bits, ids, counts = numpy.zeros(8, dtype=numpy.uint64), 0, {}
    for chunk in pandas.read_csv(path, chunksize=100000, keep_default_na=False, float_precision="round_trip"):
        for i in range(8):
            bits[i] ^= numpy.bitwise_xor.reduce(chunk[f"x{i}"].to_numpy().view(numpy.uint64))
        ids += int(chunk["id"].sum())
        for country, count in chunk["country"].value_counts().items():
            counts[country] = counts.get(country, 0) + int(count)
    lines = [f"{int(x):016x}" for x in bits] + [str(ids)] + [f"{c} {n}" for c, n in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def version(python, package):
    command = [python, "-c", f"import {package}; print({package}.__version__)"]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="penstock_bench_csv, or with --worker the file")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has polars and pyarrow")
    parser.add_argument("--only-ours", action="store_true", help="no peers: for the memory of a large file")
    parser.add_argument("--folder", help="where the table is put, and removed from again")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return work(args.worker, args.program)

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, for the children too
    readers = {"penstock": lambda path: [args.program, "read", path]}
    for name, python in [("pandas", sys.executable), ("polars", args.peer_python), ("pyarrow", args.peer_python)]:
        found = None if args.only_ours else version(python, name)
        if found:
            readers[f"{name} {found}"] = lambda path, name=name, python=python: [python, __file__, path, "--worker", name]
        elif not args.only_ours:
            print(f"LEFT OUT: {name}, which {python} cannot import")

    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = os.path.join(folder, "table.csv")
        subprocess.run([args.program, "generate", path, str(args.rows)], check=True)
        size = os.path.getsize(path)
        if not args.only_ours and version(sys.executable, "pandas"):
            ours = subprocess.run([args.program, "check", path], check=True, capture_output=True, text=True).stdout
            if ours != check_with_pandas(path):
                sys.exit("the values differ from those of pandas")
            print("all values are those of pandas, to the last bit")

        results = {name: [] for name in readers}
        for _ in range(args.rounds):
            for name, command in readers.items():
                run = subprocess.run(command(path), check=True, capture_output=True, text=True)
                results[name].append(json.loads(run.stdout))
                if results[name][-1]["rows"] != args.rows:
                    sys.exit(f"{name} read {results[name][-1]['rows']} rows of {args.rows}")

    def median(name, key):
        return statistics.median(run[key] for run in results[name])

    print(f"{args.rows} rows, {size / 1e6:.1f} MB, medians of {args.rounds} rounds in turn, on one core")
    print(f"{'':18}{'wall s':>8}{'cpu s':>8}{'MB/cpu s':>10}{'wall ratio':>12}{'cpu ratio':>11}{'peak RSS MiB':>14}")
    for name in readers:
        wall, cpu = median(name, "seconds"), median(name, "cpu_seconds")
        print(f"{name:18}{wall:8.3f}{cpu:8.3f}{size / 1e6 / cpu:10.0f}{wall / median('penstock', 'seconds'):12.2f}"
              f"{cpu / median('penstock', 'cpu_seconds'):11.2f}{median(name, 'rss_mib'):14.0f}")


if __name__ == "__main__":
    main()
