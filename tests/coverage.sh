#!/usr/bin/env bash
# Branch coverage of one crate by its own unit tests: prints every branch that none of them takes, and fails where there
# is one.
#
#   tests/coverage.sh CRATE [ARGS]   gate, stats, …; ARGS go to cargo-llvm-cov
#
# Needs cargo-llvm-cov and LLVM's tools of rustc's own version: rustup's llvm-tools, or LLVM_COV and LLVM_PROFDATA.
set -euo pipefail
cd "$(dirname "$0")/.."
crate=${1:?which crate?} name=groundgate-$1
[ -d "crates/$name" ] || { echo "there is no crates/$name" >&2; exit 2; }
# Distributions have the tools under LLVM's version.
version=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
if [ -z "${LLVM_COV:-}" ] && command -v "llvm-cov-$version" >/dev/null; then
  export LLVM_COV="llvm-cov-$version" LLVM_PROFDATA="llvm-profdata-$version"
fi
mkdir -p target/coverage
# Branches are counted by a compiler option that is not stable yet.
export RUSTC_BOOTSTRAP=1
cargo llvm-cov --branch --lib -p "$name" --json --output-path "target/coverage/$crate.json" "${@:2}"
python3 tests/untaken.py "target/coverage/$crate.json" "crates/$name"
