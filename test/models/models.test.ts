import { describe, expect, test } from "vitest";
import { manualSeed, nn, noGrad, setDevice, tensor, type Tensor, zeros } from "../../src/index.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { Generator } from "../../src/tensor/index.ts";
import { GPT, LeNet5, type ResNet, resnet18, resnet50 } from "../../src/models/index.ts";
import { setWeights, whole } from "./values.ts";

const count = (net: nn.Module): number =>
  net.parameters().reduce((sum, p) => sum + sizeOf(p.shape), 0);

describe("ResNet", () => {
  test("numbers of parameters as in the paper's implementation", () => {
    expect(count(resnet18())).toBe(11_689_512);
    expect(count(resnet50())).toBe(25_557_032);
    expect(count(resnet18({ stem: "cifar" }))).toBe(11_173_962);
  });

  test("names of weights as in torchvision", () => {
    const names = Object.keys(resnet18().stateDict());
    expect(names.length).toBe(122);
    for (const name of [
      "conv1.weight",
      "bn1.num_batches_tracked",
      "layer1.0.bn2.running_var",
      "layer2.0.downsample.0.weight",
      "layer2.0.downsample.1.running_mean",
      "layer4.1.conv2.weight",
      "fc.bias",
    ])
      expect(names).toContain(name);
    expect(names).not.toContain("layer1.0.downsample.0.weight");
    expect(Object.keys(resnet50().stateDict())).toContain("layer1.0.downsample.0.weight");
  });

  test("convolutions start with the deviation √(2 / fanOut)", () => {
    manualSeed(3);
    const net: ResNet = resnet18({ stem: "cifar", numClasses: 7 });
    const deviation = net.layer3.parameters()[0].square().mean().sqrt().itemSync();
    expect(Math.abs(deviation / Math.sqrt(2 / (256 * 9)) - 1)).toBeLessThan(0.01);
    expect(net.fc.weight.shape).toEqual([7, 512]);
  });

  test("images of other sizes and channels", () => {
    const net = resnet18({ inChannels: 1, numClasses: 3 }).eval();
    expect(net.forward(zeros([2, 1, 40, 56])).shape).toEqual([2, 3]);
  });
});

test("LeNet-5 has 61,706 parameters", () => {
  expect(count(new LeNet5())).toBe(61_706);
  expect(new LeNet5({ numClasses: 4, inChannels: 3 }).forward(zeros([2, 3, 28, 28])).shape).toEqual(
    [2, 4],
  );
});

