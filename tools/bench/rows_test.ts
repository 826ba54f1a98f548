import assert from "node:assert/strict";
import { inProject, readText } from "../setup/paths.ts";
import { allRows } from "./rows.ts";

Deno.test("the page of figures has every row that a bench measures without --long, and no other", () => {
  const page = readText(inProject("docs", "benchmark.md")) ?? "";
  const named = page.split("\n").map((line) => line.match(/^\| (\S.*?) +\|/)?.[1] ?? "")
    .filter((name) => /^(train|infer|pretrain|load) /.test(name));
  assert.deepEqual(named, allRows().filter(({ long }) => !long).map(({ name }) => name));
});
