# `just` lists the recipes; `just check` is what CI runs.

default:
    @just --list

# format, lints, documentation, dependencies, all tests, figures: everything before a commit
check:
    ./.ci/run

# all tests, with what they need installed
test:
    ./tests/run.sh

# formatting and what clippy can mend by itself
fix:
    cargo fmt
    cargo clippy --workspace --fix --allow-dirty --all-targets

# figures of the documents that a release build tells: compare, or write with `just figures --write`
figures *args:
    ./tests/figures.sh {{args}}

# look at changed snapshots
review:
    cargo insta review

# the main job on embedded defaults
demo:
    cargo run --release -- demo

# gates on real recorded answers (docs/field-data.md)
field-data data="../shared/data":
    cargo build --release
    cargo run --release --example field_data -- {{data}} target/release/groundgate

# changes of real answers that cannot change their truth: what moves, for the ledger with a judge that is right about words
# and, with GROUNDGATE_EMBEDDED=1, for the embedded judge (docs/statements.md)
metamorphic data="../shared/data":
    zcat {{data}}/azure_ragchat_runs.jsonl.gz | grep '"subset":"baseline",' > target/answers.jsonl
    GROUNDGATE_ANSWERS="$PWD/target/answers.jsonl" cargo test -p groundgate-judge --lib real_answers -- --ignored --nocapture

# calls a second, CPU per call, memory (docs/performance.md)
bench:
    cargo bench --bench throughput

# the statistics engine beside scipy, and `gate` on a million trials (docs/statistics.md)
statistics:
    python3 benches/statistics.py

# change judges' replies towards unseen code for so many seconds: no panic, no malformed reply accepted
# (needs cargo-fuzz; RUSTC_BOOTSTRAP lets the stable compiler count what was seen)
fuzz-replies seconds="3600":
    mkdir -p fuzz/corpus
    RUSTC_BOOTSTRAP=1 cargo fuzz run replies --sanitizer none fuzz/corpus fuzz/seeds -- -dict=fuzz/replies.dict -max_len=2000 -max_total_time={{seconds}}

# branches of a crate that its own unit tests do not take (docs/decisions/0012)
coverage crate="gate" *args:
    ./tests/coverage.sh {{crate}} {{args}}

# mutants of a crate that its own unit tests do not notice and nothing explains: `just mutants stats --only sequential`
# (docs/decisions/0012)
mutants crate="gate" *args:
    ./tests/mutants.sh {{crate}} {{args}}

# 100 labels of people and the embedded judge on the rest, the models of RAGTruth as copilots (docs/judges.md)
labels-go-further data="../shared/data":
    cargo run --release --example labels_go_further -- {{data}}/ragtruth_train.jsonl.gz

# simulated error rates of the defaults; writes docs/error-rates.md and docs/images
error-rates:
    cargo bench --bench error_rates

# the viewer on a million trials, the report of 5,000 cases (docs/performance.md)
view:
    cargo build --release
    python3 benches/view.py

# kill -9 at so many random points of everything that writes (200 in CI)
kills n="1000":
    GROUNDGATE_KILLS={{n}} cargo nextest run --workspace --test it -E 'test(/^kills::/)'

# pictures of the demo's report and viewer, for the README
screenshots:
    cargo build --release
    ./tests/screenshots.sh

# every number recomputed from the raw export by another program, on so many pairs of random records
recompute pairs="50":
    cargo build --workspace
    target/test-venv/bin/python tests/it/recompute.py target/debug/groundgate records {{pairs}}

# so many generated answers judged and gated on Spark, by cores: answers a second, memory (docs/spark.md)
spark-bench rows="1000000" cores="1,2":
    cargo build --release --package groundgate-py
    mkdir -p target/python-release
    cp -R crates/groundgate-py/python/groundgate target/python-release/
    cp target/release/libgroundgate_py.so target/python-release/groundgate/_engine.abi3.so
    PYTHONPATH=target/python-release target/spark-venv/bin/python benches/spark.py {{rows}} {{cores}}