describe("GPT", () => {
  const small = (): GPT => {
    const gpt = new GPT({ vocabSize: 17, blockSize: 12, nLayer: 2, nHead: 2, nEmbd: 16 });
    setWeights(gpt);
    return gpt;
  };
  const prompt = (n: number, length: number): Tensor => whole("prompt", 17, n, length);

  /** The likeliest tokens, each from a look at the whole context. */
  function greedy(gpt: GPT, tokens: Tensor, more: number): number[][] {
    const rows = tokens.toArraySync() as number[][];
    for (let i = 0; i < more; i++) {
      const seen = tensor(
        rows.map((row) => row.slice(-12)),
        { dtype: "i32" },
      );
      const scores = noGrad(() => gpt.eval().forward(seen));
      const next = scores
        .select(1, seen.shape[1] - 1)
        .argmax(1)
        .dataSync();
      rows.forEach((row, k) => row.push(next[k]));
    }
    return rows;
  }

  test("has nanoGPT's names, sizes and ties", () => {
    const gpt = small();
    const state = gpt.stateDict();
    expect(Object.keys(state)).toContain("transformer.h.1.attn.c_attn.weight");
    expect(Object.keys(state)).toContain("transformer.ln_f.bias");
    expect(state["lm_head.weight"]).toBe(state["transformer.wte.weight"]);
    expect(gpt.parameters().length).toBe(2 + 2 * 12 + 2);
    // GPT-2's sizes but for its 12 blocks and 50,257 tokens.
    const block = 12 * 768 ** 2 + 13 * 768;
    expect(count(new GPT({ vocabSize: 100, nLayer: 1 }))).toBe(block + (100 + 1024 + 2) * 768);
    expect(
      new GPT({ vocabSize: 5, nEmbd: 4, nHead: 2, nLayer: 1, bias: false }).parameters().length,
    ).toBe(2 + 6 + 1);
  });

  test("starts with small normal weights, smaller at the end of each residual", () => {
    manualSeed(7);
    const gpt = new GPT({ vocabSize: 64, blockSize: 64, nLayer: 8, nHead: 2, nEmbd: 64 });
    const deviation = (x: Tensor): number => x.square().mean().sqrt().itemSync();
    const [block] = gpt.blocks;
    expect(deviation(gpt.wte.weight)).toBeCloseTo(0.02, 2);
    expect(deviation(block.attn.cAttn.weight)).toBeCloseTo(0.02, 2);
    expect(Math.abs(deviation(block.mlp.cProj.weight) / (0.02 / 4) - 1)).toBeLessThan(0.05);
    expect(deviation(block.mlp.cFc.bias!)).toBe(0);
  });

  // Beyond the block's 12 positions too.
  test.each([
    ["js", [2, 3]],
    ["wasm", [2, 3]],
    ["wasm", [1, 12]],
    ["wasm", [1, 15]],
  ] as const)("what is kept of the past changes nothing, on %s for %j", (device, [n, length]) => {
    setDevice(device);
    const gpt = small();
    const text = gpt.generate(prompt(n, length), 11, { temperature: 0 });
    expect(text.toArraySync()).toEqual(greedy(gpt, prompt(n, length), 11));
    setDevice("wasm");
  });

  test("uses the weights as they are when it generates", () => {
    const gpt = small();
    const tokens = prompt(1, 3);
    const before = gpt.generate(tokens, 6, { temperature: 0 }).toArraySync();
    nn.init.normal_(gpt.lnF.weight!, 0, 1);
    const after = gpt.generate(tokens, 6, { temperature: 0 }).toArraySync();
    expect(after).toEqual(greedy(gpt, tokens, 6));
    expect(after).not.toEqual(before);
  });

  test("the same seed draws the same text; topK = 1 the likeliest", () => {
    const gpt = small();
    const tokens = prompt(2, 3);
    const draw = (): unknown => {
      manualSeed(5);
      return gpt.generate(tokens, 8, { temperature: 0.9, topK: 4 }).toArraySync();
    };
    expect(draw()).toEqual(draw());
    const likeliest = gpt.generate(tokens, 5, { topK: 1 }).toArraySync();
    expect(likeliest).toEqual(greedy(gpt, tokens, 5));
    const own = new Generator(1);
    const first = gpt.generate(tokens, 8, { generator: own }).toArraySync();
    expect(gpt.generate(tokens, 8, { generator: own.manualSeed(1) }).toArraySync()).toEqual(first);
  });

  test("draws by the probabilities", () => {
    const gpt = small();
    manualSeed(9);
    const tokens = prompt(1, 4).expand(2000, 4);
    const drawn = gpt.generate(tokens, 1, { temperature: 1.5 }).select(1, 4).dataSync();
    const scores = noGrad(() => gpt.eval().forward(prompt(1, 4))).select(1, 3);
    const expected = scores.div(1.5).softmax().dataSync();
    for (let token = 0; token < 17; token++) {
      const share = drawn.filter((t) => t === token).length / 2000;
      // Five standard deviations.
      const spread = 5 * Math.sqrt((expected[token] * (1 - expected[token])) / 2000);
      expect(Math.abs(share - expected[token])).toBeLessThan(spread + 1e-3);
    }
  });

  test("keeps its mode, and a copy has a memory of its own", () => {
    const gpt = small();
    const tokens = prompt(1, 3);
    gpt.generate(tokens, 2);
    expect(gpt.training).toBe(true);
    const copy = gpt.clone();
    nn.init.normal_(copy.lnF.weight!, 0, 1);
    expect(copy.generate(tokens, 4, { temperature: 0 }).toArraySync()).toEqual(
      greedy(copy, tokens, 4),
    );
    expect(gpt.generate(tokens, 4, { temperature: 0 }).toArraySync()).toEqual(
      greedy(gpt, tokens, 4),
    );
  });

  test("mistakes", () => {
    expect(() => new GPT({ vocabSize: 5, nEmbd: 5, nHead: 2 })).toThrow(
      "GPT: nHead must divide nEmbd, got 2 for 5",
    );
    const gpt = small();
    expect(() => gpt.forward(prompt(1, 13))).toThrow(
      "GPT: at most 12 tokens can be looked at (blockSize), got 13",
    );
    expect(() => gpt.forward(zeros([1, 3]))).toThrow(/expected integer tokens \(N, T\), got f32/);
    expect(() => gpt.generate(prompt(1, 3), -1)).toThrow(/count must be an integer >= 0/);
    expect(() => gpt.generate(prompt(1, 3), 1, { temperature: -1 })).toThrow(/temperature/);
    expect(() => gpt.generate(prompt(1, 3), 1, { topK: 0 })).toThrow(/topK/);
    expect(gpt.generate(prompt(1, 3), 0).shape).toEqual([1, 3]);
  });
});
