#!/usr/bin/env python3
"""The statistics engine's speed beside scipy's and numpy's, in one run: `python3 benches/statistics.py`.

Makes its own virtual environment under target/, measures scipy there, has cargo measure ours, and prints a Markdown
table with the bars. Every figure is CPU time on one core, the best of several, so that a busy machine does not decide.
"""

import json
import os
import pathlib
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
VENV = HOME / "target" / "statistics-venv"
ONE_CORE = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
}


def into_venv():
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not (VENV / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "numpy", "scipy"], check=True)
        (VENV / "done").touch()
    os.execve(python, [str(python), __file__, *sys.argv[1:]], os.environ | ONE_CORE)


def best(measured, times):
    import time

    found = []
    for _ in range(times):
        start = time.process_time()
        measured()
        found.append(1000 * (time.process_time() - start))
    return min(found)


def theirs():
    import numpy as np
    from scipy import stats

    random = np.random.default_rng(1)
    scores = np.where(random.random(10_000) < 0.8, 1.0, random.random(10_000))

    def bca(batch):
        return lambda: stats.bootstrap(
            (scores,), np.mean, n_resamples=10_000, batch=batch, method="BCa", confidence_level=0.9,
            vectorized=True, rng=np.random.default_rng(2),
        )

    sizes = random.integers(1, 9, 1_000)
    sums = random.random(1_000) * sizes

    def clusters():
        index = np.random.default_rng(3).integers(0, 1_000, (10_000, 1_000))
        ratios = sums[index].sum(axis=1) / sizes[index].sum(axis=1)
        return np.quantile(ratios, [0.05, 0.95])

    # The batch that suits scipy best.
    return {
        "bca_ms": min(best(bca(batch), 2) for batch in (100, 1_000)),
        "clusters_ms": best(clusters, 3),
        "versions": f"numpy {np.__version__}, scipy {__import__('scipy').__version__}",
    }


def ours():
    command = ["cargo", "bench", "--bench", "statistics"]
    run = subprocess.run(command, cwd=HOME, check=True, stdout=subprocess.PIPE, env=os.environ | ONE_CORE)
    return json.loads(run.stdout)


def main():
    into_venv()
    one, other = ours(), theirs()
    faster = other["bca_ms"] / one["bca_ms"]
    rows = [
        ("BCa interval of a mean, n = B = 10,000", one["bca_ms"], other["bca_ms"], f"{faster:.0f} times", "20 times",
         faster >= 20),
        ("cluster bootstrap, 1,000 clusters, B = 10,000", one["clusters_ms"], other["clusters_ms"],
         f"{one['clusters_ms']:.1f} ms", "10 ms", one["clusters_ms"] < 10),
        ("Dirichlet bound pair, 1,000 distinct values", one["dirichlet_ms"], None, f"{one['dirichlet_ms']:.2f} ms",
         "1 ms", one["dirichlet_ms"] < 1),
        ("`gate`: 1,000,000 trials, 10 rules, 50 slices", one["gate_ms"], None, f"{one['gate_ms'] / 1000:.1f} s", "3 s",
         one["gate_ms"] < 3_000),
        ("the same: memory at its peak", None, None, f"{one['gate_mb']:.0f} MB", "300 MB", one["gate_mb"] < 300),
    ]

    def shown(milliseconds):
        return "" if milliseconds is None else f"{milliseconds:.1f}"

    print(f"{other['versions']}; CPU time of one core, the best of several\n")
    print("| what | ours, ms | numpy/scipy, ms | figure | bar | met |")
    print("|---|---|---|---|---|---|")
    for what, mine, its, figure, bar, met in rows:
        print(f"| {what} | {shown(mine)} | {shown(its)} | {figure} | {bar} | {'yes' if met else 'NO'} |")


main()
