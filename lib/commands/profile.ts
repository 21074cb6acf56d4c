/**
 * The table of `train --profile`.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import type { Io } from "../cli/command.ts";
import { count } from "../cli/format.ts";
import { table } from "../cli/table.ts";
import type { RecordFormat } from "../data/dataset.ts";
import type { Device } from "../gpu/device.ts";
import { profile, type Timing } from "../gpu/profile.ts";
import type { Model } from "../layers/sequential.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import { Tower } from "../train/tower.ts";

/** Times every kernel of a training step on random pictures and prints what came out. */
export async function printProfile(
  device: Device,
  { model, picture: given, batch, activations, io }: {
    model: Model<"NHWC", "NC">;
    picture?: Pick<RecordFormat, "height" | "width" | "channels">;
    batch: number;
    activations: ElementType;
    io: Io;
  },
): Promise<void> {
  const [H, W, channels] = model.input;
  const picture = given ?? { height: Math.max(32, H), width: Math.max(32, W), channels };
  const { distortion } = tutorialRecipe;
  using tower = await Tower.create(device, { model, batch, picture, distortion, activations });
  io.log(
    `One training step of ${
      count(batch, "picture")
    } in ${activations} on "${device.summary.name}":`,
  );
  for (const line of profileTable(await profile(tower.program))) io.log(line);
}

/** Rows of time, share, speed and traffic for every dispatch, and a last one for all. */
export function profileTable(timings: readonly Timing[]): string[] {
  const total = timings.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const flops = timings.reduce((sum, timing) => sum + timing.flops, 0);
  const bytes = timings.reduce((sum, timing) => sum + timing.bytes, 0);
  const numbers = (milliseconds: number, flops: number, bytes: number) => [
    milliseconds.toFixed(2),
    `${(100 * milliseconds / total).toFixed(1)}%`,
    (flops / milliseconds / 1e6).toFixed(1),
    (bytes / 2 ** 20).toFixed(2),
  ];
  return table(
    ["layer", "kernel", "ms", "share", "GFLOP/s", "MiB"],
    [
      ...timings.map(({ layer, kernel, milliseconds, flops, bytes }) => [
        layer,
        kernel,
        ...numbers(milliseconds, flops, bytes),
      ]),
      ["all", "", ...numbers(total, flops, bytes)],
    ],
  );
}
