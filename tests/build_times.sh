#!/usr/bin/env bash
# What builds cost: rows of a table, as docs/decisions/0015-workspace.md has it. Takes half an hour on two idle cores.
#
#   tests/build_times.sh [TARGET]    TARGET: a folder for what is built (target/build-times), emptied before clean builds
#
# CPU is user and system time of all processes. A rebuild is one after one more line in the file, which is put back.
# Everything is built --offline, so that no download is measured: run `cargo fetch` before.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${1:-$PWD/target/build-times} CARGO_TERM_QUIET=true
TIMEFORMAT='%U %S %R'
touched=
trap '[ -z "$touched" ] || mv "$touched.before" "$touched"' EXIT

row() { # NAME COMMAND…
  local name=$1 times
  shift
  times=$({ time "$@" >/dev/null 2>"$CARGO_TARGET_DIR.log"; } 2>&1) || { cat "$CARGO_TARGET_DIR.log" >&2; exit 1; }
  awk -v name="$name" '{ printf "| %s | %.1f | %.1f |\n", name, $1 + $2, $3 }' <<<"$times"
}

clean() { rm -rf "$CARGO_TARGET_DIR"; }

touch_and() { # NAME FILE LINE COMMAND…
  local name=$1 file=$2 line=$3
  shift 3
  cp "$file" "$file.before"
  touched=$file
  printf '%s\n' "$line" >>"$file"
  row "$name" "$@"
  mv "$file.before" "$file"
  touched=
  "$@" >/dev/null 2>&1 # so that the next one begins where this one began
}

printf '| what | CPU, s | wall, s |\n|---|---|---|\n'
clean
row 'clean debug build' cargo build --offline --locked
template=reports/report.html
rule=$(find crates/groundgate-gate/src/rules -name 'mean*.rs' | sort | head -1)
transport=crates/groundgate-endpoints/src/transport/client.rs
touch_and 'the same after a line of a report template' "$template" '<!-- one more line -->' cargo build --offline --locked
touch_and 'the same after a line of a rule' "$rule" 'const _: u8 = 1;' cargo build --offline --locked
touch_and 'the same after a line of the transport' "$transport" 'const _: u8 = 1;' cargo build --offline --locked
clean
row 'tests of groundgate-gate built, clean' cargo test --offline --locked -p groundgate-gate --no-run
touch_and 'the same after a line of a rule' "$rule" 'const _: u8 = 1;' cargo test --offline --locked -p groundgate-gate --no-run
row 'tests of groundgate-gate run' cargo test --offline --locked -p groundgate-gate
clean
row 'tests of groundgate-stats built, clean' cargo test --offline --locked -p groundgate-stats --no-run
row 'tests of groundgate-stats run' cargo test --offline --locked -p groundgate-stats
clean
row 'clean release build' cargo build --offline --locked --release
clean

printf '\n| crate | packages in its build, itself included |\n|---|---|\n'
for crate in stats model judge gate report endpoints record run app view; do
  printf '| groundgate-%s | %s |\n' "$crate" \
    "$(cargo tree --offline --locked -p "groundgate-$crate" -e normal,build --prefix none | awk '{ print $1, $2 }' | sort -u | wc -l)"
done
