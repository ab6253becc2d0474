import * as T from "../../../src/tensor/index.ts";
import { axis, b, d, f, i, type Mistakes, no, x } from "./helpers.ts";

/** Of creation, random numbers, layers and transformations. */
export const MAKING: Mistakes = {
  evalAll: [[() => T.evalAll([x, no]), "evalAll: expected tensors, got a string"]],
  bernoulli: [
    [
      () => T.bernoulli(i(2)),
      "bernoulli: expected probabilities of a floating-point dtype, got i32",
    ],
  ],
  dropout: [
    [() => T.dropout(x, 1.5), "dropout: p must be from 0 to 1, got 1.5"],
    [() => T.dropout(x, NaN), "dropout: p must be from 0 to 1, got NaN"],
    [() => T.dropout(i(2), 0.5), "dropout: expected a floating-point tensor, got i32"],
  ],
  multinomial: [
    [
      () => T.multinomial(f(1, 2, 3), 1),
      "multinomial: expected weights (C) or (N, C), got [1, 2, 3]",
    ],
    [() => T.multinomial(x, 4), "multinomial: cannot draw 4 of 3 positions without replacement"],
    [
      () => T.multinomial(i(3), 1),
      "multinomial: expected weights of a floating-point dtype, got i32",
    ],
  ],
  tensor: [
    [
      () => T.tensor([[1, 2], [3]]),
      "tensor: nested arrays must have equal lengths; expected 2 elements at [1], got 1",
    ],
    [() => T.tensor(no), 'tensor: expected numbers, nested arrays or a typed array, got "x"'],
    [() => T.tensor([1, no]), "tensor: expected a number or boolean at [1], got string"],
    [
      () => T.tensor(1, { dtype: no }),
      'tensor: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
  ],
  fromTypedArray: [
    [
      () => T.fromTypedArray(new Float32Array(3), [2]),
      "fromTypedArray: shape [2] needs 2 elements, got 3",
    ],
    [
      () => T.fromTypedArray(new Float32Array(2), [2], { dtype: "i32" }),
      "fromTypedArray: a Float32Array holds f32, not i32",
    ],
    [
      () => T.fromTypedArray(new Uint16Array(2)),
      "fromTypedArray: a Uint16Array holds bits of f16 or bf16, not i32: name one as dtype",
    ],
  ],
  zeros: [
    [() => T.zeros([-1]), "zeros: sizes must be integers >= 0, got [-1]"],
    [() => T.zeros([1.5]), "zeros: sizes must be integers >= 0, got [1.5]"],
    [() => T.zeros(no), 'zeros: expected a shape such as [2, 3], got "x"'],
    [
      () => T.zeros([2], { dtype: no }),
      'zeros: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
    [
      () => T.zeros([2], { dtype: "i32", requiresGrad: true }),
      "requiresGrad_: only floating-point tensors can require a gradient, got i32",
    ],
  ],
  ones: [[() => T.ones([-1]), "ones: sizes must be integers >= 0, got [-1]"]],
  full: [
    [() => T.full([-1], 1), "full: sizes must be integers >= 0, got [-1]"],
    [() => T.full([2], no), 'full: expected a number or a boolean, got "x"'],
  ],
  arange: [
    [
      () => T.arange(0, 5, 0),
      "arange: expected finite numbers and a step other than 0, got 0, 5, 0",
    ],
    [() => T.arange(0, 5, -1), "arange: the step must lead from 0 to 5, got a step of -1"],
    [() => T.arange(NaN), "arange: expected finite numbers and a step other than 0, got 0, NaN, 1"],
  ],
  linspace: [
    [() => T.linspace(0, 1, -1), "linspace: sizes must be integers >= 0, got [-1]"],
    [() => T.linspace(NaN, 1, 3), "linspace: expected finite numbers, got NaN and 1"],
  ],
  logspace: [[() => T.logspace(0, 1, -1), "logspace: sizes must be integers >= 0, got [-1]"]],
  eye: [[() => T.eye(-1), "eye: sizes must be integers >= 0, got [-1, -1]"]],
  fullLike: [
    [() => T.fullLike(x, no), 'full: expected a number or a boolean, got "x"'],
    [() => T.fullLike(no, 1), "full: expected a shape such as [2, 3], got undefined"],
  ],
  zerosLike: [
    [
      () => T.zerosLike(x, { dtype: no }),
      'zeros: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
  ],
  onesLike: [
    [
      () => T.onesLike(x, { dtype: no }),
      'ones: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
  ],
  randLike: [[() => T.randLike(i(2)), "rand: expected a floating-point dtype, got i32"]],
  randnLike: [[() => T.randnLike(i(2)), "randn: expected a floating-point dtype, got i32"]],
  rand: [
    [() => T.rand([-1]), "rand: sizes must be integers >= 0, got [-1]"],
    [() => T.rand([2], { dtype: "i32" }), "rand: expected a floating-point dtype, got i32"],
  ],
  randn: [
    [() => T.randn([-1]), "randn: sizes must be integers >= 0, got [-1]"],
    [() => T.randn([1], { dtype: "bool" }), "randn: expected a floating-point dtype, got bool"],
  ],
  uniform: [
    [() => T.uniform([2], NaN, 1), "uniform: expected finite numbers low <= high, got NaN and 1"],
    [() => T.uniform([2], 2, 1), "uniform: expected finite numbers low <= high, got 2 and 1"],
  ],
  normal: [
    [
      () => T.normal(0, -1, [2]),
      "normal: expected a finite mean and a finite std >= 0, got 0 and -1",
    ],
  ],
  randint: [
    [() => T.randint(2, 2, [2]), "randint: expected integers low < high, got 2 and 2"],
    [
      () => T.randint(0, 2 ** 33, [2]),
      "randint: the range may hold at most 2^32 integers, got 8589934592",
    ],
  ],
  randperm: [[() => T.randperm(-1), "randperm: sizes must be integers >= 0, got [-1]"]],
  to: [
    [
      () => T.to(x, no),
      'to: expected a dtype (f32, f64, f16, bf16, i64, i32, u32, i16, i8, u8, bool), got "x"',
    ],
  ],
  typeAs: [[() => T.typeAs(x, no), 'typeAs: expected a tensor, got "x"']],
  backward: [
    [
      () => T.backward(x),
      "backward: no tensor that requires a gradient leads to this one. It may have been detached, computed inside noGrad, or computed before the optimiser's last step",
    ],
    [() => T.backward(i(1)), "backward: expected a floating-point tensor, got i32"],
    [
      () => T.backward(f(2).requiresGrad_()),
      "backward: a tensor of shape [2] needs a gradient of that shape; only of one element it is 1 by default",
    ],
    [
      () => T.backward(f(2).requiresGrad_(), f(3)),
      "backward: expected a gradient f32[2], got f32[3]",
    ],
  ],
  grad: [
    [
      () => T.grad((y: T.Tensor) => y)(x),
      "grad: the function must return a floating-point tensor of one element, got a tensor f32[2, 3]",
    ],
    [
      () => T.grad((y: T.Tensor) => y.sum())(i(2)),
      "grad: argument 0 is i32[2]; only floating-point tensors have derivatives",
    ],
    [() => T.grad((y: T.Tensor) => y.sum(), 1)(x), "grad: there is no argument 1; got 1 arguments"],
  ],
  valueAndGrad: [
    [
      () => T.valueAndGrad((y: T.Tensor) => y)(x),
      "valueAndGrad: the function must return a floating-point tensor of one element, got a tensor f32[2, 3]",
    ],
  ],
  vjp: [
    [() => T.vjp((y: T.Tensor) => y, x)[1](f(2)), "vjp: cotangent: expected f32[2, 3], got f32[2]"],
    [
      () => T.vjp((y: T.Tensor) => y, i(2)),
      "vjp: argument 0 is i32[2]; only floating-point tensors have derivatives",
    ],
  ],
  jvp: [
    [() => T.jvp((y: T.Tensor) => y, [x], [f(2)]), "jvp: tangent: expected f32[2, 3], got f32[2]"],
  ],
  vmap: [
    [() => T.vmap((y: T.Tensor) => y)(f()), "vmap: argument 0 is a scalar and has no axis"],
    [
      () => T.vmap((y: T.Tensor, _: T.Tensor) => y)(x, f(3)),
      "vmap: mapped axes must have one size, got 2 and 3 (argument 1)",
    ],
    [() => T.vmap((y: T.Tensor) => y, { inDims: [null] })(x), "vmap: no argument is mapped"],
    [() => T.vmap((y: T.Tensor) => y, { inDims: 2 })(x), axis("vmap", 2)],
    [() => T.vmap((y: T.Tensor) => y, { outDims: 3 })(x), axis("vmap: outDims", 3)],
  ],
  jacobian: [
    [
      () => T.jacobian((_: T.Tensor) => 3 as never)(x),
      "jacobian: the function must return a floating-point tensor, got 3",
    ],
  ],
  hessian: [
    [
      () => T.hessian((y: T.Tensor) => y)(x),
      "hessian: the function must return a floating-point tensor of one element, got a tensor f32[2, 3]",
    ],
  ],
  compile: [
    [
      () => T.compile((y: T.Tensor) => Promise.resolve(y))(x),
      "compile: the function returned a promise; it must be synchronous, and return the tensors to be read",
    ],
    [
      () => T.compile((y: T.Tensor) => y.itemSync())(f(1)),
      "a tensor cannot be read inside a function that is being compiled: return it instead",
    ],
  ],
  manualSeed: [
    [() => T.manualSeed(-1), "a seed must be an integer from 0 to 2^53 - 1, got -1"],
    [() => T.manualSeed(0.5), "a seed must be an integer from 0 to 2^53 - 1, got 0.5"],
  ],
  Generator: [
    [() => new T.Generator(NaN), "a seed must be an integer from 0 to 2^53 - 1, got NaN"],
  ],
  conv1d: [
    [
      () => T.conv1d(f(1, 3, 5), f(2, 4, 3)),
      "conv: channels differ, [1, 3, 5] * [2, 4, 3] with 1 groups (expected 3 in axis 1 of the kernel, got 4)",
    ],
    [
      () => T.conv1d(f(3, 5), f(2, 3)),
      "conv1d: expected a weight (out, in / groups, ...kernel) of 3 axes, got a tensor f32[2, 3]",
    ],
    [
      () => T.conv1d(f(1, 3, 2), f(2, 3, 3)),
      "conv: kernel does not fit, spatial axis 0 of [1, 3, 2] is 2 with padding and the kernel [2, 3, 3] spans 3",
    ],
    [
      () => T.conv1d(f(1, 3, 5), d(2, 3, 3)),
      "conv: dtypes differ, f32[1, 3, 5] and f64[2, 3, 3]: cast one of them first",
    ],
    [
      () => T.conv1d(f(1, 3, 5), f(2, 3, 3), f(3)),
      "conv1d: expected a bias of 2 numbers, one an output channel, got [3]",
    ],
  ],
  conv2d: [
    [
      () => T.conv2d(f(1, 3, 5, 5), f(2, 4, 3, 3)),
      "conv: channels differ, [1, 3, 5, 5] * [2, 4, 3, 3] with 1 groups (expected 3 in axis 1 of the kernel, got 4)",
    ],
    [
      () => T.conv2d(f(1, 3, 5, 5), f(2, 3, 3, 3), undefined, { stride: 0 }),
      "conv2d: stride must be an integer >= 1 or 2 of them, got 0",
    ],
    [
      () => T.conv2d(f(1, 3, 5, 5), f(2, 3, 3, 3), undefined, { groups: 2 }),
      "conv: groups must divide the channels, got 2 groups for 3 input and 2 output channels",
    ],
    [
      () => T.conv2d(f(1, 3, 5, 5), no),
      'conv2d: expected a weight (out, in / groups, ...kernel) of 4 axes, got "x"',
    ],
  ],
  conv3d: [
    [
      () => T.conv3d(f(1, 3, 5, 5), f(2, 3, 3, 3)),
      "conv3d: expected a weight (out, in / groups, ...kernel) of 5 axes, got a tensor f32[2, 3, 3, 3]",
    ],
  ],
  convTranspose1d: [
    [
      () => T.convTranspose1d(f(1, 3, 5), f(2, 4, 3)),
      "convTranspose1d: channels differ, input [1, 3, 5] and weight [2, 4, 3] (in, out / groups, ...kernel) with 1 groups",
    ],
  ],
  convTranspose2d: [
    [
      () => T.convTranspose2d(f(1, 3, 5, 5), f(4, 2, 3, 3)),
      "convTranspose2d: channels differ, input [1, 3, 5, 5] and weight [4, 2, 3, 3] (in, out / groups, ...kernel) with 1 groups",
    ],
  ],
  convTranspose3d: [
    [
      () => T.convTranspose3d(f(1, 3), f(1, 3)),
      "convTranspose3d: expected a weight (in, out / groups, ...kernel) of 5 axes, got a tensor f32[1, 3]",
    ],
  ],
  maxPool1d: [
    [
      () => T.maxPool1d(f(1, 2, 3), 4),
      "maxPool1d: a window of 4 does not fit axis 2 of [1, 2, 3] with padding 0",
    ],
    [() => T.maxPool1d(f(3), 2), "maxPool1d: expected an input (N, C, L) or (C, L), got [3]"],
  ],
  maxPool2d: [
    [
      () => T.maxPool2d(f(1, 1, 3, 3), 4),
      "maxPool2d: a window of 4 does not fit axis 2 of [1, 1, 3, 3] with padding 0",
    ],
    [
      () => T.maxPool2d(f(1, 1, 3, 3), 0),
      "maxPool2d: kernelSize must be an integer >= 1 or 2 of them, got 0",
    ],
  ],
  maxPool3d: [
    [
      () => T.maxPool3d(f(3, 3), 2),
      "maxPool3d: expected an input (N, C, D, H, W) or (C, D, H, W), got [3, 3]",
    ],
  ],
  avgPool1d: [
    [
      () => T.avgPool1d(f(1, 2, 3), 4),
      "avgPool1d: a window of 4 does not fit axis 2 of [1, 2, 3] with padding 0",
    ],
    [() => T.avgPool1d(b(1, 2, 3), 2), "avgPool1d: not defined for bool; use numbers"],
  ],
  avgPool2d: [
    [
      () => T.avgPool2d(f(1, 1, 3, 3), [2, 2, 2]),
      "avgPool2d: kernelSize must be an integer >= 1 or 2 of them, got [2,2,2]",
    ],
  ],
  avgPool3d: [
    [
      () => T.avgPool3d(f(3, 3), 2),
      "avgPool3d: expected an input (N, C, D, H, W) or (C, D, H, W), got [3, 3]",
    ],
  ],
  adaptiveAvgPool1d: [
    [
      () => T.adaptiveAvgPool1d(f(1, 2, 3), 0),
      "adaptiveAvgPool1d: outputSize must be an integer >= 1 (null keeps a size), got 0",
    ],
  ],
  adaptiveAvgPool2d: [
    [
      () => T.adaptiveAvgPool2d(f(3), 2),
      "adaptiveAvgPool2d: expected an input (N, C, H, W) or (C, H, W), got [3]",
    ],
  ],
  adaptiveAvgPool3d: [
    [
      () => T.adaptiveAvgPool3d(f(3), 2),
      "adaptiveAvgPool3d: expected an input (N, C, D, H, W) or (C, D, H, W), got [3]",
    ],
  ],
  adaptiveMaxPool1d: [
    [
      () => T.adaptiveMaxPool1d(f(1, 2, 3), 0),
      "adaptiveMaxPool1d: outputSize must be an integer >= 1 (null keeps a size), got 0",
    ],
  ],
  adaptiveMaxPool2d: [
    [
      () => T.adaptiveMaxPool2d(f(3), 2),
      "adaptiveMaxPool2d: expected an input (N, C, H, W) or (C, H, W), got [3]",
    ],
  ],
  adaptiveMaxPool3d: [
    [
      () => T.adaptiveMaxPool3d(f(3), 2),
      "adaptiveMaxPool3d: expected an input (N, C, D, H, W) or (C, D, H, W), got [3]",
    ],
  ],
  batchNorm: [
    [
      () => T.batchNorm(f(3), undefined, undefined),
      "batchNorm: expected an input (N, C, …), got [3]",
    ],
    [
      () => T.batchNorm(f(2, 3), undefined, undefined, { weight: f(2) }),
      "batchNorm: expected weight f32[3], got f32[2]",
    ],
    [
      () => T.batchNorm(f(2, 3), undefined, undefined),
      "batchNorm: without training it needs running moments",
    ],
    [
      () => T.batchNorm(i(2, 3), undefined, undefined),
      "batchNorm: expected a floating-point tensor, got i32",
    ],
  ],
  instanceNorm: [
    [() => T.instanceNorm(f(3)), "instanceNorm: expected an input (N, C, …spatial), got [3]"],
  ],
  groupNorm: [
    [
      () => T.groupNorm(f(2, 3, 4), 2),
      "groupNorm: numGroups must divide the 3 channels of [2, 3, 4], got 2",
    ],
    [
      () => T.groupNorm(f(2, 4), 0),
      "groupNorm: numGroups must divide the 4 channels of [2, 4], got 0",
    ],
  ],
  layerNorm: [
    [
      () => T.layerNorm(x, [2]),
      "layerNorm: expected an input that ends in the shape [2], got [2, 3]",
    ],
    [() => T.layerNorm(x, [3], { weight: f(2) }), "layerNorm: expected weight f32[3], got f32[2]"],
    [() => T.layerNorm(i(2, 3), [3]), "layerNorm: expected a floating-point tensor, got i32"],
  ],
  rmsNorm: [
    [() => T.rmsNorm(x, [2]), "rmsNorm: expected an input that ends in the shape [2], got [2, 3]"],
  ],
  scaledDotProductAttention: [
    [
      () => T.scaledDotProductAttention(f(2, 3, 4), f(2, 5, 6), f(2, 5, 6)),
      "scaledDotProductAttention: query [2, 3, 4], key [2, 5, 6] and value [2, 5, 6] do not fit (…, L, E), (…, S, E), (…, S, Ev)",
    ],
    [
      () => T.scaledDotProductAttention(f(2, 3, 4), f(2, 5, 4), f(2, 6, 4)),
      "scaledDotProductAttention: query [2, 3, 4], key [2, 5, 4] and value [2, 6, 4] do not fit (…, L, E), (…, S, E), (…, S, Ev)",
    ],
  ],
  interpolate: [
    [() => T.interpolate(f(3), { size: 2 }), "interpolate: expected an input (N, C, …), got [3]"],
    [() => T.interpolate(f(1, 1, 3), {}), "interpolate: expected one of size and scaleFactor"],
    [
      () => T.interpolate(f(1, 1, 3), { size: 2, mode: no }),
      'interpolate: mode must be "nearest" (others are in nabla/extra), got "x"',
    ],
  ],
  scan: [
    [
      () => T.scan((c: T.Tensor, y: T.Tensor) => [c, y], f(2), f()),
      "scan: a sequence needs an axis to go along, got a scalar",
    ],
    [
      () => T.scan((_: T.Tensor, y: T.Tensor) => [y, y], f(2), f(3, 4)),
      "scan: the step must return a carry like the one it was given, f32[2], got f32[4]",
    ],
  ],
};
