#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How often penstock_compare gives a false alarm on the same program, and how often it finds 5 % more work:
#
#   benchmarks/compare/trial.sh build/bench/benchmarks/compare [trials]
set -euo pipefail
programs=$(realpath -- "${1:?the folder of penstock_compare and penstock_bench_planted}")
trials=${2:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() { # file, percent of work planted
  PLANTED_PERCENT=$2 "$programs/penstock_bench_planted" --benchmark_repetitions=3 --benchmark_min_time=0.01 \
    --benchmark_enable_random_interleaving=true --benchmark_format=json >>"$1" 2>/dev/null
}
status() { "$programs/penstock_compare" "$@" >/dev/null && echo 0 || echo $?; }

alarms=0 found=0
for ((i = 1; i <= trials; ++i)); do
  rm -f old same slower
  for ((round = 0; round < 5; ++round)); do
    for file in old same slower slower same old; do
      run $file "$([[ $file == slower ]] && echo 5 || echo 0)"
    done
  done
  [[ $(status old same) == 0 ]] || ((++alarms))
  [[ $(status old slower) == 1 ]] && ((++found))
done
echo "same program: an alarm in $alarms of $trials trials"
echo "5 % planted: found in $found of $trials trials"
