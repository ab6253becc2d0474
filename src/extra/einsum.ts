import { promote } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import { checkTensors } from "../tensor/checks.ts";
import { type Tensor } from "../tensor/index.ts";
import { asWritten, atPrecision } from "../tensor/precision.ts";

// Axes are named by letters; the axes behind "..." by their distance to the last of them.

/** A tensor and the names of its axes. */
interface Named {
  readonly x: Tensor;
  readonly axes: readonly string[];
}

function parse(text: string, rank: number, equation: string): string[] {
  const parts = text.split("...");
  const letters = parts.map((part) => part.split(""));
  if (parts.length > 2 || !letters.flat().every((c) => /[a-zA-Z]/.test(c)))
    throw new TypeError(`einsum: cannot read "${text}" in the equation "${equation}"`);
  const hidden = rank - letters.flat().length;
  if (hidden < 0 || (parts.length === 1 && hidden !== 0))
    throw new RangeError(
      `einsum: "${text}" names ${letters.flat().length} axes, but the tensor has ${rank}`,
    );
  if (parts.length === 1) return letters[0];
  const rest = Array.from({ length: hidden }, (_, i) => `.${hidden - i}`);
  return [...letters[0], ...rest, ...letters[1]];
}

/** Axes that stand twice in one tensor become one: its diagonal. */
function withoutRepeats({ x, axes }: Named): Named {
  const again = axes.findIndex((name, i) => axes.indexOf(name) !== i);
  if (again < 0) return { x, axes };
  const first = axes.indexOf(axes[again]);
  if (x.shape[first] !== x.shape[again])
    throw new Error(
      `einsum: "${axes[again]}" stands for sizes ${x.shape[first]} and ${x.shape[again]}`,
    );
  const rest = axes.filter((_, i) => i !== first && i !== again);
  return withoutRepeats({ x: x.diagonal(0, first, again), axes: [...rest, axes[again]] });
}

function summed({ x, axes }: Named, keep: ReadonlySet<string>): Named {
  const gone = axes.map((_, i) => i).filter((i) => !keep.has(axes[i]));
  if (gone.length === 0) return { x, axes };
  return { x: x.sum(gone, { dtype: x.dtype }), axes: axes.filter((name) => keep.has(name)) };
}

/** Multiplies two, and sums what nobody else names: one matrix product. */
function contract(a: Named, b: Named, keep: ReadonlySet<string>): Named {
  const sizeIn = (t: Named, name: string): number => t.x.shape[t.axes.indexOf(name)] ?? 1;
  // An axis of size 1 broadcasts: it is left out where the other has it longer.
  const slim = (t: Named, other: Named): Named => {
    const axes = t.axes.filter((name) => !(sizeIn(t, name) === 1 && sizeIn(other, name) > 1));
    return { x: t.x.reshape(axes.map((name) => sizeIn(t, name))), axes };
  };
  [a, b] = [slim(a, b), slim(b, a)];
  const shared = a.axes.filter((name) => b.axes.includes(name));
  a = summed(a, new Set([...keep, ...shared]));
  b = summed(b, new Set([...keep, ...shared]));
  const batch = shared.filter((name) => keep.has(name));
  const inner = shared.filter((name) => !keep.has(name));
  const left = a.axes.filter((name) => !shared.includes(name));
  const right = b.axes.filter((name) => !shared.includes(name));
  const laid = (t: Named, groups: readonly (readonly string[])[]): Tensor =>
    t.x
      .permute(groups.flat().map((name) => t.axes.indexOf(name)))
      .reshape(groups.map((group) => sizeOf(group.map((name) => sizeIn(t, name)))));
  const product = laid(a, [batch, left, inner]).bmm(laid(b, [batch, inner, right]));
  const axes = [...batch, ...left, ...right];
  const sizes = axes.map((name) => sizeIn(a.axes.includes(name) ? a : b, name));
  return { x: product.reshape(sizes), axes };
}

