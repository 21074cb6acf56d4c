/** One rank of a small training run, `train_rank.ts TOWERS`; says how its parameters end. */
import { shapes } from "../../lib/data/shapes.ts";
import { openMpi } from "../../lib/distributed/mpi.ts";
import { Device } from "../../lib/gpu/device.ts";
import { placeOn } from "../../lib/train/replica.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { train } from "../../lib/train/trainer.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";

/** A hash of parameters and averages. */
export async function hashOf({ tower }: Snapshot): Promise<string> {
  const bytes = await new Blob([
    tower.parameters as Float32Array<ArrayBuffer>,
    tower.averages as Float32Array<ArrayBuffer>,
  ]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).join();
}

if (import.meta.main) {
  using group = openMpi();
  using device = await Device.open();
  const places = Array(Number(Deno.args[0])).fill(placeOn(device));
  const dataset = shapes({ train: 100, test: 10 });
  const save = async (snapshot: Snapshot) => {
    console.log(JSON.stringify({ rank: group.rank, hash: await hashOf(snapshot) }));
    return "nowhere";
  };
  const options = { model: tinyModel, recipe: tinyRecipe, dataset, maxSteps: 6, save, group };
  await Array.fromAsync(train(places, options));
  await group.finalize();
}
