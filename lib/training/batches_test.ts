import assert from "node:assert/strict";
import {
  batchesByLength,
  collate,
  epochBatches as batchesOf,
  type Example,
  inOrder,
  microBatches,
  shareOfBatch,
} from "./batches.ts";
import { fingerprint } from "../ground/mod.ts";

/** Lengths as songs have them: most middling, some long. */
const lengths = Array.from({ length: 1003 }, (_, i) => 5 + (i * 7919) % 61 + ((i * 31) % 17 === 0 ? 150 : 0));
const options = { batchSize: 32, sortWindow: 10, cropLength: 0, seed: 7, epoch: 0 };

const example = (length: number, songId = `song-${length}`, label = 0): Example => ({
  songId,
  inputIds: Int32Array.from({ length }, (_, i) => 10 + i),
  label,
  weight: 1,
});

/** All batches of an epoch. */
function epochBatches(lengths: number[], options: Parameters<typeof batchesOf>[1]): number[][] {
  const batches = batchesOf(lengths, options);
  return Array.from({ length: batches.length }, (_, i) => [...batches.at(i)]);
}

/** Tokens that are computed for nothing. */
function padding(batches: number[][]): number {
  return batches.reduce((sum, batch) => {
    const longest = Math.max(...batch.map((i) => lengths[i]!));
    return sum + batch.reduce((more, i) => more + longest - lengths[i]!, 0);
  }, 0);
}

for (const sortWindow of [0, 1, 10, 1000]) {
  Deno.test(`an epoch has every example once, in as few batches as can be (window ${sortWindow})`, () => {
    const batches = epochBatches(lengths, { ...options, sortWindow });
    assert.deepEqual(batches.flat().sort((a, b) => a - b), lengths.map((_, i) => i));
    assert.equal(batches.length, Math.ceil(lengths.length / 32));
    assert.deepEqual([...new Set(batches.map(({ length }) => length))].sort((a, b) => b - a), [
      32,
      1003 % 32,
    ]);
  });
}

Deno.test("an epoch's batches depend on seed and epoch alone", () => {
  const first = epochBatches(lengths, options);
  assert.deepEqual(epochBatches(lengths, { ...options }), first);
  for (const other of [{ epoch: 1 }, { seed: 8 }]) {
    const batches = epochBatches(lengths, { ...options, ...other });
    const together = (batches: number[][]) =>
      batches.map((batch) => [...batch].sort((a, b) => a - b).join()).sort();
    assert.notDeepEqual(together(batches), together(first));
  }
});

Deno.test("an epoch's batches are those of runs that began with an earlier version", () => {
  const found = [0, 1, 10, 1000].map((sortWindow) =>
    fingerprint([JSON.stringify(epochBatches(lengths, { ...options, sortWindow, epoch: 1 }))]).slice(0, 16)
  );
  assert.deepEqual(found, ["7afb8c1cbfc44aa3", "0bfd4a2d19ed75b5", "89cd0d91e02198f2", "f6845fe40ef33b80"]);
});

Deno.test("sorting within windows removes most padding; batches stay shuffled by length", () => {
  const unsorted = padding(epochBatches(lengths, { ...options, sortWindow: 0 }));
  const sorted = padding(epochBatches(lengths, options));
  const best = padding(batchesByLength(lengths, 32));
  assert.ok(sorted < unsorted * 0.3, `${sorted} tokens of padding instead of ${unsorted}`);
  assert.ok(best <= sorted);
  const longest = epochBatches(lengths, options).map((batch) => Math.max(...batch.map((i) => lengths[i]!)));
  const rising = longest.filter((length, i) => i > 0 && length >= longest[i - 1]!).length;
  assert.ok(
    rising > 8 && rising < 24,
    `${rising} of ${longest.length - 1} batches are longer than the one before`,
  );
});

Deno.test("where pieces are read, texts that are no shorter than a piece are alike", () => {
  const long = lengths.map((length) => length + 1000),
    window = { ...options, sortWindow: 1000, batchSize: 8 };
  assert.deepEqual(
    epochBatches(long, { ...window, cropLength: 1000 }),
    epochBatches(long.map(() => 1000), window),
  );
  assert.notDeepEqual(epochBatches(long, { ...window, cropLength: 1001 }), epochBatches(long, window));
});

