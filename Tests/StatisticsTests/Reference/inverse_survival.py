#!/usr/bin/env python3
"""Golden points x with P(X > x) = p, as lines of InverseSurvivalTests.swift.

    python3 Tests/StatisticsTests/Reference/inverse_survival.py

Found by mpmath with 40 digits, by bisection of the logarithm of the tail.
"""
from mpmath import mp, mpf, log, erfc, sqrt, gammainc, betainc, nstr, inf

mp.dps = 40


def root(tail, p, low, high):
    target = log(p)
    for _ in range(150):
        middle = (low + high) / 2 if high - low < 1 or low <= 0 else sqrt(low * high)
        if log(tail(middle)) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_tail(nu):
    return lambda t: betainc(nu / 2, mpf(1) / 2, 0, nu / (nu + t * t), regularized=True) / 2


def f_tail(d1, d2):
    return lambda f: betainc(d2 / 2, d1 / 2, 0, d2 / (d2 + d1 * f), regularized=True)


def main():
    rows = [("normal", [], lambda z: erfc(z / sqrt(mpf(2))) / 2, mpf(0), mpf(60))]
    for nu in (3, 30):
        rows.append(("t", [nu], t_tail(mpf(nu)), mpf("0.001"), mpf(10) ** 110))
    for k in (1, 8, 500):
        rows.append(("chi2", [k], lambda x, k=mpf(k): gammainc(k / 2, x / 2, inf, regularized=True),
                     mpf("1e-6"), mpf(10) ** 5))
    rows.append(("f", [4, 60], f_tail(mpf(4), mpf(60)), mpf("1e-6"), mpf(10) ** 30))
    rows.append(("gamma", [2.5], lambda x: gammainc(mpf("2.5"), x, inf, regularized=True),
                 mpf("1e-6"), mpf(10) ** 4))
    for name, parameters, tail, low, high in rows:
        for p in ("0.4", "1e-3", "1e-20", "1e-150", "1e-300"):
            x = root(tail, mpf(p), low, high)
            print(f'    ("{name}", {parameters}, {p}, {nstr(x, 20)}),')


if __name__ == "__main__":
    main()
