export { accuracy, confusionMatrix, topKAccuracy } from "./accuracy.ts";
export { type Values } from "./counts.ts";
export { ClassificationMeter } from "./meter.ts";
export {
  type ClassificationReport,
  classificationReport,
  type ReportOptions,
  type ReportRow,
} from "./report.ts";
export {
  type Average,
  type AveragedOptions,
  f1Score,
  type PerClassOptions,
  precision,
  recall,
  type ScoreFunction,
  type ScoreOptions,
  type Scores,
} from "./scores.ts";
