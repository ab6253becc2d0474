import { InferenceSession, Tensor } from "onnxruntime-node";
import { type Job, type Prepare, sample } from "../../harness/job.ts";
import { resnet18Model } from "../../nets/resnet18/onnx.ts";
import { sessionOptions } from "../../peers/onnxruntime.ts";

export const prepare: Prepare = async ({ arrays }): Promise<Job> => {
  const { data, shape } = arrays.data;
  const session = await InferenceSession.create(resnet18Model(arrays, shape[0]), sessionOptions());
  const x = new Tensor("float32", data as Float32Array, shape);
  let logits: Tensor;
  return {
    async step() {
      logits = (await session.run({ x })).logits;
    },
    values: () => [sample(logits.data)],
  };
};
