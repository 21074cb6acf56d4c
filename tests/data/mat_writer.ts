import { join } from "./archive.ts";

/** A variable of a MAT-file to be made. */
export interface Variable {
  readonly name: string;
  /** The number of its class: 1 cell, 6 double, 9 uint8. */
  readonly arrayClass: number;
  readonly dims: readonly number[];
  /** The number of the type that its numbers are stored as: 2 uint8, 3 int16, 9 double. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** How a MAT-file is written. */
export interface MatLayout {
  readonly little?: boolean;
  readonly compress?: boolean;
}

/** A MAT-file, written after its specification, in ways that other writers here cannot. */
export async function matFile(
  variables: readonly Variable[],
  { little = true, compress = false }: MatLayout = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(128).fill(32);
  new DataView(header.buffer).setUint16(124, 0x0100, little);
  header.set(new TextEncoder().encode(little ? "IM" : "MI"), 126);
  const elements = variables.map((variable) => matrix(variable, little));
  if (!compress) return join([header, ...elements]) as Uint8Array<ArrayBuffer>;
  const packed = [];
  for (const element of elements) {
    const stream = new Blob([element]).stream().pipeThrough(new CompressionStream("deflate"));
    const bytes = await new Response(stream).bytes();
    packed.push(words([15, bytes.length], little), bytes);
  }
  return join([header, ...packed]) as Uint8Array<ArrayBuffer>;
}

function matrix(variable: Variable, little: boolean): Uint8Array<ArrayBuffer> {
  const { name, arrayClass, dims, type, bytes } = variable;
  const body = join([
    element(6, words([arrayClass, 0], little), little),
    element(5, words(dims, little), little),
    element(1, new TextEncoder().encode(name), little),
    element(type, bytes, little),
  ]);
  return join([words([14, body.length], little), body]) as Uint8Array<ArrayBuffer>;
}

/** An element; up to four bytes go into the tag. */
function element(type: number, bytes: Uint8Array, little: boolean): Uint8Array {
  if (bytes.length > 0 && bytes.length <= 4) {
    return join([
      words([bytes.length << 16 | type], little),
      bytes,
      new Uint8Array(4 - bytes.length),
    ]);
  }
  const padding = new Uint8Array((8 - bytes.length % 8) % 8);
  return join([words([type, bytes.length], little), bytes, padding]);
}

/** Numbers of four bytes. */
export function words(values: readonly number[], little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, little);
  return new Uint8Array(view.buffer);
}
