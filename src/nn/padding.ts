import { type Tensor } from "../tensor/index.ts";
import { type PadOptions } from "../tensor/padding.ts";
import { Layer } from "./module.ts";

/** One number for all sides, or (before, after) for each axis from the last on: `[left, right, top, …]`. */
export type Padding = number | readonly number[];

/** Adds entries around the last axes. */
abstract class Pad extends Layer {
  /** (before, after) for each axis, from the last on. */
  readonly padding: readonly number[];

  protected constructor(axes: number, padding: Padding) {
    super();
    const list = typeof padding === "number" ? new Array<number>(2 * axes).fill(padding) : padding;
    if (!Array.isArray(list) || list.length !== 2 * axes || !list.every(Number.isInteger))
      throw new RangeError(
        `${this.constructor.name}: padding must be an integer or ${2 * axes} of them, got ${JSON.stringify(padding)}`,
      );
    this.padding = (list as readonly number[]).slice();
  }

  protected padded(x: Tensor, options: PadOptions): Tensor {
    return x.pad(this.padding, options);
  }

  override extraRepr(): string {
    return `(${this.padding.join(", ")})`;
  }
}

abstract class ConstantPad extends Pad {
  readonly value: number;

  protected constructor(axes: number, padding: Padding, value: number) {
    super(axes, padding);
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return this.padded(x, { value: this.value });
  }

  override extraRepr(): string {
    return `padding=${super.extraRepr()}, value=${this.value}`;
  }
}

abstract class ZeroPad extends Pad {
  forward(x: Tensor): Tensor {
    return this.padded(x, {});
  }
}

abstract class ReflectionPad extends Pad {
  forward(x: Tensor): Tensor {
    return this.padded(x, { mode: "reflect" });
  }
}

abstract class ReplicationPad extends Pad {
  forward(x: Tensor): Tensor {
    return this.padded(x, { mode: "replicate" });
  }
}

abstract class CircularPad extends Pad {
  forward(x: Tensor): Tensor {
    return this.padded(x, { mode: "circular" });
  }
}

/**
 * Entries `value` around the last axis of (N, C, L); negative numbers cut entries off.
 *
 * @example
 * new nn.ConstantPad1d([1, 2], 9).forward(tensor([[1, 2]])); // [[9, 1, 2, 9, 9]]
 */
export class ConstantPad1d extends ConstantPad {
  /** @throws RangeError unless padding is an integer or 2 of them. */
  constructor(padding: Padding, value: number) {
    super(1, padding, value);
  }
}

/**
 * Entries `value` around the last two axes of (N, C, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ConstantPad2d(1, 0.5).forward(rand([8, 3, 4, 5])); // (8, 3, 6, 7)
 */
export class ConstantPad2d extends ConstantPad {
  /** @throws RangeError unless padding is an integer or 4 of them. */
  constructor(padding: Padding, value: number) {
    super(2, padding, value);
  }
}

/**
 * Entries `value` around the last three axes of (N, C, D, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ConstantPad3d(1, 0.5).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 6, 6, 6)
 */
export class ConstantPad3d extends ConstantPad {
  /** @throws RangeError unless padding is an integer or 6 of them. */
  constructor(padding: Padding, value: number) {
    super(3, padding, value);
  }
}

/**
 * Zeros around the last axis of (N, C, L); negative numbers cut entries off.
 *
 * @example
 * new nn.ZeroPad1d(1).forward(tensor([[1, 2]])); // [[0, 1, 2, 0]]
 */
export class ZeroPad1d extends ZeroPad {
  /** @throws RangeError unless padding is an integer or 2 of them. */
  constructor(padding: Padding) {
    super(1, padding);
  }
}

/**
 * Zeros around the last two axes of (N, C, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ZeroPad2d(1).forward(rand([8, 3, 4, 5])); // (8, 3, 6, 7)
 */
export class ZeroPad2d extends ZeroPad {
  /** @throws RangeError unless padding is an integer or 4 of them. */
  constructor(padding: Padding) {
    super(2, padding);
  }
}

