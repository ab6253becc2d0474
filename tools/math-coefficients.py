"""Derives the coefficients of src/compiler/loop/math/coefficients.ts: minimax approximations by
Remez's exchange, in 60-digit arithmetic.

Usage (needs the mpmath package; takes seconds):

    python3 tools/math-coefficients.py > src/compiler/loop/math/coefficients.ts

Each approximation prints its largest weighted error, in bits, to the error stream.
"""

import struct
import sys

from mpmath import mp, mpf

mp.dps = 60


def remez(f, weight, low, high, count):
    """The `count` coefficients (lowest power first) of the polynomial p that makes
    max |weight * (p - f)| on [low, high] smallest, and that maximum."""
    low, high = mpf(low), mpf(high)
    # Chebyshev points, also as the grid on which extrema are looked for: dense near the ends.
    cheb = lambda i, n: (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / n)
    nodes = [cheb(i, count) for i in range(count + 1)]
    size = 40 * count
    grid = [cheb(i, size) for i in range(size + 1)]
    known = [(f(x), weight(x)) for x in grid]
    while True:
        # p ± E / w = f at the nodes, then nodes where the error is largest.
        rows = [
            [x**i for i in range(count)] + [(-1) ** k / weight(x)] for k, x in enumerate(nodes)
        ]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([f(x) for x in nodes]))
        p, error = list(solution[:count]), solution[count]
        curve = [w * (horner(p, x) - y) for x, (y, w) in zip(grid, known)]
        largest = max(abs(c) for c in curve)
        if largest <= abs(error) * mpf("1.001"):
            return p, largest
        nodes = extrema(grid, curve, count + 1)


def horner(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def extrema(grid, curve, count):
    """The places of `count` extrema of alternating sign, the largest ones."""
    best = []
    for x, c in zip(grid, curve):
        if c == 0:
            continue
        if best and (best[-1][1] > 0) == (c > 0):
            if abs(c) > abs(best[-1][1]):
                best[-1] = (x, c)
        else:
            best.append((x, c))
    while len(best) > count:
        if len(best) == count + 1:
            best.pop(0 if abs(best[0][1]) < abs(best[-1][1]) else -1)
            continue
        weakest = min(range(len(best)), key=lambda i: abs(best[i][1]))
        if weakest in (0, len(best) - 1):
            best.pop(weakest)
        else:
            # A pair goes, so that the signs still alternate.
            other = min((weakest - 1, weakest + 1), key=lambda i: abs(best[i][1]))
            for i in sorted((weakest, other), reverse=True):
                best.pop(i)
    return [x for x, _ in best]


def to_f32(x):
    return struct.unpack("f", struct.pack("f", float(x)))[0]


def show(x, dtype):
    """The shortest decimal that names the nearest f32 or f64."""
    if dtype == "f64":
        return repr(float(x))
    for digits in range(1, 10):
        text = "%.*g" % (digits, to_f32(x))
        if to_f32(float(text)) == to_f32(x):
            return repr(float(text))
    raise ValueError(x)


def series(x, f, first):
    """f(x), but by its Taylor series (first power `first`) near 0, where f's formula cancels."""
    if abs(x) > mpf("1e-6"):
        return f(x)
    return horner(first, x)


def expRest(r):
    """(exp(r) - 1 - r) / r^2"""
    return series(
        r, lambda r: (mp.exp(r) - 1 - r) / r**2, [1 / mp.factorial(i + 2) for i in range(12)]
    )


def oddRest(f, taylor):
    """z -> (f(s) / s - 1) / z with s = sqrt(z), given the coefficients of f: s^3, s^5, ..."""
    return lambda z: series(z, lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, taylor)


def oddWeight(f):
    """Relative error of f(s) when s + s z p(z) approximates it."""
    return lambda z: z * mp.sqrt(z) / f(mp.sqrt(z)) if z > 0 else mpf("1e-30")


TERMS = range(8)
LN2 = mp.log(2)
EXP = (expRest, lambda r: r**2 / mp.exp(r) + mpf("1e-30"), -LN2 * mpf("0.501"), LN2 * mpf("0.501"))
LOG_Z = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.001")


def logRest(z):
    """(2 atanh(s) / s - 2) / z"""
    return series(
        z,
        lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z,
        [mpf(2) / (2 * i + 3) for i in TERMS],
    )


def logRest2(z):
    """(2 atanh(s) / s - 2 - 2/3 z) / z^2"""
    return series(
        z,
        lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2 - 2 * z / 3) / z**2,
        [mpf(2) / (2 * i + 5) for i in TERMS],
    )


def cosRest(z):
    """(cos(r) - 1 + z / 2) / z^2 with r = sqrt(z)"""
    return series(
        z,
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        [(-1) ** i / mp.factorial(2 * i + 4) for i in TERMS],
    )


SIN = oddRest(mp.sin, [(-1) ** (i + 1) / mp.factorial(2 * i + 3) for i in TERMS])
SINH = oddRest(mp.sinh, [1 / mp.factorial(2 * i + 3) for i in TERMS])
ATAN = oddRest(mp.atan, [mpf((-1) ** (i + 1)) / (2 * i + 3) for i in TERMS])
ASIN = oddRest(
    mp.asin, [mp.binomial(2 * i, i) / mpf(4) ** i / (2 * i + 1) for i in range(1, 9)]
)
QUARTER = (mp.pi / 4) ** 2 * mpf("1.001")
TAN_PI_8 = (mp.sqrt(2) - 1) ** 2 * mpf("1.001")


