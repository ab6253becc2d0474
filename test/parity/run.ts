import { Complex } from "../../src/complex/index.ts";
import { evalAll, manualSeed, Tensor, tensor } from "../../src/tensor/index.ts";
import { Excepted, type Operator, Undetermined } from "./bind.ts";
import {
  type Case,
  decode,
  type Dump,
  elementsOf,
  hasWholeFloat,
  isComplexDump,
  isDump,
} from "./vectors.ts";

/** Relative and absolute tolerance: the derivative of a rounded value may be off by several last places. */
export const TOLERANCE = {
  f16: [2 ** -10, 1e-3],
  bf16: [2 ** -7, 8e-3],
  f32: [1e-5, 2e-5],
  f64: [1e-9, 1e-9],
} as const;

/** How an operator did on its cases. */
export interface Outcome {
  passed: number;
  /** Cases that are named as exceptions, by reason. */
  readonly excepted: Map<string, number>;
  readonly failures: string[];
}

interface Check {
  readonly what: string;
  readonly actual: Tensor | undefined;
  readonly expected: Dump;
  /** Whether elements are compared, not only shape and dtype. */
  readonly elements: boolean;
  /** Whether what PyTorch has as i64 may be i32. */
  readonly narrow?: boolean;
}

interface Prepared {
  readonly id: string;
  readonly operator: Operator;
  readonly checks: readonly Check[];
}

/** The tensors of a result, complex ones as two. */
export function tensorsOf(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (result instanceof Complex) return [result.real, result.imag];
  if (Array.isArray(result)) return result.flatMap(tensorsOf);
  if (typeof result === "object" && result !== null)
    return Object.values(result).flatMap(tensorsOf);
  if (typeof result === "boolean") return [tensor(result)];
  if (typeof result === "number") return [tensor(result, { dtype: "f64" })];
  throw new Error(`the result is no tensor: ${String(result)}`);
}

/** What PyTorch gave, as a list; numbers and booleans stand for themselves. */
function expectedOf(out: unknown): (Dump | number | boolean)[] {
  if (isDump(out) || typeof out === "number" || typeof out === "boolean") return [out];
  if (isComplexDump(out)) return [out.re, out.im];
  if (Array.isArray(out)) return out.flatMap(expectedOf);
  if (typeof out === "object" && out !== null) {
    if ("n" in out) return [Number(out.n)];
    if ("f" in out) return [Number(out.f)];
  }
  throw new Error(`cannot compare with ${JSON.stringify(out)}`);
}

const cosines = (y: Tensor): Tensor =>
  tensor(
    Array.from({ length: y.size }, (_, i) => Math.cos(i)),
    { dtype: y.dtype },
  );

/**
 * Results that are i64 whatever the samples are: positions and counts, which are i32 here, as are sums of
 * smaller integers.
 */
function positionsAmong(cases: readonly Case[]): ReadonlySet<number> {
  const floats = cases.filter(({ id }) => /^[fc]/.test(id));
  return new Set(
    floats.flatMap(({ out }) =>
      expectedOf(out).flatMap((want, i) => (isDump(want) && want.t === "i64" ? [i] : [])),
    ),
  );
}

async function prepare(
  operator: Operator,
  given: Case,
  positions: ReadonlySet<number>,
): Promise<Prepared> {
  const { id, args, kwargs, out, grads } = given;
  const leaves: Tensor[] = [];
  const result = await operator.call(
    args.map((arg) => decode(arg, leaves)),
    Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, decode(v, leaves)])),
  );
  const actual = tensorsOf(result);
  const expected = expectedOf(out);
  if (actual.length !== expected.length)
    throw new Error(`expected ${expected.length} results, got ${actual.length}`);
  const elements = operator.compare !== "shapes";
  const checks: Check[] = [];
  expected.forEach((want, i) => {
    if (isDump(want))
      checks.push({
        what: `result ${i}`,
        actual: actual[i],
        expected: want,
        elements: elements && !(operator.indices === "free" && want.t === "i64" && i === 1),
        narrow: operator.counts === true || !id.startsWith("i64") || positions.has(i),
      });
    else if (
      actual[i].itemSync() !== Number(want) &&
      !(want !== want && isNaN(actual[i].itemSync()))
    )
      throw new Error(`result ${i}: expected ${want}, got ${actual[i].itemSync()}`);
  });
  if (!grads || operator.gradients !== undefined || !elements) return { id, operator, checks };
  let total = tensor(0, { dtype: "f64" });
  for (const y of actual) if (y.requiresGrad) total = total.add(y.flatten().mul(cosines(y)).sum());
  if (total.requiresGrad) total.backward();
  grads.forEach((want, i) => {
    if (want)
      checks.push({ what: `gradient ${i}`, actual: leaves[i].grad, expected: want, elements });
  });
  return { id, operator, checks };
}

