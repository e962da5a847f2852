#!/usr/bin/env bash
# Mutation testing of one crate by its own unit tests: fails where a mutant survives that
# tests/mutants/explained/CRATE.txt does not explain.
#
#   tests/mutants.sh CRATE [ARGS]   stats, gate, or another crate that needs no network; ARGS go to tests/mutants:
#                                   --only TEXT (mutants whose names contain it), --longest SECONDS
#   tests/mutants.sh CRATE left     those that it cannot switch, by cargo-mutants, one build for each
#
# Works on a copy in target/mutants. Needs cargo-mutants.
set -euo pipefail
cd "$(dirname "$0")/.."
crate=${1:?which crate?} home=$PWD
copy=$home/target/mutants/$crate name=groundgate-$crate
[ -d "crates/$name" ] || { echo "there is no crates/$name" >&2; exit 2; }

if [ "${2:-}" = left ]; then
  cd "$copy"
  [ -s "crates/$name/left.txt" ] || { echo "none left"; exit 0; }
  rm -rf "crates/$name/src" && cp -r "$home/crates/$name/src" "crates/$name/"
  only=$(sed 's/[][\.^$*+?(){}|/-]/\\&/g' "crates/$name/left.txt" | paste -sd'|')
  exec cargo mutants --in-place --baseline skip --timeout 60 --re "$only" -- --lib
fi

# A workspace of the one crate, above the other crates as they are.
mkdir -p "$copy/crates"
for file in *; do
  case $file in Cargo.* | crates | src | target) ;; *) ln -sfn "$home/$file" "$copy/$file" ;; esac
done
if [ -d "$home/../shared" ]; then ln -sfn "$home/../shared" "$copy/../shared"; fi
sed -n '/^\[workspace\]/,$p' Cargo.toml |
  sed -e "s|members = .*|members = [\"crates/$name\"]|" -e "s|path = \"crates/|path = \"$home/crates/|" > "$copy/Cargo.toml"
cp Cargo.lock "$copy/"
rm -rf "${copy:?}/crates/$name" && cp -r "crates/$name" "$copy/crates/"

cargo build --quiet --release --manifest-path tests/mutants/Cargo.toml
cd "$copy"
cargo mutants --list --json > mutants.json
CARGO_TARGET_DIR=$copy/target "$home/tests/mutants/target/release/mutants" \
  "crates/$name" mutants.json "$home/tests/mutants/explained/$crate.txt" "${@:2}"
