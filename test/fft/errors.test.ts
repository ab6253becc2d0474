import { describe, expect, test } from "vitest";
import { complex } from "../../src/complex/index.ts";
import * as F from "../../src/fft/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { f, messageOf, type Mistakes, no, x } from "../tensor/mistakes/helpers.ts";

const z = complex(x, x);

const ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"] as const;
const SEVERAL = ["fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2"] as const;
const ANY = ["fftn", "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn"] as const;
const REAL = ["rfft", "ihfft", "rfft2", "ihfft2", "rfftn", "ihfftn"];

const common = (name: string, call: (x: never, options?: object) => unknown): Mistakes[string] => [
  [() => call(no), `${name}: expected a complex or real tensor, got "x"`],
  [
    () => call(x as never, { norm: "x" }),
    `${name}: norm must be "backward" or "ortho" or "forward", got "x"`,
  ],
  ...(REAL.includes(name)
    ? ([
        [() => call(z as never), `${name}: expected a real tensor, got a complex one; use x.real`],
      ] as const)
    : []),
];

const oneAxis = (name: (typeof ONE)[number]): Mistakes[string] => {
  const call = F[name] as (x: never, options?: object) => unknown;
  return [
    ...common(name, call),
    [() => call(x as never, { n: 0 }), `${name}: n must be an integer >= 1, got 0`],
    [() => call(x as never, { n: 1.5 }), `${name}: n must be an integer >= 1, got 1.5`],
    [() => call(x as never, { dim: 2 }), `${name}: axis must be an integer in [-2, 1], got 2`],
    [() => call(f() as never), `${name}: expected at least 1 axis, got a scalar`],
    [() => call(f(2, 0) as never), `${name}: axis 1 has too few entries, shape [2, 0]`],
  ];
};

const manyAxes = (name: (typeof SEVERAL | typeof ANY)[number]): Mistakes[string] => {
  const call = F[name] as (x: never, options?: object) => unknown;
  return [
    ...common(name, call),
    [() => call(x as never, { s: [2, 0] }), `${name}: s must be an integer >= 1, got 0`],
    [
      () => call(x as never, { s: [2, 3, 4], dim: [0, 1] }),
      `${name}: expected one length for each axis, got 3 and 2`,
    ],
    [() => call(x as never, { dim: [0, 0] }), `${name}: an axis is named twice in [0, 0]`],
    [() => call(x as never, { dim: [2] }), `${name}: axis must be an integer in [-2, 1], got 2`],
    [() => call(f(2, 0) as never), `${name}: axis 1 has too few entries, shape [2, 0]`],
  ];
};

const MISTAKES: Mistakes = {
  ...Object.fromEntries(ONE.map((name) => [name, oneAxis(name)])),
  ...Object.fromEntries([...SEVERAL, ...ANY].map((name) => [name, manyAxes(name)])),
  fftfreq: [
    [() => F.fftfreq(0), "fftfreq: n must be an integer >= 1, got 0"],
    [() => F.fftfreq(4, 0), "fftfreq: d must be a number other than 0, got 0"],
  ],
  rfftfreq: [[() => F.rfftfreq(1.5), "rfftfreq: n must be an integer >= 1, got 1.5"]],
  fftshift: [
    [() => F.fftshift(no), 'fftshift: expected a complex or real tensor, got "x"'],
    [() => F.fftshift(x, 2), "fftshift: axis must be an integer in [-2, 1], got 2"],
  ],
  ifftshift: [[() => F.ifftshift(z, 2), "ifftshift: axis must be an integer in [-2, 1], got 2"]],
  stft: [
    [() => F.stft(no, 4), 'stft: expected a complex or real tensor, got "x"'],
    [
      () => F.stft(f(1, 2, 3), 4),
      "stft: expected a signal (L) or signals (N, L), got shape [1, 2, 3]",
    ],
    [() => F.stft(x, 0), "stft: nFft must be an integer >= 1, got 0"],
    [() => F.stft(x, 2), "stft: hopLength must be an integer >= 1, got 0"],
    [() => F.stft(x, 4, { winLength: 5 }), "stft: winLength must be at most nFft = 4, got 5"],
    [
      () => F.stft(x, 4, { window: f(3) }),
      "stft: expected a window of winLength = 4 entries, got shape [3]",
    ],
    [
      () => F.stft(z, 4, { onesided: true }),
      "stft: complex signals have no conjugate frequencies; use onesided: false",
    ],
    [() => F.stft(x, 4, { center: false }), "stft: a signal of 3 entries has no frame of nFft = 4"],
  ],
  istft: [
    [() => F.istft(f(2), 4), "istft: expected spectra (F, T) or (N, F, T), got shape [2]"],
    [() => F.istft(x, 4), "istft: expected 3 frequencies for nFft = 4 with onesided: true, got 2"],
    [() => F.istft(f(3, 0), 4), "istft: expected at least 1 frame, got none"],
    [
      () => F.istft(f(3, 2), 4, { returnComplex: true }),
      "istft: a complex signal needs all frequencies; use onesided: false",
    ],
    [
      () => F.istft(f(4, 2), 4, { window: complex(f(4), f(4)) }),
      "istft: a complex window makes a complex signal; use returnComplex: true",
    ],
    [() => F.istft(f(3, 1), 4), "istft: of 4 entries that frames cover, none is of the signal"],
    [
      () => F.istft(f(3, 5), 4, { window: tensor([0, 0, 0, 0]) }),
      "istft: an entry of the signal is covered by no window, so it is not determined; use center: true, another window or a smaller hopLength",
    ],
  ],
};

test("every function has its mistakes", () => {
  expect(Object.keys(F).sort()).toEqual(Object.keys(MISTAKES).sort());
});

describe.each(Object.entries(MISTAKES))("%s", (_, mistakes) => {
  test.each(mistakes.map(([call, message]) => [message, call] as const))("%s", (message, call) => {
    expect(messageOf(call)).toBe(message);
  });
});