/**
 * Zeros around the last three axes of (N, C, D, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ZeroPad3d(1).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 6, 6, 6)
 */
export class ZeroPad3d extends ZeroPad {
  /** @throws RangeError unless padding is an integer or 6 of them. */
  constructor(padding: Padding) {
    super(3, padding);
  }
}

/**
 * Entries around, mirrored without repeating the edge, in the last axis of (N, C, L); negative numbers cut entries off.
 *
 * @example
 * new nn.ReflectionPad1d(2).forward(tensor([[1, 2, 3]])); // [[3, 2, 1, 2, 3, 2, 1]]
 */
export class ReflectionPad1d extends ReflectionPad {
  /** @throws RangeError unless padding is an integer or 2 of them. */
  constructor(padding: Padding) {
    super(1, padding);
  }
}

/**
 * Entries around, mirrored without repeating the edge, in the last two axes of (N, C, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ReflectionPad2d(1).forward(rand([8, 3, 4, 5])); // (8, 3, 6, 7)
 */
export class ReflectionPad2d extends ReflectionPad {
  /** @throws RangeError unless padding is an integer or 4 of them. */
  constructor(padding: Padding) {
    super(2, padding);
  }
}

/**
 * Entries around, mirrored without repeating the edge, in the last three axes of (N, C, D, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ReflectionPad3d(1).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 6, 6, 6)
 */
export class ReflectionPad3d extends ReflectionPad {
  /** @throws RangeError unless padding is an integer or 6 of them. */
  constructor(padding: Padding) {
    super(3, padding);
  }
}

/**
 * Entries around, the edge repeated, in the last axis of (N, C, L); negative numbers cut entries off.
 *
 * @example
 * new nn.ReplicationPad1d([2, 1]).forward(tensor([[1, 2]])); // [[1, 1, 1, 2, 2]]
 */
export class ReplicationPad1d extends ReplicationPad {
  /** @throws RangeError unless padding is an integer or 2 of them. */
  constructor(padding: Padding) {
    super(1, padding);
  }
}

/**
 * Entries around, the edge repeated, in the last two axes of (N, C, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ReplicationPad2d(1).forward(rand([8, 3, 4, 5])); // (8, 3, 6, 7)
 */
export class ReplicationPad2d extends ReplicationPad {
  /** @throws RangeError unless padding is an integer or 4 of them. */
  constructor(padding: Padding) {
    super(2, padding);
  }
}

/**
 * Entries around, the edge repeated, in the last three axes of (N, C, D, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.ReplicationPad3d(1).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 6, 6, 6)
 */
export class ReplicationPad3d extends ReplicationPad {
  /** @throws RangeError unless padding is an integer or 6 of them. */
  constructor(padding: Padding) {
    super(3, padding);
  }
}

/**
 * Entries around, continued from the other side, in the last axis of (N, C, L); negative numbers cut entries off.
 *
 * @example
 * new nn.CircularPad1d([1, 2]).forward(tensor([[1, 2, 3]])); // [[3, 1, 2, 3, 1, 2]]
 */
export class CircularPad1d extends CircularPad {
  /** @throws RangeError unless padding is an integer or 2 of them. */
  constructor(padding: Padding) {
    super(1, padding);
  }
}

/**
 * Entries around, continued from the other side, in the last two axes of (N, C, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.CircularPad2d(1).forward(rand([8, 3, 4, 5])); // (8, 3, 6, 7)
 */
export class CircularPad2d extends CircularPad {
  /** @throws RangeError unless padding is an integer or 4 of them. */
  constructor(padding: Padding) {
    super(2, padding);
  }
}

/**
 * Entries around, continued from the other side, in the last three axes of (N, C, D, H, W); negative numbers cut entries off.
 *
 * @example
 * new nn.CircularPad3d(1).forward(rand([2, 3, 4, 4, 4])); // (2, 3, 6, 6, 6)
 */
export class CircularPad3d extends CircularPad {
  /** @throws RangeError unless padding is an integer or 6 of them. */
  constructor(padding: Padding) {
    super(3, padding);
  }
}
