#!/usr/bin/env bash
# Branch coverage and mutation testing of one of the rooms that decide, by its own tests.
#
#   tests/kernel.sh gate|stats coverage [ARGS]   branches that no test takes, and fails where there is one;
#                                                ARGS go to cargo-llvm-cov
#   tests/kernel.sh gate|stats mutants [ARGS]    mutants that no test notices and nothing explains, and fails
#                                                where there is one; ARGS go to tests/mutants
#   tests/kernel.sh gate|stats left [ARGS]       those that `mutants` leaves to cargo-mutants; ARGS go there
#
# Both work on target/kernel: a crate of just that room, above one of the rooms that it stands on. It
# builds in seconds where the whole takes minutes. Needs cargo-llvm-cov, cargo-mutants, and LLVM's
# tools of rustc's own version (LLVM_COV, LLVM_PROFDATA).
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD room=${1:-} kernel=$PWD/target/kernel/${1:-}
case "$room" in
  gate) below="chat copilot diagnostic eval_set number stats toml_reader transport trial unit" ;;
  stats) below="unit" ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

crate() { # folder, rooms
  mkdir -p "$1/src"
  sed -e '/^\[\[/,/^$/d' -e '/^\[lib\]/,/^$/d' -e '/^exclude/d' Cargo.toml > "$1/Cargo.toml"
  for room in $2; do
    rm -rf "${1:?}/src/$room"
    if [ -d "src/$room" ]; then cp -r "src/$room" "$1/src/"; else cp "src/$room.rs" "$1/src/"; fi
  done
  { echo '//! Rooms.'; for room in $2; do echo "pub mod $room;"; done; } > "$1/src/lib.rs"
}
crate "$kernel/below" "$below"
sed -i 's/^name = .*/name = "below"/' "$kernel/below/Cargo.toml"
crate "$kernel" "$1"
sed -i '/^\[dependencies\]/a below = { path = "below" }' "$kernel/Cargo.toml"
echo "pub use below::{${below// /, }};" >> "$kernel/src/lib.rs"
cp Cargo.lock "$kernel/"
for file in docs gate.toml; do ln -sfn "$home/$file" "$kernel/$file"; done
if [ -d "$home/../shared" ]; then ln -sfn "$home/../shared" "$kernel/../shared"; fi
cd "$kernel"

case "${2:-}" in
  coverage)
    # Branches are counted by a compiler option that is not stable yet.
    export RUSTC_BOOTSTRAP=1 LLVM_COV="${LLVM_COV:-llvm-cov-22}" LLVM_PROFDATA="${LLVM_PROFDATA:-llvm-profdata-22}"
    cargo llvm-cov --branch --lib --ignore-filename-regex 'tests?\.rs|/below/' \
      --json --output-path branches.json "${@:3}"
    python3 "$home/tests/untaken.py" branches.json
    ;;
  mutants)
    # All that compile in one program beside the untouched crate; the rest is left to cargo-mutants.
    cargo mutants --list --json > mutants.json
    rm -rf switched && mkdir switched
    cp -r src Cargo.lock switched/ && cp -P docs gate.toml switched/
    sed 's|path = "below"|path = "../below"|' Cargo.toml > switched/Cargo.toml
    cargo build --quiet --release --manifest-path "$home/tests/mutants/Cargo.toml"
    CARGO_TARGET_DIR=$PWD/target "$home/tests/mutants/target/release/mutants" switched mutants.json \
      "$home/tests/mutants/explained.txt" "${@:3}"
    ;;
  left)
    cargo mutants --in-place --baseline skip --timeout 60 --re "$(sed 's/[][\.^$*+?(){}|/-]/\\&/g' switched/left.txt | paste -sd'|')" "${@:3}" -- --lib
    ;;
  *) exit 2 ;;
esac
