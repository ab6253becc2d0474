export {
  type Callback,
  type EpochRecord,
  type HookName,
  type LogRecord,
  type Run,
  type Values,
} from "./callback.ts";
export {
  bestCheckpoint,
  earlyStopping,
  type EarlyStoppingOptions,
  type MonitorOptions,
} from "./early-stopping.ts";
export { jsonLines, logConsole, type LogConsoleOptions } from "./log-files.ts";
export {
  type Metric,
  type MetricFunction,
  type Metrics,
  metricsOf,
  type ScoreName,
} from "./metric.ts";
export {
  type AnyOptimizer,
  type Criterion,
  type OutputOf,
  type Parts,
  type TrainerOptions,
} from "./options.ts";
export {
  type Output,
  type Progress,
  progress,
  progressBar,
  type ProgressCallbackOptions,
  type ProgressOptions,
} from "./progress.ts";
export { htmlReport, type ReportOptions } from "./report/callback.ts";
export { type ChartOptions, lineChart, type Point, type Series } from "./report/chart.ts";
export { type ReportData, reportPage } from "./report/page.ts";
export { tensorBoard } from "./tensorboard/callback.ts";
export { type CheckpointOptions, type FitOptions, type Loader, Trainer } from "./trainer.ts";
