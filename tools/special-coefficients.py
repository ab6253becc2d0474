"""Derives the coefficients of src/special/coefficients.ts: Chebyshev series of special functions, in
50-digit arithmetic.

Usage (needs the mpmath package; takes seconds):

    python3 tools/special-coefficients.py > src/special/coefficients.ts
    npx prettier --write src/special/coefficients.ts

Each series prints how many coefficients it has to the error stream.
"""

import sys

from mpmath import mp, mpf

mp.dps = 50


def chebyshev(f, low, high, least=mpf("2e-17"), n=72):
    """The Chebyshev series of f on [low, high], as far as its coefficients matter."""
    low, high = mpf(low), mpf(high)
    angles = [mp.pi * (k + mpf(1) / 2) / n for k in range(n)]
    values = [f((low + high) / 2 + (high - low) / 2 * mp.cos(a)) for a in angles]
    out = [2 * sum(v * mp.cos(j * a) for v, a in zip(values, angles)) / n for j in range(n)]
    out[0] /= 2
    size = max(abs(v) for v in values)
    while abs(out[-1]) < least * size:
        out.pop()
    if len(out) > n - 6:
        raise ValueError("the series does not converge fast enough")
    return out


def phase(order, x):
    """P and Q of J = √(2/πx) (P cos χ - Q sin χ), Y = √(2/πx) (P sin χ + Q cos χ)."""
    chi = x - (2 * order + 1) * mp.pi / 4
    scale = mp.sqrt(mp.pi * x / 2)
    j, y = mp.besselj(order, x) * scale, mp.bessely(order, x) * scale
    return j * mp.cos(chi) + y * mp.sin(chi), y * mp.cos(chi) - j * mp.sin(chi)


def airy_phase(zeta):
    """P and Q of Ai(-x) = x^(-1/4) / √π · (P cos(ζ - π/4) + Q sin(ζ - π/4)), ζ = 2/3 x^(3/2)."""
    x = (mpf(3) / 2 * zeta) ** (mpf(2) / 3)
    angle = zeta - mp.pi / 4
    scale = mp.sqrt(mp.pi) * x ** (mpf(1) / 4)
    a, b = mp.airyai(-x) * scale, mp.airybi(-x) * scale
    return a * mp.cos(angle) - b * mp.sin(angle), a * mp.sin(angle) + b * mp.cos(angle)


TINY = mpf("1e-12")
AIRY = mpf(5)
ZETA = mpf(2) / 3 * AIRY ** (mpf(3) / 2)


