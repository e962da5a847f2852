#!/usr/bin/env bash
# Pictures of the demo's report and viewer for the README: `just screenshots`. Needs Chromium and a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${GROUNDGATE:-$PWD/target/release/groundgate}
images=$PWD/docs/images
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=

cd "$folder"
"$binary" init . >/dev/null
sed -i 's|^runs-dir.*|runs-dir = "demo/runs"|' groundgate.toml
SOURCE_DATE_EPOCH=1775700000 "$binary" demo -o demo >/dev/null

shoot() { # NAME WIDTH HEIGHT URL
  [ -n "$4" ] || exit 1
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/profile" \
    --virtual-time-budget=10000 --window-size="$2,$3" --screenshot="$folder/shot.png" "$4" >/dev/null 2>&1
  if command -v pngquant >/dev/null; then pngquant --force --output "$folder/shot.png" 64 "$folder/shot.png"; fi
  cp "$folder/shot.png" "$images/$1.png"
}

serve() { # COMMAND…
  [ -z "$server" ] || kill "$server"
  rm -f "$folder/url"
  "$binary" "$@" --json >"$folder/url" &
  server=$!
  until grep -q '}$' "$folder/url" 2>/dev/null; do sleep 0.1; done
  url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$folder/url")
}

shoot report 1280 1150 "file://$folder/demo/stale-numbers.html"
serve view
page=$(curl -s "$url")
run=$(grep -o 'name="run" value="[^"]*' <<<"$page" | head -1 | cut -d'"' -f4)
base=$(grep -o 'name="run" value="[^"]*' <<<"$page" | tail -1 | cut -d'"' -f4)
case=$(curl -s "${url}compare?run=$run&base=$base" | grep -o 'case?run=[^"]*' | head -1 | sed 's/&amp;/\&/g')
shoot view-runs 1200 700 "$url"
shoot view-case 1200 1000 "$url$case"
serve label "$run"
shoot view-label 1200 760 "$url"
