"""Writes DistributionTailsGolden.swift: log tails of distributions from mpmath 1.3 at 34 digits.

Independent of the Swift code: tails are sums or quadratures of densities written out here.
Run: python3 distribution_tails.py > ../DistributionTailsGolden.swift
"""
import random
from mpmath import mp, mpf, log, loggamma, quad, inf, exp, gammainc, betainc, hyp2f1, beta, erfc, sqrt

mp.dps = 34
random.seed(7)


def log_beta_lower(x, a, b):
    """log I_x(a, b) by quadrature of the density over log(x / (1 - x))."""
    x, a, b = mpf(x), mpf(a), mpf(b)
    y = 1 - x
    front = a * log(x) + b * log(y) - (loggamma(a) + loggamma(b) - loggamma(a + b))
    slope = a - (a + b) * x
    scale = 1 / (slope + sqrt((a + b) * x * y))
    ratio = quad(
        lambda s: exp(-a * s - (a + b) * log(y + x * exp(-s))),
        [0, scale, 3 * scale, 8 * scale, 20 * scale, 50 * scale, 200 * scale, inf],
    )
    return front + log(ratio)


def log_gamma_lower(x, a):
    x, a = mpf(x), mpf(a)
    total, term, k = 1 / a, 1 / a, 1
    while term > total * mpf(10) ** -32:
        term *= x / (a + k)
        total += term
        k += 1
    return a * log(x) - x - loggamma(a) + log(total)


def log_gamma_upper(x, a):
    """log Q(a, x) by a continued fraction from the back, for x beyond the mean."""
    x, a = mpf(x), mpf(a)
    f = mpf(0)
    for i in range(6000, 0, -1):
        f = -i * (i - a) / (x + 2 * i + 1 - a + f)
    return a * log(x) - x - loggamma(a) - log(x + 1 - a + f)


rows = []
shapes = [0.3, 0.5, 1, 1.5, 3, 7.25, 12, 19, 33, 60, 150, 1234.5, 40000, 3e6]
for a in shapes:
    for z in [0.01, 0.4, 1, 2.5, 6, 14, 30]:
        s = mpf(a) ** mpf("0.5")
        x = float(a / (1 + z / s))
        if x > 0:
            rows.append(("gammaLower", [a], x, log_gamma_lower(x, a)))
        x = float(a + z * s + (1 if a < 2 else 0))
        rows.append(("gammaUpper", [a], x, log_gamma_upper(x, a)))

pairs = [(0.5, 0.5), (0.4, 9), (1, 1), (2, 3), (0.5, 5e5), (5e5, 0.5), (3, 4e5), (4e5, 3), (12, 15), (25, 25),
         (18, 4000), (4000, 18), (60, 45), (300, 20), (20, 300), (1e4, 1e4), (990, 99000), (1e5, 3e5), (7.5, 120), (1.5, 40.5)]
for a, b in pairs:
    for z in [0.01, 0.4, 1, 2.5, 6, 14, 30]:
        mean = a / (a + b)
        # Left of the mean on the logit scale.
        s = (1 / a + 1 / b) ** 0.5
        import math
        logit = math.log(a / b) - z * min(s, 3)
        x = 1 / (1 + math.exp(-logit))
        if 0 < x < mean:
            rows.append(("betaLower", [a, b], x, log_beta_lower(x, a, b)))

print("// Written by Reference/distribution_tails.py; do not edit.")
print()
print("/// Logarithms of tails to 34 digits, rounded: tail, parameters, point, logarithm.")
print('let distributionTailsGolden = """')
for name, params, x, value in rows:
    print(f"  {name} {','.join(repr(float(p)) for p in params)} {x!r} {float(value)!r}")
print('  """')
