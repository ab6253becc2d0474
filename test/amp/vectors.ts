import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type DType } from "nabla";
import { type GradScalerOptions, type LowDType } from "nabla/amp";

// Made by tools/fixtures-amp.py with PyTorch.

/** Steps of an optimiser with a scaler. */
export interface Trajectory {
  readonly optimizer: string;
  readonly scaler: GradScalerOptions;
  /** Steps in which a gradient is made infinite or NaN. */
  readonly bad: readonly number[];
  /** Whether gradients are unscaled and clipped to a norm of 0.1. */
  readonly clip: boolean;
  /** What the loss is multiplied by. */
  readonly factor?: number;
  /** The scale after each step. */
  readonly scales: readonly number[];
  /** The parameters after each step. */
  readonly weights: readonly (readonly number[])[];
  readonly tracker: number;
}

/** A small net under autocast on the CPU. */
export interface Network {
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

interface Vectors {
  /**
   * Dtypes of results by function: of f32 and of halves; of two f32, two halves, and both mixtures. Null where
   * PyTorch cannot tell without the device.
   */
  readonly dtypes: Readonly<
    Record<LowDType, Readonly<Record<string, readonly (DType | "int" | null)[]>>>
  >;
  readonly trajectories: readonly Trajectory[];
  readonly networks: Readonly<Record<LowDType, Network>>;
}

const file = new URL("./vectors.json.gz", import.meta.url);
export const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Vectors;

export const HALVES: readonly LowDType[] = ["f16", "bf16"];
