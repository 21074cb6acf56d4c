/**
 * Examples as one picture to look at.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { textPicture } from "../summary/font.ts";
import {
  contactSheet,
  drawPicture,
  pictureOfPlanes,
  scaledPicture,
  whitePicture,
} from "../summary/pictures.ts";
import type { PngPicture } from "../summary/png.ts";
import type { SeenExample } from "./seen_examples.ts";

/** What the examples are of. */
export interface ExampleSheetOptions {
  /** The data set. */
  readonly dataset: Pick<Dataset, "classes" | "format">;
  /** Rows and columns of what the network takes. */
  readonly crop: readonly [number, number];
}

/** How large a pixel of a picture is drawn, and one of a letter; white around cells, and within them. */
const zoom = 4, letterZoom = 2, gap = 24, innerGap = 8;

/**
 * A sheet with each example's picture as it is stored, beside it what the network sees at the same
 * scale, and below them the name of its class and the number of its record.
 */
export function exampleSheet(
  examples: readonly SeenExample[],
  options: ExampleSheetOptions,
): PngPicture {
  const { dataset: { classes, format }, crop } = options;
  const captions = examples.map(({ label, index }) => ({
    name: textPicture(classes[label], { zoom: letterZoom }),
    number: textPicture(`#${index}`, { zoom: letterZoom }),
  }));
  // Cells of one sheet are of one size, so the longest caption decides.
  const width = Math.max(
    (format.width + crop[1]) * zoom + innerGap,
    ...captions.map(({ name, number }) => name.width + gap + number.width),
  );
  const cells = examples.map((example, n) =>
    exampleCell(example, { ...captions[n], width }, options)
  );
  // A cell is about twice as wide as high.
  return contactSheet(cells, { columns: Math.ceil(Math.sqrt(cells.length / 2)), gap });
}

function exampleCell(
  { stored, seen }: SeenExample,
  { name, number, width }: { name: PngPicture; number: PngPicture; width: number },
  { dataset: { format }, crop: [CH, CW] }: ExampleSheetOptions,
): PngPicture {
  const { height: H, width: W, channels: C } = format;
  const bottom = H * zoom + letterZoom * 2;
  const cell = whitePicture([bottom + name.height, width, C]);
  drawPicture(cell, pictureOfPlanes(stored, [H, W, C]), { top: 0, left: 0, zoom });
  const top = Math.floor((H - CH) / 2) * zoom, left = W * zoom + innerGap;
  drawPicture(cell, scaledPicture(seen, [CH, CW, C]), { top, left, zoom });
  drawPicture(cell, name, { top: bottom, left: 0 });
  drawPicture(cell, number, { top: bottom, left: width - number.width });
  return cell;
}