Deno.test("an empty set and a single example make no trouble", () => {
  assert.deepEqual(epochBatches([], options), []);
  assert.deepEqual(epochBatches([9], options), [[0]]);
});

Deno.test("batchesByLength: longest first, every example once", () => {
  assert.deepEqual(batchesByLength([3, 9, 9, 1, 5], 2), [[1, 2], [4, 0], [3]]);
});

Deno.test("collate: pads to the longest row and masks what is padding", () => {
  const second = { ...example(2, "b", 4), tokenTypeIds: Int32Array.of(0, 1), weight: 0.5 };
  const batch = collate([example(3, "a", 1), second], { padId: 99 });
  assert.deepEqual(batch.tokens, {
    batch: 2,
    length: 3,
    inputIds: Int32Array.of(10, 11, 12, 10, 11, 99),
    attentionMask: Int32Array.of(1, 1, 1, 1, 1, 0),
    tokenTypeIds: Int32Array.of(0, 0, 0, 0, 1, 0),
  });
  assert.deepEqual([...batch.labels], [1, 4]);
  assert.deepEqual([...batch.weights], [1, 0.5]);
});

Deno.test("microBatches: every example once, in order, within the budget, padding to the batch's longest row included", () => {
  const examples = lengths.slice(0, 32).map((length, i) => example(length, `song-${i}`));
  const ordered = inOrder(examples), longest = Math.max(...lengths.slice(0, 32));
  assert.equal(ordered.length, longest);
  const parts = microBatches(ordered, 500);
  assert.deepEqual(parts.flatMap(({ examples }) => examples), ordered.examples);
  assert.deepEqual(
    ordered.examples.map(({ songId }) => songId).sort(),
    examples.map(({ songId }) => songId).sort(),
  );
  let rows = 0;
  for (const { examples, rowsBefore } of parts) {
    assert.ok(examples.length * longest <= 500, `${examples.length} x ${longest}`);
    assert.equal(rowsBefore, rows);
    rows += examples.length;
  }
  assert.ok(parts.length < 32);
  assert.deepEqual(microBatches(ordered, null), [{ examples: ordered.examples, rowsBefore: 0 }]);
  const alone = microBatches(inOrder([example(40), example(3)]), 10);
  assert.deepEqual(alone.map(({ examples }) => examples.length), [1, 1]);
});

Deno.test("shareOfBatch: the members' shares are the batch, of nearly as many rows each; some have none of a small batch", () => {
  const windows = (rows: number): Example => ({
    ...example(4, `${rows}`),
    windows: Array.from({ length: rows }, () => new Int32Array(4)),
  });
  const sharesOf = (examples: Example[], size: number) => {
    const ordered = inOrder(examples);
    return Array.from({ length: size }, (_, rank) => shareOfBatch(ordered, { rank, size }));
  };
  for (const [count, size] of [[32, 2], [7, 3], [1, 3], [2, 3]] as const) {
    const shares = sharesOf(Array.from({ length: count }, () => example(5)), size);
    shares.forEach(({ from, to }, rank) => {
      assert.equal(from, rank === 0 ? 0 : shares[rank - 1]!.to);
      assert.ok(Math.abs(to - from - count / size) < 1);
    });
    assert.equal(shares.at(-1)!.to, count);
  }
  // 1, 6, 1, 1 and 1 rows: the song of six is one member's
  assert.deepEqual(sharesOf([1, 6, 1, 1, 1].map(windows), 2), [{ from: 0, to: 2 }, { from: 2, to: 5 }]);
});

Deno.test("collate: XLNet's rows are filled before the text, segments with them", () => {
  const short = { ...example(2, "a", 0), tokenTypeIds: Int32Array.of(1, 2) };
  const long = example(3, "b", 1);
  const { tokens } = collate([short, long], { padId: 9, paddingSide: "left" });
  assert.deepEqual([...tokens.inputIds], [9, ...short.inputIds, ...long.inputIds]);
  assert.deepEqual([...tokens.attentionMask], [0, 1, 1, 1, 1, 1]);
  assert.deepEqual([...tokens.tokenTypeIds!], [0, 1, 2, 0, 0, 0]);
});
