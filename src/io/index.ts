export { deserialize, deserializeMetadata, serialize } from "./bytes.ts";
export {
  loadSafetensors,
  type LoadTensorsOptions,
  openSafetensors,
  SafetensorsFile,
  saveSafetensors,
  type TensorInfo,
} from "./files.ts";
export { type Metadata, type SaveOptions, type Tensors } from "./layout.ts";
export {
  type CheckpointInfo,
  type CheckpointParts,
  loadCheckpoint,
  saveCheckpoint,
  type Stateful,
} from "./checkpoint.ts";
export { type JsonValue } from "./json.ts";
export {
  loadSharded,
  type LoadShardedOptions,
  saveSharded,
  type ShardedOptions,
} from "./sharded.ts";
