import { assertEquals, assertThrows } from "@std/assert";
import type { Optimizer } from "../../lib/optim/optimizers.ts";
import { adam, rmsProp } from "../../lib/optim/optimizers.ts";
import { completeRecipe, type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";

Deno.test("what is undefined in a recipe is the tutorial's", () => {
  const names = Object.keys(tutorialRecipe);
  const nothing: Partial<Recipe> = Object.fromEntries(names.map((name) => [name, undefined]));
  assertEquals(completeRecipe({ ...nothing, optimizer: undefined }), tutorialRecipe);
});

Deno.test("an optimizer written down as plain data is completed, and its numbers are looked at", () => {
  const of = (optimizer: unknown) => completeRecipe({ optimizer: optimizer as Optimizer });
  assertEquals(of({ kind: "adam", decay: undefined }).optimizer, adam());
  assertEquals(of({ kind: "rms-prop", decay: 0.9 }).optimizer, rmsProp({ decay: 0.9 }));
  const cases: [unknown, string][] = [
    [{ kind: "momentum", momentum: 2 }, "Cannot use a momentum of 2"],
    [{ kind: "adam", beta2: 1 }, "Cannot use a beta2 of 1"],
    [{ kind: "adam", decay: -1 }, "Cannot use a decay of -1"],
    [{ kind: "rms-prop", epsilon: 0 }, "Cannot use an epsilon of 0"],
    [{}, "needs its optimizer to be one of"],
    [
      { kind: "lion" },
      "needs its optimizer to be one of gradient-descent, momentum, adam, rms-prop",
    ],
  ];
  for (const [optimizer, message] of cases) {
    assertThrows(() => of(optimizer), RangeError, message);
  }
});
