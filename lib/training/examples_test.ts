import assert from "node:assert/strict";
import { examplesOfList, sampleExamples } from "./examples.ts";
import { tinyExamples } from "./testing/tiny.ts";

const all = examplesOfList(tinyExamples(1000));

Deno.test("sampleExamples: as many as asked for, drawn by the seed, in their order", () => {
  const idsOf = (count: number | null, seed = 7) => {
    const drawn = sampleExamples(all, count, seed);
    return Array.from({ length: drawn.length }, (_, i) => {
      assert.equal(drawn.lengths[i], drawn.at(i).inputIds.length);
      return Number(drawn.at(i).songId.split("-")[2]);
    });
  };
  const drawn = idsOf(100);
  assert.equal(new Set(drawn).size, 100);
  assert.deepEqual(drawn, drawn.toSorted((a, b) => a - b));
  assert.deepEqual(idsOf(100), drawn);
  assert.notDeepEqual(idsOf(100, 8), drawn);
  assert.ok(drawn.some((i) => i > 800), "from the whole set");
  assert.equal(sampleExamples(all, null, 7), all);
  assert.equal(sampleExamples(all, 5000, 7), all);
});

Deno.test("fingerprint: changes with a token, a label, a weight and the choice of examples", () => {
  const of = (change: object) => {
    const examples = tinyExamples(3);
    return examplesOfList([{ ...examples[0]!, ...change }, ...examples.slice(1)]).fingerprint;
  };
  const changes = [{}, { inputIds: Int32Array.of(2, 5) }, { label: 2 }, { label: 1 }, { label: 0 }, {
    weight: 0.5,
  }];
  // one of the three labels is the example's own
  assert.equal(new Set(changes.map(of)).size, changes.length - 1);
  assert.notEqual(sampleExamples(all, 10, 1).fingerprint, sampleExamples(all, 11, 1).fingerprint);
});
