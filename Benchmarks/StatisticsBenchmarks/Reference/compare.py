#!/usr/bin/env python3
"""Times scipy, numpy and statsmodels on the jobs of StatisticsBenchmarks, in the same run.

    swift build -c release --product StatisticsBenchmarks
    python3 Benchmarks/StatisticsBenchmarks/Reference/compare.py .build/release/StatisticsBenchmarks

Processor time of one thread, medians; prints a Markdown table. Needs numpy and scipy; statsmodels
where it is installed. spotify-confidence isn't timed: its 2,350 ms for 40 looks were measured apart.
"""
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import statistics
import subprocess
import sys
import time

import numpy as np
from scipy import stats


def median_ms(rounds, job):
    job()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def references():
    rng = np.random.default_rng(1)
    found = {}
    a, b = rng.normal(0.01, 1, 1_000_000), rng.normal(0, 1, 1_000_000)
    found["mann_whitney_1e6"] = (
        "scipy mannwhitneyu", median_ms(3, lambda: stats.mannwhitneyu(a, b, method="asymptotic")))
    c, d = rng.normal(0.1, 1, 2_000), rng.normal(0, 1, 2_000)

    def all_pairs():
        differences = np.subtract.outer(c, d).ravel()
        np.median(differences)
        np.partition(differences, 10_000)

    found["hodges_lehmann_2000"] = ("numpy, all pairs", median_ms(5, all_pairs))

    x1 = rng.integers(0, 400, 10_000)
    x2 = rng.integers(2_000, 2_500, 10_000)

    def two_proportions():
        n1, n2 = 10_000, 90_000
        p1, p2 = x1 / n1, x2 / n2
        pooled = (x1 + x2) / (n1 + n2)
        z = (p1 - p2) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        stats.norm.sf(np.abs(z))

    found["two_proportions_10000"] = ("numpy, z and p only", median_ms(7, two_proportions))

    values = np.exp(rng.normal(0, 1, 100_000))
    few = 100

    def bootstrap():
        stats.bootstrap(
            (values,), lambda v, axis=-1: np.quantile(v, 0.99, axis=axis), n_resamples=few,
            method="percentile", vectorized=True, batch=10)

    # Percentile intervals of 100 resamples, times 100: BCa's jackknife would take hours.
    found["bootstrap_p99_1e5"] = (
        "scipy bootstrap, percentile, scaled", median_ms(1, bootstrap) * (10_000 / few))

    try:
        import statsmodels.api as sm
    except ImportError:
        sm = None
    n = 100_000
    x = np.column_stack([np.ones(n)] + [rng.normal(size=n) for _ in range(9)])
    y = 1 + 0.5 * x[:, 1] + rng.normal(size=n)
    groups = np.arange(n) % 200
    if sm is not None:
        found["ols_cluster_1e5x10"] = ("statsmodels", median_ms(5, lambda: sm.OLS(y, x).fit(
            cov_type="cluster", cov_kwds={"groups": groups}).bse))
        found["ols_hc3_1e5x10"] = (
            "statsmodels", median_ms(5, lambda: sm.OLS(y, x).fit(cov_type="HC3").bse))
    else:
        def plain():
            b = np.linalg.lstsq(x, y, rcond=None)[0]
            scores = x * (y - x @ b)[:, None]
            sums = np.zeros((200, 10))
            np.add.at(sums, groups, scores)
            bread = np.linalg.inv(x.T @ x)
            bread @ (sums.T @ sums) @ bread
        found["ols_cluster_1e5x10"] = ("numpy", median_ms(5, plain))
    found["spending_bounds_40_looks"] = ("spotify-confidence, recorded", 2_350.0)
    return found


def main():
    lines = subprocess.run(
        [sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines()
    ours = {name: float(value) for name, value in (line.split("\t") for line in lines)}
    found = references()
    print("| job | ms | reference | ms | ratio |")
    print("| --- | ---: | --- | ---: | ---: |")
    for name, value in ours.items():
        label, other = found.get(name, ("", None))
        ratio = f"{other / value:.1f}" if other else ""
        print(f"| {name} | {value:.3f} | {label} | {f'{other:.2f}' if other else ''} | {ratio} |")


if __name__ == "__main__":
    main()
