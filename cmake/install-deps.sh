#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what penstock needs from the distribution's packages, and only what is missing:
#
#   cmake/install-deps.sh [build | examples | test | bench | docs | ci]...     (test, if nothing is named)
set -euo pipefail

build=(g++ cmake ninja-build)
examples=("${build[@]}" libeigen3-dev nlohmann-json3-dev libcli11-dev gnuplot-nox libcpp-httplib-dev)
test=("${examples[@]}" catch2 libxtensor-dev zlib1g-dev pkg-config python3-prometheus-client)
bench=("${build[@]}" libeigen3-dev libxtensor-dev nlohmann-json3-dev libcli11-dev libbenchmark-dev libboost-dev libtbb-dev libconcurrentqueue-dev libreaderwriterqueue-dev libfmt-dev rapidjson-dev libxgboost-dev python3-pandas python3-scipy python3-sklearn)
docs=(doxygen)
ci=("${test[@]}" "${docs[@]}" ccache clang-16 libclang-rt-16-dev clang-format-16 git shellcheck)

wanted=()
for group in "${@:-test}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    examples) wanted+=("${examples[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    docs) wanted+=("${docs[@]}") ;;
    ci) wanted+=("${ci[@]}") ;;
    *)
      echo "install-deps: there is no group $group, the groups are build, examples, test, bench, docs, ci" >&2
      exit 2
      ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install-deps: this system has no apt (made for Debian 12 and Ubuntu 24.04); install by hand: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed || " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "install-deps: all packages for ${*:-test} are there"
  exit 0
fi

sudo=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-deps: neither root nor sudo; as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null >"$log" 2>&1; }
if ! apt update || ! apt install -y --no-install-recommends "${missing[@]}"; then
  cat "$log" >&2
  echo "install-deps: apt-get failed, see above" >&2
  exit 1
fi
