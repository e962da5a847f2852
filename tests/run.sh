#!/usr/bin/env bash
# All tests, on a fresh machine with just Rust: installs what they need, then runs them.
set -euo pipefail
cd "$(dirname "$0")/.."

need() { command -v "$1" >/dev/null 2>&1; }

# A browser for the tests of the HTML report, from Debian's packages where we may install.
if ! need chromium && need apt-get && [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
if need chromium; then export GROUNDGATE_REQUIRE_BROWSER=1; fi

# Checks of accessibility that are not ours: they must run in CI, and are skipped where npm reaches nothing.
if need npm; then
  [ -f target/axe/node_modules/axe-core/axe.min.js ] ||
    npm install --prefix target/axe --no-save --no-audit --no-fund --ignore-scripts --silent axe-core@4 ||
    [ -z "${CI:-}" ]
  if [ -n "${CI:-}" ]; then export GROUNDGATE_REQUIRE_AXE=1; fi
fi

# Servers that are not ours: a gateway that speaks OpenAI's API, and MLflow with what its scoring server
# needs (its own `mlflow` package would bring a tracking server along, which nothing here asks).
if need python3; then
  export GROUNDGATE_TEST_VENV="${GROUNDGATE_TEST_VENV:-$PWD/target/test-venv}"
  if [ ! -x "$GROUNDGATE_TEST_VENV/bin/litellm" ]; then
    python3 -m venv "$GROUNDGATE_TEST_VENV"
    "$GROUNDGATE_TEST_VENV/bin/pip" install --quiet "litellm[proxy]"
  fi
  if [ ! -x "$GROUNDGATE_TEST_VENV/bin/mlflow" ]; then
    "$GROUNDGATE_TEST_VENV/bin/pip" install --quiet mlflow-skinny pandas fastapi uvicorn cryptography
  fi
  # What the services themselves say of the recipes in ci/.
  if [ ! -x "$GROUNDGATE_TEST_VENV/bin/check-jsonschema" ]; then
    "$GROUNDGATE_TEST_VENV/bin/pip" install --quiet check-jsonschema databricks-bundles pre-commit pyyaml
  fi
fi

# MLflow's tracking server with its store, apart from the small client above.
if need python3; then
  export GROUNDGATE_MLFLOW_VENV="${GROUNDGATE_MLFLOW_VENV:-$PWD/target/mlflow-venv}"
  if [ ! -x "$GROUNDGATE_MLFLOW_VENV/bin/mlflow" ]; then
    python3 -m venv "$GROUNDGATE_MLFLOW_VENV"
    "$GROUNDGATE_MLFLOW_VENV/bin/pip" install --quiet mlflow
  fi
fi

# Others' verifiers of what we sign, apart from the servers: their dependencies get in each other's way.
if need python3; then
  export GROUNDGATE_SIGNING_VENV="${GROUNDGATE_SIGNING_VENV:-$PWD/target/signing-venv}"
  if [ ! -x "$GROUNDGATE_SIGNING_VENV/bin/sigstore" ]; then
    python3 -m venv "$GROUNDGATE_SIGNING_VENV"
    "$GROUNDGATE_SIGNING_VENV/bin/pip" install --quiet "securesystemslib[crypto]" in-toto-attestation sigstore
  fi
fi
# ssh-keygen signs approvals; strace shows what is started.
if need apt-get && [ "$(id -u)" = 0 ]; then
  for tool in ssh-keygen:openssh-client strace:strace; do
    need "${tool%%:*}" || apt-get install -y -qq --no-install-recommends "${tool##*:}" >/dev/null
  done
fi

# The Python module, as Python imports it (maturin packs the same library into wheels).
if need python3 && [ "$(uname)" = Linux ]; then
  cargo build --package groundgate-py --locked --quiet
  mkdir -p target/python
  cp -R crates/groundgate-py/python/groundgate target/python/
  cp target/debug/libgroundgate_py.so target/python/groundgate/_engine.abi3.so
  PYTHONPATH="$PWD/target/python" "$GROUNDGATE_TEST_VENV/bin/python" crates/groundgate-py/tests/test_groundgate.py
  ./tests/wheel.sh
fi

# Tables and Spark, with libraries of their own: pandas of another version than the servers'.
if need python3 && [ "$(uname)" = Linux ]; then
  export GROUNDGATE_SPARK_VENV="${GROUNDGATE_SPARK_VENV:-$PWD/target/spark-venv}"
  if [ ! -x "$GROUNDGATE_SPARK_VENV/bin/spark-submit" ]; then
    python3 -m venv "$GROUNDGATE_SPARK_VENV"
    "$GROUNDGATE_SPARK_VENV/bin/pip" install --quiet "pyspark>=4,<5" "pandas<3" pyarrow polars
  fi
  PYTHONPATH="$PWD/target/python" "$GROUNDGATE_SPARK_VENV/bin/python" crates/groundgate-py/tests/test_tables.py
  PYTHONPATH="$PWD/target/python" "$GROUNDGATE_SPARK_VENV/bin/python" crates/groundgate-py/tests/test_watch.py
  if ! need java && need apt-get && [ "$(id -u)" = 0 ]; then
    apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null
  fi
  if need java; then
    PYTHONPATH="$PWD/target/python" "$GROUNDGATE_SPARK_VENV/bin/python" crates/groundgate-py/tests/test_spark.py
  elif [ -n "${CI:-}" ]; then
    echo "there is no Java: the tests on Spark must run in CI" >&2
    exit 1
  else
    echo "SKIPPED: there is no Java; nothing is tested on Spark" >&2
  fi
fi

if need cargo-nextest; then
  # Without the examples, which clippy compiles: four more programs that hold everything.
  cargo nextest run --workspace --lib --bins --tests --profile "$([ -n "${CI:-}" ] && echo ci || echo default)"
  cargo test --workspace --doc --quiet
else
  cargo test --workspace --lib --bins --tests --quiet
  cargo test --workspace --doc --quiet
fi
