/**
 * What a step costs with parameters in host memory: each part in milliseconds, for 1, 2 and 4 towers of
 * one adapter, next to the same step with parameters on the adapter, turn by turn.
 *
 *   deno run -A bench/tower_bench.ts [--batch 128] [--rounds 7]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { table } from "../lib/cli/table.ts";
import { Device } from "../lib/gpu/device.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { Readback } from "../lib/gpu/readback.ts";
import { addInOrder, updateInHostMemory } from "../lib/optim/host_update.ts";
import { Rng } from "../lib/rng.ts";
import { HostTowers } from "../lib/train/host_towers.ts";
import { SharedMemory } from "../lib/train/shared_memory.ts";
import { placeOn, type Replica, type TowerPlace } from "../lib/train/replica.ts";
import { tutorialRecipe } from "../lib/train/recipe.ts";
import { Tower } from "../lib/train/tower.ts";
import type { Towers } from "../lib/train/towers.ts";
import { machineFacts } from "./machine.ts";

const flags = parseArgs(Deno.args, { default: { batch: 128, rounds: 7 } });
const batch = Number(flags.batch), rounds = Number(flags.rounds);
for (const line of await machineFacts()) console.log(line);
using device = await Device.open();
const model = tutorialNetwork();
const picture = { height: 32, width: 32, channels: 3 };
const options = { model, picture, distortion: tutorialRecipe.distortion };
const rng = Rng.from(1);
const parameters = model.parameters.initialize(rng);

/** Milliseconds spent in each part, added up. */
const parts = { upload: 0, wait: 0 };

/** A place whose replicas say how long they take. */
function timed(place: TowerPlace): TowerPlace {
  return {
    ...place,
    async createReplica(recording) {
      const replica = await place.createReplica(recording);
      const clocked: Replica = {
        start(input) {
          const start = performance.now();
          replica.start(input);
          parts.upload += performance.now() - start;
        },
        async finish() {
          const start = performance.now();
          const result = await replica.finish();
          parts.wait += performance.now() - start;
          return result;
        },
        release: () => replica.release(),
        summary: () => replica.summary(),
        profile: () => replica.profile(),
        [Symbol.dispose]: () => replica[Symbol.dispose](),
      };
      return clocked;
    },
  };
}

let step = 0;
/** Milliseconds of one step, waited for. */
async function time(towers: Towers, examples: number): Promise<number> {
  const images = new Uint8Array(examples * 3072), labels = new Uint8Array(examples);
  const numbers = { key: rng.key, step: step++, learningRate: 0, averageWeight: 0.1 };
  const start = performance.now();
  await towers.step({ images, labels }, numbers);
  await towers.losses(step);
  return performance.now() - start;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const started = { parameters, averages: parameters, lossAverages: new Float32Array(4) };

using resident = await Tower.create(device, { ...options, batch });
resident.writeState(started);
const counts = [1, 2, 4];
const hosted: HostTowers[] = [];
using stack = new DisposableStack();
for (const count of counts) {
  const places = Array<TowerPlace>(count).fill(timed(placeOn(device)));
  const towers = stack.use(await HostTowers.create(places, { ...options, batch }));
  towers.writeState(started);
  hosted.push(towers);
}
const rows = counts.map(() => ({
  total: [] as number[],
  upload: [] as number[],
  wait: [] as number[],
}));
const onAdapter: number[] = [];
for (let round = -1; round < rounds; round++) {
  const total = await time(resident, batch);
  if (round >= 0) onAdapter.push(total);
  for (const [i, towers] of hosted.entries()) {
    parts.upload = parts.wait = 0;
    const total = await time(towers, batch * counts[i]);
    if (round < 0) continue;
    rows[i].total.push(total);
    rows[i].upload.push(parts.upload);
    rows[i].wait.push(parts.wait);
  }
}
const ms = (value: number) => value.toFixed(1);
const onOne = median(onAdapter);
const lines = [["on the adapter, 1 tower", ms(onOne), "", "", "", ms(onOne), "1.000"]];
for (const [i, { total, upload, wait }] of rows.entries()) {
  const [all, up, waited] = [median(total), median(upload), median(wait)];
  const perTower = all / counts[i];
  const towers = counts[i] === 1 ? "1 tower" : `${counts[i]} towers`;
  lines.push([
    `in host memory, ${towers}`,
    ms(all),
    ms(up),
    ms(waited),
    ms(all - up - waited),
    ms(perTower),
    (perTower / onOne).toFixed(3),
  ]);
}
const header = ["parameters", "step ms", "upload", "compute, read back", "average, update"];
for (const line of table([...header, "ms a batch", "ratio"], lines)) console.log(line);

/** The median milliseconds of a piece of work by itself. */
async function alone(what: string, work: () => void | Promise<void>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  console.log(`${what}: ${median(times).toFixed(2)} ms`);
}

const bytes = parameters.byteLength;
const arena = `${(bytes / 1e6).toFixed(2)} MB`;
using buffer = device.buffer("arena", bytes);
using readback = await Readback.create(device, bytes);
await alone(`upload of ${arena}`, async () => {
  device.gpu.queue.writeBuffer(buffer.buffer, 0, parameters as Float32Array<ArrayBuffer>);
  await readback.read([{ buffer: buffer.buffer, offset: 0, bytes: 16 }]);
});
await alone(`read-back of ${arena}`, async () => {
  readback.copy([{ buffer: buffer.buffer, offset: 0, bytes }]);
  await readback.map();
  readback.unmap();
});
using shared = SharedMemory.create(bytes);
using other = SharedMemory.open(shared.path, bytes);
shared.unlink();
await alone(`${arena} to another process`, () => {
  new Float32Array(shared.bytes.buffer).set(parameters);
  shared.push(0, bytes);
  other.pull(0, bytes);
});
for (const count of counts) {
  const gradients = Array.from(
    { length: count },
    (_, t) => model.parameters.initialize(rng.split(`gradients ${t}`)),
  );
  const sum = new Float32Array(parameters.length);
  const state = { parameters: parameters.slice(), averages: parameters.slice() };
  const rates = { scale: 1 / count, learningRate: 1e-9, averageWeight: 1 - 0.9 };
  await alone(
    `average and update of ${count === 1 ? "1 tower" : `${count} towers`}`,
    () => {
      if (count > 1) addInOrder(sum, gradients);
      updateInHostMemory(state, { gradients: count > 1 ? sum : gradients[0], ...rates });
    },
  );
}
