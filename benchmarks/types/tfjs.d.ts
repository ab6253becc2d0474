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
  /** An optimiser that takes gradients which were computed before. */
  interface GradientOptimizer extends Optimizer {
    applyGradients(gradients: Record<string, Tensor>): void;
  }
  export const train: {
    momentum(learningRate: number, momentum: number): Optimizer;
    adam(learningRate: number, beta1: number, beta2: number, epsilon: number): GradientOptimizer;
  };
  export const losses: { softmaxCrossEntropy(onehotLabels: Tensor, logits: Tensor): Tensor };

  export function setBackend(name: string): Promise<boolean>;
  export function tidy<T>(fn: () => T): T;
  export function dispose(tensors: Tensor | Tensor[]): void;
  export function variableGrads(
    f: () => Scalar,
    variables: Variable[],
  ): { value: Scalar; grads: Record<string, Tensor> };
  export function valueAndGrad(
    f: (x: Tensor) => Tensor,
  ): (x: Tensor, dy?: Tensor) => { value: Tensor; grad: Tensor };

  export function tensor(
    values: Float32Array | Int32Array,
    shape: number[],
    dtype: "float32" | "int32",
  ): Tensor;
  export function variable(initial: Tensor, trainable: boolean, name: string): Variable;
  export function zeros(shape: number[]): Tensor;
  export function ones(shape: number[]): Tensor;
  export function oneHot(indices: Tensor, depth: number): Tensor;

  export function add(a: Operand, b: Operand): Tensor;
  export function sub(a: Operand, b: Operand): Tensor;
  export function mul(a: Operand, b: Operand): Tensor;
  export function erf(x: Tensor): Tensor;
  export function relu(x: Tensor): Tensor;
  export function sigmoid(x: Tensor): Tensor;
  export function tanh(x: Tensor): Tensor;
  export function rsqrt(x: Tensor): Tensor;
  export function softmax(x: Tensor): Tensor;
  export function moments(
    x: Tensor,
    axis: Axis,
    keepDims?: boolean,
  ): { mean: Tensor; variance: Tensor };
  export function argMax(x: Tensor, axis: number): Tensor;
  export function gather(x: Tensor, indices: Tensor): Tensor;
  export function slice(x: Tensor, begin: number[], size: number[]): Tensor;
  export function split(x: Tensor, parts: number, axis: number): Tensor[];
  export function stack(tensors: Tensor[]): Tensor;
  export function unstack(x: Tensor): Tensor[];
  export function concat(tensors: Tensor[], axis: number): Tensor;
  export const linalg: { bandPart(x: Tensor, lower: number, upper: number): Tensor };
  export function mean(x: Tensor, axis: Axis): Tensor;
  export function transpose(x: Tensor, axes: number[]): Tensor;
  export function reshape(x: Tensor, shape: number[]): Tensor;
  export function conv2d(x: Tensor, filter: Tensor, strides: number, padding: number): Tensor;
  export function maxPool(x: Tensor, size: number, strides: number, padding: "valid"): Tensor;
  export function batchNorm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor,
    scale: Tensor,
    epsilon: number,
  ): Tensor;
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
}

declare module "@tensorflow/tfjs-core/dist/register_all_gradients" {}

declare module "@tensorflow/tfjs-backend-wasm" {
  export function setWasmPaths(folder: string): void;
}
