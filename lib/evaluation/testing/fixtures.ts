/** What the tests of metrics share: scikit-learn's numbers, and comparison within a tolerance. */
import assert from "node:assert/strict";

/** Reads a fixture that tools/reference/evaluation_fixtures.py made. Its shape is as that script writes it. */
// deno-lint-ignore no-explicit-any -- a fixture is checked by the tests that read it, not by types
export function fixture(name: string): any {
  return JSON.parse(Deno.readTextFileSync(new URL(`../testdata/${name}.json`, import.meta.url)));
}

/** Fails unless both are equal within an absolute and relative tolerance, element by element through nested arrays. */
export function assertClose(actual: unknown, expected: unknown, tolerance = 1e-9, where = "value"): void {
  if (typeof expected === "number") {
    const allowed = tolerance * Math.max(1, Math.abs(expected));
    const near = typeof actual === "number" &&
      (actual === expected || Math.abs(actual - expected) <= allowed);
    assert.ok(near, `${where}: ${actual}, expected ${expected} within ${allowed}`);
    return;
  }
  const a = Array.from(actual as ArrayLike<unknown>);
  const e = Array.from(expected as ArrayLike<unknown>);
  assert.equal(a.length, e.length, `${where}: length`);
  e.forEach((element, i) => assertClose(a[i], element, tolerance, `${where}[${i}]`));
}
