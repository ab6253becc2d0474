declare module "@tensorflow/tfjs-core" {
  export interface Tensor {
    readonly shape: number[];
    data(): Promise<Float32Array | Int32Array | Uint8Array>;
    dispose(): void;
  }
  export interface Variable extends Tensor {
    readonly name: string;
    assign(value: Tensor): void;
  }
  /** A tensor of one element; this declaration does not tell the ranks of others apart. */
  export type Scalar = Tensor;
  type Operand = Tensor | number;
  type Axis = number | number[];

  export interface Optimizer {
    minimize(f: () => Scalar, returnCost: boolean, variables: Variable[]): Scalar | null;
  }
  export const train: {
    adam(learningRate: number, beta1: number, beta2: number, epsilon: number): Optimizer;
  };
  export const losses: { softmaxCrossEntropy(onehotLabels: Tensor, logits: Tensor): Tensor };

  export function setBackend(name: string): Promise<boolean>;
  export function tidy<T>(fn: () => T): T;
  export function dispose(tensors: Tensor | Tensor[]): void;
  export function valueAndGrad(
    f: (x: Tensor) => Tensor,
  ): (x: Tensor, dy?: Tensor) => { value: Tensor; grad: Tensor };

  export function tensor(
    values: Float32Array | Int32Array,
    shape: number[],
    dtype: "float32" | "int32",
  ): Tensor;
  export function variable(initial: Tensor, trainable: boolean, name: string): Variable;
  export function oneHot(indices: Tensor, depth: number): Tensor;

  export function add(a: Operand, b: Operand): Tensor;
  export function sub(a: Operand, b: Operand): Tensor;
  export function mul(a: Operand, b: Operand): Tensor;
  export function erf(x: Tensor): Tensor;
  export function relu(x: Tensor): Tensor;
  export function rsqrt(x: Tensor): Tensor;
  export function softmax(x: Tensor): Tensor;
  export function moments(
    x: Tensor,
    axis: Axis,
    keepDims: boolean,
  ): { mean: Tensor; variance: Tensor };
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
}

declare module "@tensorflow/tfjs-core/dist/register_all_gradients" {}

declare module "@tensorflow/tfjs-backend-wasm" {
  export function setWasmPaths(folder: string): void;
}