function problem(check: Check, operator: Operator): string | undefined {
  const { expected, what } = check;
  const want = elementsOf(expected);
  const show = (x: { shape: readonly number[]; dtype: string }): string =>
    `${x.dtype}[${x.shape.join(", ")}]`;
  const spec = show({ dtype: expected.t, shape: expected.s });
  if (!check.actual) {
    // No gradient is the same as zeros.
    for (const value of Array.from(want))
      if (value !== 0) return `${what}: expected ${spec}, got none`;
    return undefined;
  }
  const narrow = show({ dtype: "i32", shape: expected.s });
  const isCount = check.narrow && expected.t === "i64" && show(check.actual) === narrow;
  if (!isCount && show(check.actual) !== spec)
    return `${what}: expected ${spec}, got ${show(check.actual)}`;
  if (!check.elements) return undefined;
  const got = check.actual.dataSync();
  if (expected.t === "i64") {
    const wrong = Array.from(want).findIndex((b, i) => BigInt(got[i]) !== BigInt(b));
    return wrong < 0 ? undefined : `${what}[${wrong}]: expected ${want[wrong]}, got ${got[wrong]}`;
  }
  const dtype = expected.t as keyof typeof TOLERANCE;
  const [rtol, atol] = operator.tolerance?.[dtype] ?? TOLERANCE[dtype] ?? [0, 0];
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i], want[i]];
    if (a === b || (a !== a && b !== b) || Math.abs(a - b) <= atol + rtol * Math.abs(b)) continue;
    return `${what}[${i}]: expected ${b}, got ${a}`;
  }
  return undefined;
}

const CHUNK = 64;

/** Runs an operator's cases on the device in use, many to a program. */
export async function runCases(entry: Operator, cases: readonly Case[]): Promise<Outcome> {
  // Some draw random numbers, on which their rounding depends.
  manualSeed(0);
  const outcome: Outcome = { passed: 0, excepted: new Map(), failures: [] };
  const prepared: Prepared[] = [];
  const positions = positionsAmong(cases);
  for (const given of cases) {
    const integer = !/^[fc]/.test(given.id);
    const form = given.id.startsWith("c") ? entry.complex! : entry;
    if (integer && (hasWholeFloat(given.args) || hasWholeFloat(given.kwargs))) continue;
    try {
      prepared.push(await prepare(form, given, positions));
    } catch (error) {
      if (error instanceof Undetermined) continue;
      const text = error instanceof Error ? error.message : String(error);
      if (error instanceof Excepted)
        outcome.excepted.set(text, (outcome.excepted.get(text) ?? 0) + 1);
      else outcome.failures.push(`${given.id}: ${text}`);
    }
  }
  for (let i = 0; i < prepared.length; i += CHUNK) {
    const chunk = prepared.slice(i, i + CHUNK);
    const tensors = chunk.flatMap(({ checks }) => checks.flatMap(({ actual }) => actual ?? []));
    try {
      await evalAll(tensors);
    } catch (error) {
      outcome.failures.push(`${chunk[0].id}…: ${error instanceof Error ? error.message : ""}`);
      continue;
    }
    for (const { id, operator, checks } of chunk) {
      const found = checks.map((check) => problem(check, operator)).find((text) => text);
      if (found) outcome.failures.push(`${id}: ${found}`);
      else outcome.passed++;
    }
  }
  return outcome;
}
