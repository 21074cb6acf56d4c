/**
 * Whether all scans of a JPEG file are there, which its decoder tells of the last one only.
 *
 * Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 *
 * @module
 */

const SOF0 = 0xc0, SOF2 = 0xc2, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda;
const DRI = 0xdd, TEM = 0x01;

/** A component of the picture, such as its brightness. */
interface Component {
  readonly across: number;
  readonly down: number;
  /** Which of its 64 coefficients came to their last bit. */
  readonly done: Set<number>;
}

interface Frame {
  readonly height: number;
  readonly width: number;
  readonly progressive: boolean;
  readonly components: ReadonlyMap<number, Component>;
}

/**
 * The file with the marker that ends it, which some writers leave out: the decoder refuses a file without, and
 * one with it as soon as a bit is missing before.
 *
 * @throws {Error} if a scan is missing, or a restart interval of one, which would come out grey
 */
export function completeJpeg(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let frame: Frame | undefined, interval = 0;
  for (let at = 2; at + 4 <= file.length;) {
    const marker = file[at + 1];
    if (file[at] !== 0xff || marker === EOI) return file; // Its end, or for the decoder to refuse.
    if (marker === 0xff || marker === TEM || marker >= RST0 && marker <= SOI) {
      at += marker === 0xff ? 1 : 2; // A byte that fills, or a marker without a length.
      continue;
    }
    const segment = at + 4;
    at = segment - 2 + view.getUint16(at + 2);
    if (at > file.length) return file;
    if (marker >= SOF0 && marker <= SOF2) frame = readFrame(view, segment, marker);
    if (marker === DRI) interval = view.getUint16(segment);
    if (marker !== SOS || !frame) continue;
    const scan = skipScan(file, at);
    checkRestarts(frame, { ids: idsOf(file, segment), interval, restarts: scan.restarts });
    noteScan(frame, file, segment);
    at = scan.end;
  }
  if (!frame) return file;
  requireAll(frame);
  const complete = new Uint8Array(file.length + 2);
  complete.set(file);
  complete.set([0xff, EOI], file.length);
  return complete;
}

function readFrame(view: DataView, at: number, marker: number): Frame {
  const [height, width] = [view.getUint16(at + 1), view.getUint16(at + 3)];
  const progressive = marker === SOF2;
  const components = Array.from({ length: view.getUint8(at + 5) }, (_, i) => {
    const own = at + 6 + 3 * i, sampling = view.getUint8(own + 1);
    const done = new Set<number>();
    return [view.getUint8(own), { across: sampling >> 4, down: sampling & 15, done }] as const;
  });
  return { height, width, progressive, components: new Map(components) };
}

/** The components of a scan. */
function idsOf(file: Uint8Array, at: number): number[] {
  return Array.from({ length: file[at] }, (_, i) => file[at + 1 + 2 * i]);
}

/** Where a scan's bits end, and how often they start anew. */
function skipScan(file: Uint8Array, start: number): { end: number; restarts: number } {
  let restarts = 0;
  for (let at = start; at + 1 < file.length; at++) {
    if (file[at] !== 0xff) continue;
    const next = file[at + 1];
    if (next >= RST0 && next <= RST7) restarts++;
    else if (next !== 0 && next !== 0xff) return { end: at, restarts };
  }
  return { end: file.length, restarts };
}

/** The decoder takes a scan for done wherever another marker than a restart follows an interval. */
function checkRestarts(
  { width, height, components }: Frame,
  { ids, interval, restarts }: { ids: readonly number[]; interval: number; restarts: number },
): void {
  if (interval === 0) return;
  const all = [...components.values()];
  const most = {
    across: Math.max(...all.map(({ across }) => across)),
    down: Math.max(...all.map(({ down }) => down)),
  };
  const alone = ids.length === 1 ? components.get(ids[0]) : undefined;
  const { across, down } = alone ?? { across: 1, down: 1 };
  const units = Math.ceil(width * across / (8 * most.across)) *
    Math.ceil(height * down / (8 * most.down));
  const needed = Math.ceil(units / interval) - 1;
  if (restarts < needed) throw new Error(`${restarts} of the ${needed} restarts of a scan`);
}

function noteScan({ progressive, components }: Frame, file: Uint8Array, segment: number): void {
  const ids = idsOf(file, segment);
  const [first, last, bits] = file.subarray(segment + 1 + 2 * ids.length);
  if (progressive && (bits & 15) > 0) return; // The last bits come in a later scan.
  for (const id of ids) {
    for (let k = progressive ? first : 0; k <= (progressive ? last : 63); k++) {
      components.get(id)?.done.add(k);
    }
  }
}

function requireAll({ components }: Frame): void {
  if ([...components.values()].every(({ done }) => done.size >= 64)) return;
  throw new Error("an end before the last scan");
}
