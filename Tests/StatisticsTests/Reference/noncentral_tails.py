#!/usr/bin/env python3
"""Golden values of the noncentral distributions, as lines of NoncentralTests.swift.

    python3 Tests/StatisticsTests/Reference/noncentral_tails.py

The tails are integrated by mpmath with 40 digits: chi-squared as a Poisson mixture, t over the
chi-squared variable.
"""
from mpmath import mp, mpf, exp, log, gamma, gammainc, quad, sqrt, erfc, inf, nstr, factorial

mp.dps = 40


def chi_upper(x, k, lam):
    total, j, term = mpf(0), 0, mpf(1)
    while True:
        weight = exp(-lam / 2) * (lam / 2) ** j / factorial(j)
        term = weight * gammainc(k / 2 + j, x / 2, inf, regularized=True)
        total += term
        if j > lam + x and term < total * mpf(10) ** -35:
            return total
        j += 1


def chi_lower(x, k, lam):
    total, j = mpf(0), 0
    while True:
        weight = exp(-lam / 2) * (lam / 2) ** j / factorial(j)
        term = weight * gammainc(k / 2 + j, 0, x / 2, regularized=True)
        total += term
        if j > lam and term < total * mpf(10) ** -35:
            return total
        j += 1


def t_tail(t, nu, delta, upper):
    def integrand(v):
        z = t * sqrt(v / nu) - delta
        tail = erfc(z / sqrt(mpf(2))) / 2 if upper else erfc(-z / sqrt(mpf(2))) / 2
        return tail * v ** (nu / 2 - 1) * exp(-v / 2) / (2 ** (nu / 2) * gamma(nu / 2))
    points = [0] + [nu * mpf(f) for f in (0.01, 0.05, 0.2, 0.5, 0.8, 1, 1.3, 2, 3, 5, 10, 40)] + [inf]
    return quad(integrand, points)


def main():
    for x, k, lam in [(7.81, 3, 10), (0.5, 3, 10), (60, 3, 10), (400, 3, 10), (1, 2.5, 50),
                      (900, 1, 400), (250, 1, 400), (0.001, 4, 0.5), (2000, 10, 3)]:
        x, k, lam = mpf(str(x)), mpf(str(k)), mpf(str(lam))
        upper = x > k + lam
        tail = chi_upper(x, k, lam) if upper else chi_lower(x, k, lam)
        print(f'    (true, {nstr(x, 8)}, {nstr(k, 8)}, {nstr(lam, 8)}, {str(bool(upper)).lower()}, '
              f'{nstr(log(tail), 20)}),')
    for t, nu, delta in [(1.734, 18, 2.2), (5, 18, 2.2), (-1, 18, 2.2), (40, 18, 2.2), (-8, 30, 1),
                         (2, 3, 0), (0.3, 3, 4), (12, 200, 5), (3, 1.5, 2), (-0.5, 6, -3)]:
        t, nu, delta = mpf(str(t)), mpf(str(nu)), mpf(str(delta))
        upper = t > delta
        print(f'    (false, {nstr(t, 8)}, {nstr(nu, 8)}, {nstr(delta, 8)}, {str(bool(upper)).lower()}, '
              f'{nstr(log(t_tail(t, nu, delta, upper)), 20)}),')


if __name__ == "__main__":
    main()
