/**
 * The process of a tower: computes on one adapter what its run asks for on standard input, and ends
 * when that ends, so that it never outlives the run.
 *
 * @module
 */
import type { StepNumbers } from "../../kernels/step.wgsl.ts";
import { Device } from "../gpu/device.ts";
import type { Timing } from "../gpu/profile.ts";
import { decodeFrames, encodeFrame } from "./frames.ts";
import { LocalReplica } from "./replica.ts";
import { SharedMemory } from "./shared_memory.ts";
import { layOutMemory, type TowerAnswer, type TowerRequest } from "./tower_messages.ts";
import type { TowerRecording } from "./tower_recording.ts";

/** A replica that is fed through shared memory. */
interface SharedReplica {
  /** Takes a step on the parameters and examples there, and leaves the results there. */
  step(numbers: StepNumbers, summary: boolean): Promise<void>;
  /** The words of the last summary. */
  summary(): Promise<ArrayBuffer>;
  /** What every dispatch of a step takes. */
  profile(): Promise<readonly Timing[]>;
}

async function build(
  device: Device,
  recording: TowerRecording,
  path: string,
): Promise<SharedReplica> {
  const layout = layOutMemory(recording);
  const memory = SharedMemory.open(path, layout.size);
  const replica = await LocalReplica.create(device, recording);
  const { parameters, images, labels, results } = layout;
  const view = ({ start, end }: typeof images) => memory.bytes.subarray(start, end);
  const input = {
    parameters: new Float32Array(
      memory.bytes.buffer,
      parameters.start,
      (parameters.end - parameters.start) / 4,
    ),
    images: view(images),
    labels: view(labels),
  };
  return {
    async step(numbers, summary) {
      memory.pull(parameters.start, labels.end);
      replica.start({ ...input, numbers, summary });
      const result = await replica.finish();
      view(results).set(new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
      replica.release();
      memory.push(results.start, results.end);
    },
    summary: () => replica.summary(),
    profile: () => replica.profile(),
  };
}

async function serve(): Promise<void> {
  let device: Device | undefined;
  const replicas: SharedReplica[] = [];
  const handle = async (request: TowerRequest): Promise<TowerAnswer> => {
    switch (request.do) {
      case "open": {
        device = await Device.open({ adapter: request.adapter });
        const { summary, kind, subgroups, f16, maxTensorBytes } = device;
        return { target: { summary, kind, subgroups, f16, maxTensorBytes } };
      }
      case "build":
        replicas.push(await build(device!, request.recording, request.memory));
        return { done: true };
      case "step":
        await replicas[request.replica].step(request.numbers, request.summary);
        return { done: true };
      case "summary":
        return { words: await replicas[request.replica].summary() };
      case "profile":
        return { timings: await replicas[request.replica].profile() };
    }
  };
  const output = Deno.stdout.writable.getWriter();
  for await (const request of decodeFrames(Deno.stdin.readable)) {
    const answer = await handle(request as TowerRequest).catch((error): TowerAnswer => ({
      failed: error instanceof Error ? error.message : String(error),
    }));
    await output.write(encodeFrame(answer));
  }
}

// Ctrl-C reaches the whole process group: the run decides when its towers end.
Deno.addSignalListener("SIGINT", () => {});
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => {});
await serve();
// The answers are out and nobody listens any more.
Deno.kill(Deno.pid, "SIGKILL");