def erfRest(z):
    """erf(x) / x - 1 with x = sqrt(z)"""
    return (mp.erf(mp.sqrt(z)) / mp.sqrt(z) if z > 0 else 2 / mp.sqrt(mp.pi)) - 1


def minusLogErfc(a):
    return -mp.log(mp.erfc(a))


def parts(x, bits, count):
    """x cut into `count` numbers of at most `bits` bits each, and the rest."""
    result = []
    for _ in range(count):
        unit = mpf(2) ** (mp.floor(mp.log(x, 2)) + 1 - bits)
        result.append(mp.floor(x / unit) * unit)
        x -= result[-1]
    return result + [x]


HEADER = """// Made by tools/math-coefficients.py, which says how: do not edit.

/** Coefficients of one approximation, of the lowest power first. */
export interface Coefficients {
  readonly f32: readonly number[];
  readonly f64: readonly number[];
}
"""


def emit(name, comment, f32, f64):
    print(f"\n/** {comment} */\nexport const {name}: Coefficients = {{")
    for dtype, values in (("f32", f32), ("f64", f64)):
        print(f"  {dtype}: [")
        for x in values:
            print(f"    {show(x, dtype)},")
        print("  ],")
    print("};")


def polynomials(name, comment, f, weight, cases):
    """Emits polynomials for f32 and f64, each on an interval with so many coefficients."""
    result = []
    for dtype, (low, high, count) in zip(("f32", "f64"), cases):
        p, error = remez(f, weight, low, high, count)
        print(f"{name} {dtype}: {mp.nstr(mp.log(error, 2), 4)} bits", file=sys.stderr)
        result.append(p)
    emit(name, comment, *result)


def polynomial(name, comment, f, weight, low, high, f32, f64):
    polynomials(name, comment, f, weight, [(low, high, f32), (low, high, f64)])


def main():
    print(HEADER, end="")
    polynomial("EXP", "exp(r) = 1 + r + r² p(r) for |r| ≤ ln 2 / 2.", *EXP, 5, 10)
    polynomial(
        "LOG",
        "log((1 + s) / (1 - s)) = 2 s + s z p(z), z = s², s ≤ 3 - √8.",
        logRest, lambda z: z / 2 + mpf("1e-30"), 0, LOG_Z, 3, 7,
    )
    polynomial(
        "LOG_EXACT",
        "The same as 2 s + 2/3 s z + s z² p(z), for pow.",
        logRest2, lambda z: z**2 / 2 + mpf("1e-30"), 0, LOG_Z, 3, 7,
    )
    polynomial("SIN", "sin(r) = r + r z p(z), z = r², |r| ≤ π / 4.", SIN, oddWeight(mp.sin), 0, QUARTER, 3, 6)
    polynomial(
        "COS",
        "cos(r) = 1 - z / 2 + z² p(z), z = r², |r| ≤ π / 4.",
        cosRest, lambda z: z**2 / mp.cos(mp.sqrt(z)) + mpf("1e-30"), 0, QUARTER, 3, 6,
    )
    polynomial("ASIN", "asin(s) = s + s z p(z), z = s² ≤ 1/4.", ASIN, oddWeight(mp.asin), 0, mpf("0.2501"), 5, 12)
    polynomial("ATAN", "atan(t) = t + t z p(z), z = t², |t| ≤ tan(π / 8).", ATAN, oddWeight(mp.atan), 0, TAN_PI_8, 5, 11)
    polynomial("SINH", "sinh(x) = x + x z p(z), z = x² ≤ 1.", SINH, oddWeight(mp.sinh), 0, mpf("1.001"), 4, 7)
    polynomial(
        "ERF",
        "erf(x) = x + x p(z), z = x² ≤ 1.",
        erfRest, lambda z: 1 / (1 + erfRest(z)), 0, mpf("1.001"), 7, 12,
    )
    polynomials(
        "ERFC",
        "erf(a) = 1 - exp(-p(a)), for f32 1 ≤ a ≤ 4, for f64 1 ≤ a ≤ 6.",
        minusLogErfc, lambda a: mp.erfc(a) / mp.erf(a), [(0.999, 4, 7), (0.999, 6, 19)],
    )
    emit("LN2", "ln 2 cut in two; an exponent times the first is exact.", parts(LN2, 12, 1), parts(LN2, 33, 1))
    emit(
        "HALF_PI_PARTS",
        "π / 2 cut in pieces; products of the first ones with n < 2^16 (f32) or 2^20 (f64) are exact.",
        parts(mp.pi / 2, 8, 5), parts(mp.pi / 2, 33, 3),
    )
    with mp.workdps(400):
        digits = int(mp.floor(2 / mp.pi * mpf(2) ** (64 * 19)))
    print("\n/** The binary digits of 2 / π behind the point, 64 in each number, the first ones first. */")
    print("export const TWO_OVER_PI: readonly bigint[] = [")
    for i in reversed(range(19)):
        print(f"  0x{digits >> 64 * i & 2**64 - 1:016x}n,")
    print("];")


main()
