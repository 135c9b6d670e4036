#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the tests need, builds them and runs them. Arguments go to ctest: tests/run.sh -R core
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/install-deps.sh test
cmake --preset dev ${PENSTOCK_TEST_DATA:+-D "PENSTOCK_TEST_DATA=$PENSTOCK_TEST_DATA"}
cmake --build --preset dev
ctest --preset dev --parallel "$(nproc)" "$@"
