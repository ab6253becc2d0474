// Run as a process by kill.ts: saves one version after the other, until it is killed.
import { full, tensor } from "../../src/index.ts";
import { saveCheckpoint, saveSafetensors, saveSharded } from "../../src/io/index.ts";
import { Module } from "../../src/nn/module.ts";
import { Buffer } from "../../src/nn/parameter.ts";

const [, , kind, target, first] = process.argv;
const SIZES = [1, 300, 70_000, 250_000];

class Versions extends Module {
  parts = SIZES.map((size) => new Buffer(full([size], 0)));
  forward(): void {
    // It has nothing to compute.
  }
}

async function save(version: number): Promise<void> {
  const tensors = Object.fromEntries(SIZES.map((size) => [`t${size}`, full([size], version)]));
  if (kind === "file")
    return saveSafetensors(target, tensors, { metadata: { version: String(version) } });
  if (kind === "sharded") {
    await saveSharded(
      target,
      { ...tensors, version: tensor(version) },
      { maxShardBytes: 300_000 + 4 * version },
    );
    return;
  }
  const model = new Versions();
  for (const part of model.parts) part.rebind(full(part.shape, version));
  return saveCheckpoint(target, { model, step: version, extra: { version } });
}

async function main(): Promise<void> {
  for (let version = Number(first); ; version++) {
    await save(version);
    process.stdout.write(`${version}\n`);
  }
}

void main();
