import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { autocast, autocastDType, GradScaler } from "../../src/amp/index.ts";
import { manualSeed, type Tensor } from "../../src/tensor/index.ts";
import { clipGradNorm_ } from "../../src/optim/clip.ts";
import { type LogRecord, Trainer, type TrainerOptions } from "../../src/train/index.ts";
import { bits, makeLoader, type Net, setUp } from "./setting.ts";

type Options = TrainerOptions<Net, Tensor, [Tensor, Tensor]>;

/** Weights after two epochs of a Trainer. */
async function trained(options: Partial<Options>): Promise<Record<string, number[]>> {
  const parts = setUp();
  manualSeed(1);
  await new Trainer({ ...parts, ...options }).fit(makeLoader(), { epochs: 2 });
  return bits(parts.model);
}

describe("a Trainer in mixed precision", () => {
  test.each(["bf16", "f16"] as const)("does what a loop by hand does in %s", async (dtype) => {
    const { model, criterion, optimizer } = setUp();
    const scaler = new GradScaler({ enabled: dtype === "f16", growthInterval: 4 });
    manualSeed(1);
    for (let epoch = 0, loader = makeLoader(); epoch < 2; epoch++)
      for await (const [x, y] of loader) {
        optimizer.zeroGrad();
        const loss = autocast({ dtype }, () => criterion.forward(model.forward(x), y));
        scaler.scale(loss).backward();
        scaler.unscale_(optimizer);
        clipGradNorm_(model.parameters(), 1);
        scaler.step(optimizer);
        scaler.update();
      }
    const own = dtype === "f16" ? { scaler: new GradScaler({ growthInterval: 4 }) } : {};
    const options = { precision: dtype, clipNorm: 1, ...own };
    const wanted = await bits(model);
    expect(await trained(options)).toEqual(wanted);
    expect(await trained({ ...options, precision: "f32", scaler: undefined })).not.toEqual(wanted);
  });

  test.each(["bf16", "f16"] as const)("and in a compiled step, %s", async (precision) => {
    const plain = await trained({ precision, accumulate: 2, clipNorm: 1 });
    const compiled = await trained({ precision, accumulate: 2, clipNorm: 1, compileStep: true });
    for (const [name, values] of Object.entries(plain))
      values.forEach((v, i) => expect(Math.abs(v - compiled[name][i])).toBeLessThan(2e-3));
  });

  test("evaluates and predicts in it, too, and tells the scale", async () => {
    const dtypes: (string | undefined)[] = [];
    const scales: number[] = [];
    const { model, criterion, optimizer } = setUp();
    const trainer = new Trainer({
      model,
      optimizer,
      precision: "f16",
      criterion: (output: Tensor, target: Tensor) => {
        dtypes.push(output.dtype, autocastDType());
        return criterion.forward(output, target);
      },
      callbacks: [
        { name: "scale", onLog: (_, { values }: LogRecord) => void scales.push(values.scale) },
      ],
      logEvery: 8,
    });
    await trainer.fit(makeLoader(), { epochs: 1, validation: makeLoader() });
    await trainer.evaluate(makeLoader());
    expect(new Set(dtypes)).toEqual(new Set(["f16"]));
    expect((await trainer.predict(makeLoader())).dtype).toBe("f16");
    expect(scales).toEqual([65536]);
    expect(autocastDType()).toBe(undefined);
  });

  describe("from a checkpoint", () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), "nabla-precision-"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const start = () => {
      const parts = setUp();
      manualSeed(1);
      const scaler = new GradScaler({ growthInterval: 3, initScale: 2 ** 10 });
      return { ...parts, scaler, trainer: new Trainer({ ...parts, precision: "f16", scaler }) };
    };

    test("goes on with the same bits, and the same scale", async () => {
      const whole = start();
      await whole.trainer.fit(makeLoader(), { epochs: 3 });
      const checkpoint = path.join(folder, "run.safetensors");
      const first = start();
      await first.trainer.fit(makeLoader(), { epochs: 1, checkpoint });
      const second = start();
      await second.trainer.fit(makeLoader(), { epochs: 3, checkpoint, resume: true });
      expect(await bits(second.model)).toEqual(await bits(whole.model));
      expect(await second.scaler.getScale()).toBe(await whole.scaler.getScale());
      expect(await second.scaler.getScale()).toBe(2 ** 10 * 2 ** 8);
    });

    test("of another precision does not", async () => {
      const checkpoint = path.join(folder, "plain.safetensors");
      await new Trainer(setUp()).fit(makeLoader(), { epochs: 1, checkpoint });
      const { trainer, model, scaler } = start();
      const before = await bits(model);
      await expect(
        trainer.fit(makeLoader(), { epochs: 2, checkpoint, resume: true }),
      ).rejects.toThrow(/scaler: not in the checkpoint/);
      expect(await bits(model)).toEqual(before);
      expect(await scaler.getScale()).toBe(2 ** 10);
    });
  });
});