/** Elements of the product of two. */
function costOf(a: Named, b: Named, keep: ReadonlySet<string>): number {
  const sizes = new Map<string, number>();
  for (const { x, axes } of [a, b])
    axes.forEach((name, i) => {
      if (keep.has(name)) sizes.set(name, Math.max(sizes.get(name) ?? 1, x.shape[i]));
    });
  return sizeOf([...sizes.values()]) - a.x.size - b.x.size;
}

/**
 * Sums of products by Einstein's convention: every operand's axes are named by letters, and axes that the
 * result does not name are summed. Without `->` the result has those that stand once, in alphabetical
 * order. `...` stands for axes that broadcast; a letter that stands twice in one operand takes the
 * diagonal. Pairs are contracted in the order that keeps intermediate results small.
 *
 * @throws TypeError for an equation that cannot be read; Error where sizes of one letter differ.
 *
 * @example
 * einsum("ij,jk->ik", tensor([[1, 2]]), tensor([[3], [4]])); // [[11]]
 * einsum("ii", tensor([[1, 2], [3, 4]])); // 5
 * einsum("bhqd,bhkd->bhqk", ones([2, 4, 8, 16]), ones([2, 4, 8, 16])); // (2, 4, 8, 8)
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  checkTensors(operands, "einsum");
  const given = atPrecision("low", ...operands);
  return asWritten(() => contracted(equation, given));
}

function contracted(equation: string, operands: readonly Tensor[]): Tensor {
  const [inputs, output, more] = equation.replace(/\s/g, "").split("->");
  const terms = inputs.split(",");
  if (more !== undefined || terms.length !== operands.length)
    throw new TypeError(
      `einsum: "${equation}" describes ${terms.length} operands, got ${operands.length}`,
    );
  const dtype = operands.map((x) => x.dtype).reduce(promote);
  let list = operands.map((x, i) =>
    withoutRepeats({ x: x.to(dtype), axes: parse(terms[i], x.ndim, equation) }),
  );
  const sizes = new Map<string, number>();
  for (const { x, axes } of list)
    axes.forEach((name, i) => {
      const [known, size] = [sizes.get(name) ?? 1, x.shape[i]];
      if (known !== size && known !== 1 && size !== 1)
        throw new Error(`einsum: "${name}" stands for sizes ${known} and ${size}`);
      sizes.set(name, known === 1 ? size : known);
    });
  const hidden = [...sizes.keys()]
    .filter((name) => name.startsWith("."))
    .sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
  let wanted: string[];
  if (output === undefined) {
    const letters = terms.join("").replace(/[.]/g, "");
    const once = Array.from(letters).filter((c) => letters.indexOf(c) === letters.lastIndexOf(c));
    wanted = [...hidden, ...once.sort()];
  } else {
    const dots = output.includes("...");
    const rank = output.replace("...", "").length + (dots ? hidden.length : 0);
    wanted = parse(output, rank, equation);
    for (const name of wanted)
      if (!sizes.has(name) || wanted.indexOf(name) !== wanted.lastIndexOf(name))
        throw new TypeError(
          `einsum: "${name}" in the result of "${equation}" must be an axis of an operand, named once`,
        );
  }
  const result = new Set(wanted);
  while (list.length > 1) {
    const keepFor = (i: number, j: number): Set<string> =>
      new Set([...wanted, ...list.flatMap((t, k) => (k === i || k === j ? [] : t.axes))]);
    let best: [cost: number, i: number, j: number] = [Infinity, 0, 1];
    for (let i = 0; i < list.length; i++)
      for (let j = i + 1; j < list.length; j++) {
        const cost = costOf(list[i], list[j], keepFor(i, j));
        if (cost < best[0]) best = [cost, i, j];
      }
    const [, i, j] = best;
    const made = contract(list[i], list[j], keepFor(i, j));
    list = [...list.filter((_, k) => k !== i && k !== j), made];
  }
  const { x, axes } = summed(list[0], result);
  // An axis that has size 1 here was left out where another operand had it longer; all are there now.
  return x.permute(wanted.map((name) => axes.indexOf(name)));
}
