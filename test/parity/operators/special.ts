import * as S from "../../../src/special/index.ts";
import { one, op, type Operator, two } from "../bind.ts";

// Where PyTorch's own results have fewer digits than their type.
const POLES = { tolerance: { f32: [1e-4, 1e-4] } } as const;
const BESSEL = { tolerance: { f64: [1e-5, 1e-6] } } as const;

/** torch.special, and what torch itself has of it. */
export const SPECIAL: Record<string, Operator> = {
  i0: one(S.i0),
  lgamma: one(S.lgamma),
  digamma: one(S.digamma, POLES),
  igamma: two(S.gammainc),
  igammac: two(S.gammaincc),
  mvlgamma: op("input p", (a) => S.multigammaln(a.input, a.p)),
  polygamma: op("input n", (a) => S.polygamma(a.n, a.input), POLES),
  "special.polygamma": op("input n", (a) => S.polygamma(a.n, a.input), POLES),
  "special.xlog1py": two(S.xlog1py),
  "special.zeta": two(S.zeta),
  "special.i0e": one(S.i0e),
  "special.i1": one(S.i1),
  "special.i1e": one(S.i1e),
  "special.ndtr": one(S.ndtr),
  "special.entr": one(S.entr),
  "special.ndtri": one(S.ndtri),
  "special.log_ndtr": one(S.logNdtr),
  "special.erfcx": one(S.erfcx),
  "special.airy_ai": one(S.airyAi, BESSEL),
  "special.bessel_j0": one(S.besselJ0, BESSEL),
  "special.bessel_j1": one(S.besselJ1, BESSEL),
  "special.bessel_y0": one(S.besselY0, BESSEL),
  "special.bessel_y1": one(S.besselY1, BESSEL),
  "special.modified_bessel_i0": one(S.modifiedBesselI0),
  "special.modified_bessel_i1": one(S.modifiedBesselI1),
  "special.modified_bessel_k0": one(S.modifiedBesselK0),
  "special.modified_bessel_k1": one(S.modifiedBesselK1),
  "special.scaled_modified_bessel_k0": one(S.scaledModifiedBesselK0),
  "special.scaled_modified_bessel_k1": one(S.scaledModifiedBesselK1),
  "special.spherical_bessel_j0": one(S.sphericalBesselJ0),
  "special.chebyshev_polynomial_t": op("input n", (a) => S.chebyshevPolynomialT(a.input, a.n)),
  "special.chebyshev_polynomial_u": op("input n", (a) => S.chebyshevPolynomialU(a.input, a.n)),
  "special.chebyshev_polynomial_v": op("input n", (a) => S.chebyshevPolynomialV(a.input, a.n)),
  "special.chebyshev_polynomial_w": op("input n", (a) => S.chebyshevPolynomialW(a.input, a.n)),
  "special.hermite_polynomial_h": op("input n", (a) => S.hermitePolynomialH(a.input, a.n)),
  "special.hermite_polynomial_he": op("input n", (a) => S.hermitePolynomialHe(a.input, a.n), POLES),
  "special.laguerre_polynomial_l": op("input n", (a) => S.laguerrePolynomialL(a.input, a.n)),
  "special.legendre_polynomial_p": op("input n", (a) => S.legendrePolynomialP(a.input, a.n)),
  "special.shifted_chebyshev_polynomial_t": op("input n", (a) =>
    S.shiftedChebyshevPolynomialT(a.input, a.n),
  ),
  "special.shifted_chebyshev_polynomial_u": op("input n", (a) =>
    S.shiftedChebyshevPolynomialU(a.input, a.n),
  ),
  "special.shifted_chebyshev_polynomial_v": op("input n", (a) =>
    S.shiftedChebyshevPolynomialV(a.input, a.n),
  ),
  "special.shifted_chebyshev_polynomial_w": op("input n", (a) =>
    S.shiftedChebyshevPolynomialW(a.input, a.n),
  ),
};
