/**
 * What a run and the process of a tower say to each other.
 *
 * @module
 */
import type { StepNumbers } from "../../kernels/step.wgsl.ts";
import type { AdapterPreference } from "../gpu/adapter.ts";
import type { Timing } from "../gpu/profile.ts";
import type { Target } from "../gpu/recorder.ts";
import { resultBytes } from "./replica.ts";
import type { TowerRecording } from "./tower_recording.ts";

/** To the process; each is answered in turn. */
export type TowerRequest =
  | { readonly do: "open"; readonly adapter: AdapterPreference }
  | { readonly do: "build"; readonly recording: TowerRecording; readonly memory: string }
  | {
    readonly do: "step";
    readonly replica: number;
    readonly numbers: StepNumbers;
    readonly summary: boolean;
  }
  | { readonly do: "summary" | "profile"; readonly replica: number };

/** From the process. */
export type TowerAnswer =
  | { readonly target: Target }
  | { readonly done: true }
  | { readonly words: ArrayBuffer }
  | { readonly timings: readonly Timing[] }
  | { readonly failed: string };

/** Where what is in the memory that a run shares with the process of a replica. */
export interface TowerMemory {
  /** Bytes of all of it. */
  readonly size: number;
  /** The parameters' arena. */
  readonly parameters: Region;
  /** The stored pictures. */
  readonly images: Region;
  /** Their classes. */
  readonly labels: Region;
  /** The gradients' arena and the losses. */
  readonly results: Region;
}

/** A part of shared memory. */
export interface Region {
  /** Its first byte, a multiple of 64. */
  readonly start: number;
  /** The byte after its last. */
  readonly end: number;
}

/** The memory of a replica. */
export function layOutMemory(recording: TowerRecording): TowerMemory {
  let size = 0;
  const region = (bytes: number): Region => {
    const start = size;
    size = Math.ceil((start + bytes) / 64) * 64;
    return { start, end: start + bytes };
  };
  const { batch, parameters, inputs } = recording;
  const regions = {
    parameters: region(parameters.shape[0] * 4),
    images: region(inputs.bytes.shape[0] * 4),
    labels: region(batch),
    results: region(resultBytes(recording)),
  };
  return { ...regions, size };
}