def at_zero(f):
    """f with its limit at 0, from the right."""
    return lambda x: f(max(x, TINY))


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def erfcx_mapped(t):
    # t = (x - 3.75) / (x + 3.75), by Shepherd and Laframboise, Mathematics of Computation 36 (1981).
    if t > 1 - mpf("1e-9"):
        return 2 / mp.sqrt(mp.pi)
    x = mpf("3.75") * (1 + t) / (1 - t)
    if x > 1000:
        # Its asymptotic series, of which few terms are enough.
        total = sum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(1, 8)) + 1
        return (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * total
    return (1 + 2 * x) * erfcx(x)


SERIES = {
    "I0_NEAR": ("e⁻ˣ I₀(x) of x on [0, 8]", lambda x: mp.exp(-x) * mp.besseli(0, x), 0, 8),
    "I0_FAR": (
        "√x e⁻ˣ I₀(x) of 8 / x on [0, 1]",
        at_zero(lambda t: mp.sqrt(8 / t) * mp.exp(-8 / t) * mp.besseli(0, 8 / t)),
        0,
        1,
    ),
    "I1_NEAR": ("e⁻ˣ I₁(x) / x of x on [0, 8]", at_zero(lambda x: mp.exp(-x) * mp.besseli(1, x) / x), 0, 8),
    "I1_FAR": (
        "√x e⁻ˣ I₁(x) of 8 / x on [0, 1]",
        at_zero(lambda t: mp.sqrt(8 / t) * mp.exp(-8 / t) * mp.besseli(1, 8 / t)),
        0,
        1,
    ),
    "K0_NEAR": (
        "K₀(x) + log(x/2) I₀(x) of x² on [0, 4]",
        at_zero(lambda s: mp.besselk(0, mp.sqrt(s)) + mp.log(mp.sqrt(s) / 2) * mp.besseli(0, mp.sqrt(s))),
        0,
        4,
    ),
    "K0_FAR": (
        "√x eˣ K₀(x) of 2 / x on [0, 1]",
        at_zero(lambda t: mp.sqrt(2 / t) * mp.exp(2 / t) * mp.besselk(0, 2 / t)),
        0,
        1,
    ),
    "K1_NEAR": (
        "x (K₁(x) - log(x/2) I₁(x)) of x² on [0, 4]",
        at_zero(
            lambda s: mp.sqrt(s)
            * (mp.besselk(1, mp.sqrt(s)) - mp.log(mp.sqrt(s) / 2) * mp.besseli(1, mp.sqrt(s)))
        ),
        0,
        4,
    ),
    "K1_FAR": (
        "√x eˣ K₁(x) of 2 / x on [0, 1]",
        at_zero(lambda t: mp.sqrt(2 / t) * mp.exp(2 / t) * mp.besselk(1, 2 / t)),
        0,
        1,
    ),
    "J0_NEAR": ("J₀(x) of x² on [0, 64]", lambda s: mp.besselj(0, mp.sqrt(s)), 0, 64),
    "J1_NEAR": ("J₁(x) / x of x² on [0, 64]", at_zero(lambda s: mp.besselj(1, mp.sqrt(s)) / mp.sqrt(s)), 0, 64),
    "Y0_NEAR": (
        "Y₀(x) - 2/π log(x) J₀(x) of x² on [0, 64]",
        at_zero(
            lambda s: mp.bessely(0, mp.sqrt(s))
            - 2 / mp.pi * mp.log(mp.sqrt(s)) * mp.besselj(0, mp.sqrt(s))
        ),
        0,
        64,
    ),
    "Y1_NEAR": (
        "(Y₁(x) - 2/π (log(x) J₁(x) - 1/x)) / x of x² on [0, 64]",
        at_zero(
            lambda s: (
                mp.bessely(1, mp.sqrt(s))
                - 2 / mp.pi * (mp.log(mp.sqrt(s)) * mp.besselj(1, mp.sqrt(s)) - 1 / mp.sqrt(s))
            )
            / mp.sqrt(s)
        ),
        0,
        64,
    ),
    **{
        f"{name}{order}_FAR": (
            f"{name}{order} of the phase form of order {order}, {what} of (8 / x)² on [0, 1]",
            at_zero(lambda s, o=order, i=index: phase(o, 8 / mp.sqrt(s))[i] / (mp.sqrt(s) if i else 1)),
            0,
            1,
        )
        for order in (0, 1)
        for index, (name, what) in enumerate((("P", "P"), ("Q", "Q x / 8")))
    },
    "AIRY_NEAR": ("Ai(x) of x on [-5, 5]", mp.airyai, -5, 5),
    "AIRY_RIGHT": (
        "2 √π x^(1/4) e^ζ Ai(x) of ζ(5) / ζ on [0, 1]",
        at_zero(
            lambda t: 2
            * mp.sqrt(mp.pi)
            * (mpf(3) / 2 * ZETA / t) ** (mpf(1) / 6)
            * mp.exp(ZETA / t)
            * mp.airyai((mpf(3) / 2 * ZETA / t) ** (mpf(2) / 3))
        ),
        0,
        1,
    ),
    "AIRY_P": ("P of the phase form of Ai, of (ζ(5) / ζ)² on [0, 1]", at_zero(lambda s: airy_phase(ZETA / mp.sqrt(s))[0]), 0, 1),
    "AIRY_Q": ("Q ζ / ζ(5) of it", at_zero(lambda s: airy_phase(ZETA / mp.sqrt(s))[1] / mp.sqrt(s)), 0, 1),
    "ERFCX": ("(1 + 2x) e^(x²) erfc(x) of (x - 3.75) / (x + 3.75) on [-1, 1]", erfcx_mapped, -1, 1),
}
# Far from 0, where oscillating functions are evaluated to many digits, the limit is taken earlier.
LIMITS = {"P0_FAR": "1e-7", "Q0_FAR": "1e-7", "P1_FAR": "1e-7", "Q1_FAR": "1e-7"}


def main():
    global TINY
    print("// Written by tools/special-coefficients.py: Chebyshev series, from the lowest order on.")
    for name, (what, f, low, high) in SERIES.items():
        TINY = mpf(LIMITS.get(name, "1e-4" if "FAR" in name or "AIRY" in name else "1e-12"))
        c = chebyshev(f, low, high)
        print(name, len(c), file=sys.stderr)
        numbers = ", ".join(repr(float(x)) for x in c)
        print(f"\n/** {what}. */\nexport const {name} = [{numbers}];")


main()
