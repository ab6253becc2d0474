declare module "@jax-js/jax" {
  type Device = "cpu" | "wasm" | "webgpu" | "webgl";
  export function init(...devices: Device[]): Promise<Device[]>;
  export function defaultDevice(device: Device): Device;

  /** Arrays in lists and objects. */
  type Tree = numpy.Array | readonly Tree[] | { readonly [name: string]: Tree };
  /** A function that keeps memory until it is disposed of. */
  type Owned<F> = F & { dispose(): void };

  export namespace numpy {
    /** Passing an array to a function gives it away; `ref` is one more reference to it. */
    interface Array {
      readonly shape: number[];
      readonly ref: this;
      dispose(): void;
      data(): Promise<Float32Array | Int32Array>;
      add(other: Array | number): Array;
      sub(other: Array | number): Array;
      mul(other: Array | number): Array;
      div(other: Array | number): Array;
      neg(): Array;
      sum(axis?: number | number[]): Array;
      mean(axis?: number | number[]): Array;
      transpose(axes?: number[]): Array;
      reshape(shape: number[]): Array;
      slice(...ranges: [number, number][]): Array;
    }
    interface DType {
      readonly dtype: unique symbol;
    }
    const float32: DType;
    const int32: DType;
    function array(
      values: number | Float32Array | Int32Array,
      options?: { shape?: number[]; dtype?: DType },
    ): Array;
    function zeros(shape: number[]): Array;
    function zerosLike(x: Array): Array;
    function arange(end: number): Array;
    function equal(a: Array, b: Array): Array;
    function lessEqual(a: Array, b: Array): Array;
    function where(condition: Array, a: Array, b: Array): Array;
    function take(x: Array, indices: Array, axis: number): Array;
    function split(x: Array, parts: number, axis: number): Array[];
    function argmax(x: Array, axis: number): Array;
    function matmul(a: Array, b: Array): Array;
    function max(x: Array): Array;
    function square(x: Array): Array;
    function sqrt(x: Array): Array;
  }

  export namespace lax {
    function convGeneralDilated(
      x: numpy.Array,
      kernel: numpy.Array,
      strides: number[],
      padding: [number, number][],
    ): numpy.Array;
    function reduceWindow(
      x: numpy.Array,
      computation: (window: numpy.Array) => numpy.Array,
      window: number[],
      strides: number[],
    ): numpy.Array;
  }

  export namespace nn {
    function relu(x: numpy.Array): numpy.Array;
    function gelu(x: numpy.Array, options: { approximate: boolean }): numpy.Array;
    function softmax(x: numpy.Array, axis?: number): numpy.Array;
    function logSoftmax(x: numpy.Array, axis?: number): numpy.Array;
    function dotProductAttention(
      query: numpy.Array,
      key: numpy.Array,
      value: numpy.Array,
      options: { isCausal?: boolean; mask?: numpy.Array },
    ): numpy.Array;
    function standardize(x: numpy.Array, axis: number, options: { epsilon: number }): numpy.Array;
    function oneHot(x: numpy.Array, classes: number): numpy.Array;
  }

  export const tree: {
    ref<T extends Tree>(tree: T): T;
    dispose(tree: Tree): void;
  };
  export function jit<A extends Tree[], R extends Tree>(
    fn: (...args: A) => R,
  ): Owned<(...args: A) => R>;
  export function blockUntilReady<T extends Tree>(tree: T): Promise<T>;
  export function valueAndGrad<P extends Tree, A extends Tree[]>(
    fn: (first: P, ...rest: A) => numpy.Array,
  ): (first: P, ...rest: A) => [numpy.Array, P];
  export function vjp<A extends Tree[]>(
    fn: (...args: A) => numpy.Array,
    primals: A,
  ): [numpy.Array, Owned<(cotangent: numpy.Array) => A>];
}
