import assert from "node:assert/strict";
import { inProject, readText } from "../setup/paths.ts";
import { bundledSongs, type SplitResults } from "./pages.ts";
import { naiveBayes, withNaiveBayes } from "./splits.ts";

Deno.test("withNaiveBayes: what is kept of a split is what it measures there, before the model, once", async () => {
  const kept: SplitResults = JSON.parse(readText(inProject(bundledSongs))!);
  const none = { accuracy: 0, macroF1: 0 };
  const methods = await withNaiveBayes({ [naiveBayes]: { 9: none }, words: { 2: none }, model: { 2: none } });
  assert.deepEqual(Object.keys(methods), ["words", naiveBayes, "model"]);
  assert.deepEqual(methods[naiveBayes], { 2: kept.methods[naiveBayes]!["2"] });
});
