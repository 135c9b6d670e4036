#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How often penstock_compare gives a false alarm on the same program, and how often it finds 5 % more work; of ten runs a
# file, made in turns, and of one:
#
#   benchmarks/compare/trial.sh build/bench/benchmarks/compare [trials]
set -euo pipefail
programs=$(realpath -- "${1:?the folder of penstock_compare and penstock_bench_planted}")
trials=${2:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() { # repetitions, file: what is in "slower" does 5 % more
  PLANTED_PERCENT=$([[ $2 == *slower ]] && echo 5 || echo 0) "$programs/penstock_bench_planted" \
    --benchmark_repetitions="$1" --benchmark_min_time=0.01 --benchmark_enable_random_interleaving=true \
    --benchmark_format=json >>"$2" 2>/dev/null
}
judge() { # old, new: counts that something is slower, and which rows
  local status=0
  "$programs/penstock_compare" "$1" "$2" >table || status=$?
  ((status != 2)) || exit 2
  awk '/  slower$/ { print $1 }' table >>"$2.rows"
  ((status == 0)) || echo >>"$2.count"
}
report() { # new, what it says
  printf '%s of %s%s\n' "$2 in $(wc -l <"$1.count")" "$trials trials" \
    "$(sort "$1.rows" | uniq -c | awk '{ printf "; %s in %s", $2, $1 }')"
}

touch {,one_}{same,slower}.{rows,count}
for ((i = 1; i <= trials; ++i)); do
  rm -f {,one_}{old,same,slower}
  for ((round = 0; round < 5; ++round)); do
    for file in old same slower slower same old; do run 3 $file; done
  done
  for file in one_old one_same one_slower; do run 20 $file; done
  for one in "" one_; do
    judge ${one}old ${one}same
    judge ${one}old ${one}slower
  done
done
report same "10 runs a file: the same program, an alarm"
report slower "10 runs a file: 5 % planted, found"
report one_same "1 run a file: the same program, an alarm"
report one_slower "1 run a file: 5 % planted, found"
