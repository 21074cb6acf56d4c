import { assertThrows } from "@std/assert";
import { assertClose, bound, storedDigits } from "./assert_close.ts";

Deno.test("an error below the bound passes and one above it does not", () => {
  const expected = [3, -4, 0.5];
  const allowed = bound(25, 4);
  assertClose([3, -4 + 0.99 * allowed, 0.5], expected, { name: "y", terms: 25 });
  assertThrows(
    () => assertClose([3, -4 + 1.01 * allowed, 0.5], expected, { name: "y", terms: 25 }),
    Error,
    "y is off in 1 of 3 elements, most at 1: got -3.9999798, expected -4, error 2.02e-5, bound 2.00e-5",
  );
});

Deno.test("numbers in float64 are held to the digits that are stored", () => {
  assertClose([1 + 0.9e-8], [1], { name: "y", strictness: storedDigits });
  assertThrows(() => assertClose([1 + 1.1e-8], [1], { name: "y", strictness: storedDigits }));
});

Deno.test("NaN, infinity and a missing element are never close", () => {
  assertThrows(() => assertClose([NaN], [0], { name: "y" }), Error, "got NaN");
  assertThrows(() => assertClose([1, Infinity], [1, 1], { name: "y" }), Error, "got Infinity");
  assertThrows(() => assertClose([NaN], [NaN], { name: "y" }), Error, "got NaN");
  assertThrows(() => assertClose([1, 9], [1, Infinity], { name: "y" }), Error, "got 9");
  assertThrows(() => assertClose([1], [1, 1], { name: "y" }), Error, "needs 2 elements, got 1");
});

Deno.test("zeros must be zeros, unless a size is stated", () => {
  assertThrows(() => assertClose([1e-20, 0], [0, 0], { name: "y" }));
  assertClose([1e-7, 0], [0, 0], { name: "y", scale: 1 });
});
