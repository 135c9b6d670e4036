#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trains a model on a table and scores the table in all three ways:
#
#   examples/demo.sh                          on a made-up table of students
#   examples/demo.sh table.csv [column]       on your own; the column to predict is the last one if none is named
set -euo pipefail
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n 's/^# \{0,1\}//; 3,6p' "${BASH_SOURCE[0]}"
  exit 0
fi
if [[ -n ${1:-} && ! -r $1 ]]; then
  echo "demo.sh: cannot read $1" >&2
  exit 1
fi
input=${1:+$(realpath -- "$1")}
target=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/install-deps.sh examples
cmake -S . -B build/demo -G Ninja -D CMAKE_BUILD_TYPE=Release -D PENSTOCK_COMPONENTS="eigen;json" \
  -D PENSTOCK_BUILD_TESTS=OFF -D PENSTOCK_BUILD_BENCHMARKS=OFF -D PENSTOCK_BUILD_EXAMPLES=ON >/dev/null
cmake --build build/demo --target generate_students train_model unified_pipeline

programs=build/demo/examples
mkdir -p artifacts
if [[ -z $input ]]; then
  input=artifacts/made_up_students.csv
  "$programs/generate_students/generate_students" --rows 20000 --seed 42 --output "$input"
fi
if [[ -z $target ]]; then
  header=$(head -n 1 "$input" | tr -d '\r')
  target=${header##*,}
fi

"$programs/train_model/train_model" --input "$input" --target "$target" --model artifacts/model.json
"$programs/unified_pipeline/unified_pipeline" --mode both --input "$input" --target "$target" \
  --model artifacts/model.json --output-dir artifacts --rate 20000 --queue-max 4096
echo
ls -l artifacts
