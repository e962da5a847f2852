#!/usr/bin/env bash
# The figures that documents state and that only a build can tell: `tests/figures.sh` compares, and fails where
# a document is wrong; `tests/figures.sh --write` writes them. What a test can tell is in tests/it/figures.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
write=${1:-}
wrong=0

# figure NAME MEASURED TOLERANCE-PERCENT PAGE PATTERN: PATTERN is what stands before and after the number, as an
# extended regular expression with one group for what is before and one for what is after it.
figure() {
  local name=$1 measured=$2 tolerance=$3 page=$4 pattern=$5 stated
  stated=$(sed -nE "s/^.*${pattern/NUMBER/([0-9][0-9.,]*)}.*\$/\2/p" "$page" | tr -d , | head -1)
  if [ -z "$stated" ]; then
    echo "$page states no $name"
    wrong=1
  elif awk -v a="$stated" -v b="$measured" -v t="$tolerance" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= b * t / 100) }'; then
    echo "$name: $measured; $page says $stated"
  elif [ "$write" = --write ]; then
    sed -i -E "s/${pattern/NUMBER/[0-9][0-9.,]*}/\1$measured\2/" "$page"
    echo "$name: $measured; $page said $stated and is renewed"
  else
    echo "$name: $measured; $page says $stated, more than $tolerance % off: tests/figures.sh --write" >&2
    wrong=1
  fi
}

cargo build --release --locked --quiet
# The program as it is shipped, whose dependencies have no more features than it asks for: tests see more of them.
shipped=$(mktemp -d)
trap 'rm -rf "$shipped"' EXIT
if ! target/release/groundgate demo -o "$shipped/demo" >"$shipped/said" 2>&1; then
  tail -20 "$shipped/said" >&2
  echo "the release build cannot run its demo" >&2
  exit 1
fi
strip -o "$shipped/stripped" target/release/groundgate
bytes=$(wc -c <"$shipped/stripped")
figure "binary size in MB" "$(awk -v b="$bytes" 'BEGIN { printf "%.1f", b / 1e6 }')" 3 docs/performance.md \
  '(\| binary, stripped \| )NUMBER( MB \|)'

# Attributes are counted, so that no listing has to be built; a test in a table counts once.
tests=$(git ls-files '*.rs' | xargs grep -hE '^\s*#\[(tokio::)?test(\(.*)?\]' | wc -l)
figure "number of tests" "$tests" 10 CONTRIBUTING.md '(some )NUMBER( tests)'

exit "$wrong"
