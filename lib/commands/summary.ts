/**
 * `summary`: the table of a model.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { boolean, integer } from "../cli/flag_types.ts";
import { table } from "../cli/table.ts";
import { wrap } from "../cli/wrap.ts";
import type { LayerRow } from "../layers/sequential.ts";
import { modelFlag, modelName, openModelFor } from "./model_flag.ts";

const flags = {
  "model": modelFlag,
  "classes": integer({ help: "Classes that it tells apart", min: 1, default: 10 }),
  "json": boolean({ help: "Print one line of JSON for each layer, and one for the whole" }),
};

/** The command. */
export const command: Command<typeof flags> = {
  name: "summary",
  summary: "Show the layers of a network with shapes, parameters and multiply-adds",
  flags,
  async run({ json, model: name = "tutorial", classes }, io) {
    const { rows, input } = await openModelFor(modelName(name), { classes });
    const columns = io.toTerminal ? io.columns : undefined;
    const lines = json ? jsonLines(rows) : modelTable(rows, { input, columns, ascii: io.ascii });
    for (const line of lines) io.log(line);
  },
};

/** How a model is shown. */
export interface ModelTableOptions {
  /** The shape of one example of its input. */
  readonly input: readonly number[];
  /** Characters in a line, at most. Default: as many as it takes. */
  readonly columns?: number;
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/** The model as a table, the batch axis left out, with totals and what they count. */
export function modelTable(
  rows: readonly LayerRow[],
  { input, columns, ascii }: ModelTableOptions,
): string[] {
  const number = (value: number) => value.toLocaleString("en");
  const shape = (shape: readonly number[]) => shape.join(ascii ? "x" : "×");
  const body = rows.map(({ name, kind, outputShape, parameters, multiplyAdds }) => [
    name,
    kind.replaceAll("_", " "),
    shape(outputShape.slice(1)),
    number(parameters),
    number(multiplyAdds),
  ]);
  const { parameters, multiplyAdds } = total(rows);
  const lines = table(["layer", "kind", "output", "parameters", "multiply-adds"], [
    ["input", "", shape(input), "", ""],
    ...body,
    ["total", "", "", number(parameters), number(multiplyAdds)],
  ], { columns, ascii, expendable: [1, 4, 2] });
  const rule = "-".repeat(Math.max(...lines.map((line) => line.length)));
  return [
    lines[0],
    rule,
    ...lines.slice(1, -1),
    rule,
    lines.at(-1)!,
    "",
    ...wrap(
      `${
        number(multiplyAdds)
      } multiply-adds of one forward run of one example, those of convolutions and ` +
        "dense layers alone; activation, pooling and normalization are not counted.",
      columns ?? 100,
    ),
  ];
}

function jsonLines(rows: readonly LayerRow[]): string[] {
  return [...rows, { name: "total", ...total(rows) }].map((row) => JSON.stringify(row));
}

function total(rows: readonly LayerRow[]): Pick<LayerRow, "parameters" | "multiplyAdds"> {
  const sum = (of: (row: LayerRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    parameters: sum((row) => row.parameters),
    multiplyAdds: sum((row) => row.multiplyAdds),
  };
}
