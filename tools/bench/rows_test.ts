import assert from "node:assert/strict";
import { inProject, readText } from "../setup/paths.ts";
import { allRows } from "./rows.ts";

Deno.test("the page of figures has every row that a bench measures without --long", () => {
  const named = (readText(inProject("docs", "benchmark.md")) ?? "").split("\n")
    .map((line) => line.match(/^\| (\S.*?) +\|/)?.[1]);
  const missing = allRows().filter(({ name, long }) => !long && !named.includes(name));
  assert.deepEqual(missing, []);
});
