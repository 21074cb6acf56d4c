// Schedules next to those of PyTorch 1.13 (torch.optim.lr_scheduler), whose numbers are below.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  constantRate,
  cosine,
  exponentialDecay,
  linearWarmup,
  oneCycle,
  type Schedule,
  staircase,
} from "../../lib/optim/schedules.ts";
import { scheduleOf, tutorialRecipe } from "../../lib/train/recipe.ts";

const cases: Record<string, [Schedule, [step: number, rate: number][]]> = {
  "CosineAnnealingLR(50, eta_min=0.001)": [
    cosine({ initial: 0.1, steps: 50, final: 0.001 }),
    [[0, 0.1], [1, 0.09990232305719944], [10, 0.09054634122155988], [25, 0.0505], [
      49,
      0.0010976769428005578,
    ], [50, 0.001]],
  ],
  "ExponentialLR(0.5 ** (1 / 20))": [
    exponentialDecay({ initial: 0.1, factor: 0.5, every: 20 }),
    [[0, 0.1], [1, 0.09659363289248457], [10, 0.07071067811865481], [20, 0.05], [
      59,
      0.012940811548017257,
    ]],
  ],
  "StepLR(20, 0.5)": [
    staircase({ initial: 0.1, factor: 0.5, every: 20 }),
    [[0, 0.1], [19, 0.1], [20, 0.05], [39, 0.05], [40, 0.025], [59, 0.025]],
  ],
  "OneCycleLR(0.1, total_steps=100)": [
    oneCycle({ peak: 0.1, steps: 100 }),
    [
      [0, 0.004],
      [1, 0.004281378056590748],
      [15, 0.05459866761210004],
      [29, 0.1],
      [30, 0.09994965352845243],
      [50, 0.0793893450575732],
      [98, 5.07464715475788e-05],
      [99, 4e-07],
    ],
  ],
  "OneCycleLR(0.1, total_steps=37, pct_start=0.5, div_factor=10, final_div_factor=100)": [
    oneCycle({ peak: 0.1, steps: 37, rise: 0.5, start: 10, end: 100 }),
    [[0, 0.01], [1, 0.010723168513061654], [17, 0.09981884322978576], [18, 0.0998200545526992], [
      36,
      0.0001,
    ]],
  ],
  "LinearLR(start_factor=1 / 5, total_iters=4)": [
    linearWarmup(constantRate(0.1), 5),
    [[0, 0.02], [1, 0.04], [2, 0.06], [3, 0.08], [4, 0.1], [5, 0.1], [9, 0.1]],
  ],
};

for (const [name, [schedule, points]] of Object.entries(cases)) {
  Deno.test(`the rates of ${name}`, () => {
    for (const [step, rate] of points) assertAlmostEquals(schedule(step), rate, 1e-12);
  });
}

Deno.test("after its last step a schedule stays", () => {
  assertEquals(cosine({ initial: 1, steps: 10, final: 0.5 })(10_000), 0.5);
  const cycle = oneCycle({ peak: 1, steps: 10 });
  assertEquals(cycle(10_000), cycle(9));
});

Deno.test("steps that make no sense are refused", () => {
  assertThrows(() => cosine({ initial: 1, steps: 0 }), RangeError, "Cannot make a cosine schedule");
  assertThrows(() => linearWarmup(constantRate(1), 0), RangeError, "a warm-up schedule");
  assertThrows(
    () => exponentialDecay({ initial: 1, factor: 0.5, every: NaN }),
    RangeError,
    "an exponential",
  );
  assertThrows(
    () => oneCycle({ peak: 1, steps: 3, rise: 0.3 }),
    RangeError,
    "got 0.3 of 3 to rise",
  );
});

Deno.test("a recipe names its schedule; without a name it is the tutorial's", () => {
  const rate = (recipe: object, step: number) =>
    scheduleOf({ ...tutorialRecipe, ...recipe }, { examples: 50_000 })(step);
  assertEquals([rate({}, 136_717), rate({}, 136_718)], [0.1, 0.1 * 0.1]);
  assertEquals(rate({ schedule: { kind: "constant" }, learningRate: 3 }, 1e9), 3);
  assertAlmostEquals(rate({ schedule: { kind: "exponential", factor: 0.1, every: 10 } }, 10), 0.01);
  assertAlmostEquals(rate({ schedule: { kind: "cosine", steps: 10 } }, 5), 0.05);
  assertAlmostEquals(rate({ schedule: { kind: "one-cycle", steps: 10 } }, 2), 0.1);
  assertAlmostEquals(rate({ warmupSteps: 4 }, 1), 0.05);
});
