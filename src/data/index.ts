export { collate, type Collated } from "./collate.ts";
export { type Dataset, MappedDataset, randomSplit, Subset, TensorDataset } from "./dataset.ts";
export * as datasets from "./datasets.ts";
export { type IdxOptions, ImageDataset, type ImageOptions, type MnistOptions } from "./datasets.ts";
export {
  decodeIdx,
  type IdxArray,
  type IdxData,
  parseIdx,
  readIdx,
  type ReadIdxOptions,
} from "./idx.ts";
export { DataLoader, type DataLoaderOptions, type LoaderState } from "./loader.ts";
export {
  RandomSampler,
  type Sampler,
  type SeedState,
  SequentialSampler,
  WeightedRandomSampler,
} from "./sampler.ts";
export { compose, type Normalization, normalize, oneHot, toUnit } from "./transforms.ts";
