#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trains a model on a table and scores the table in all three ways:
#
#   examples/demo.sh                          on a made-up table of students
#   examples/demo.sh table.csv [column]       on your own; the column to predict is the last one if none is named
set -euo pipefail
input=${1:+$(realpath "$1")}
target=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/install-deps.sh examples
cmake -S . -B build/demo -G Ninja -D CMAKE_BUILD_TYPE=Release -D PENSTOCK_COMPONENTS="eigen;json" \
  -D PENSTOCK_BUILD_TESTS=OFF -D PENSTOCK_BUILD_BENCHMARKS=OFF -D PENSTOCK_BUILD_EXAMPLES=ON >/dev/null
cmake --build build/demo

programs=build/demo/examples
mkdir -p artifacts
if [[ -z $input ]]; then
  input=artifacts/students.csv
  "$programs/generate_students/generate_students" --rows 20000 --seed 42 --output "$input"
fi
if [[ -z $target ]]; then
  header=$(head -n 1 "$input" | tr -d '\r')
  target=${header##*,}
fi

"$programs/train_model/train_model" --input "$input" --target "$target" --model artifacts/model.json
"$programs/unified_pipeline/unified_pipeline" --mode both --input "$input" --target "$target" \
  --model artifacts/model.json --output-dir artifacts --rate 20000 --queue-max 64
echo
ls -l artifacts
