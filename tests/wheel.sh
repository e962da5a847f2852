#!/usr/bin/env bash
# The wheel: built by maturin, installed from its file into a fresh environment, and used as a newcomer would: from
# `pip install` to an answer on a table of 40 rows. `PROFILE=release ./tests/wheel.sh` builds the one that is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${GROUNDGATE_WHEEL_VENV:-$PWD/target/wheel-venv}"
maturin="$venv/bin/maturin"
if [ ! -x "$maturin" ]; then
  python3 -m venv "$venv"
  if ! "$venv/bin/pip" install --quiet "maturin>=1.9,<2"; then
    echo "SKIPPED: maturin cannot be installed here; the wheel is not tested" >&2
    [ -z "${CI:-}" ] && exit 0 || exit 1
  fi
fi

dist=target/wheel-dist
rm -rf "$dist"
"$maturin" build --quiet --profile "${PROFILE:-dev}" --locked --offline --out "$dist" \
  --manifest-path crates/groundgate-py/Cargo.toml --compatibility linux
wheel=$(ls "$dist"/*.whl)

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
began=$(date +%s%N)
python3 -m venv "$fresh/venv"
"$fresh/venv/bin/pip" install --quiet --no-index "$wheel"

# A newcomer's own table.
"$fresh/venv/bin/python" - "$fresh/answers.csv" <<'PY'
import csv, sys
with open(sys.argv[1], "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["question", "answer", "contexts"])
    for n in range(40):
        days = 14 if n % 8 else 99
        table.writerow([f"How long does refund {n} take?", f"Refunds are paid within {days} days.", "['Refunds are paid within 14 days.']"])
PY
cd "$fresh"
venv/bin/groundgate score answers.csv >score.txt 2>notes.txt
ended=$(date +%s%N)
grep -q "groundedness" score.txt
grep -q "99" score.txt
seconds=$(((ended - began) / 1000000))
echo "wheel: $(du -k "$OLDPWD/$wheel" | cut -f1) kB; from pip install to an answer $seconds ms"
[ "$seconds" -lt 60000 ]

# The command and the module are one engine: the same document from both, and one version.
venv/bin/groundgate score answers.csv --json >command.json 2>/dev/null
venv/bin/python - <<'PY'
import json, subprocess, sys, time
began = time.perf_counter()
import groundgate
took = time.perf_counter() - began
print(f"wheel: import {1000 * took:.0f} ms")
command = json.load(open("command.json"))
assert groundgate.score("answers.csv").to_dict() == command, "the module says something else"
said = subprocess.run(["venv/bin/groundgate", "--version"], capture_output=True, text=True, check=True).stdout
assert said.startswith(f"groundgate {groundgate.__version__}\ncommit: "), said
code = subprocess.run([sys.executable, "-m", "groundgate", "score", "nowhere.csv"], capture_output=True).returncode
assert code == 3, code
PY
