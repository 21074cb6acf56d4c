// A worker that writes checkpoints 1, 2, ... into a directory and keeps only the newest.

import { saveCheckpoint } from "../../lib/train/checkpoint.ts";

const worker = self as unknown as Worker;
worker.onmessage = async ({ data: { directory, size, checkpoints } }) => {
  for (let step = 1; step <= checkpoints; step++) {
    const data = new Float32Array(size).fill(step);
    const tensors = { "conv1/weights": { dtype: "F32", shape: [size], data } as const };
    await saveCheckpoint(directory, { step, tensors, metadata: { seed: "7" } }, { keep: 1 });
  }
  worker.postMessage("done");
};
