import assert from "node:assert/strict";
import { join } from "node:path";
import { testRecipe } from "../training/mod.ts";
import { fileNameOf, identityOf } from "./store.ts";
import { fingerprint, type NetworkMethod, type Trial, trialStore, words } from "./mod.ts";
import { predicted, song } from "./testing/runner.ts";

const labels = ["발라드", "댄스", "트로트"];
const sides = {
  train: [song("t", { lyrics: "눈물" }), song("u", { genres: ["댄스"] })],
  validation: [song("v")],
  test: [song("a"), song("b")],
};
const trial: Trial = { method: words(), labels, sides, seed: 1 };

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("predictions come back from their file to the last bit, float32 and float64, sides without songs too", () =>
  inFolder(async (folder) => {
    const store = trialStore(folder);
    assert.equal(await store.read(trial), null);
    const double = predicted(trial, ({ id }, label) => 1 / 3 + id.length / (7 + label.length));
    await store.write(trial, double);
    const read = (await store.read(trial))!;
    const plain = (rows: ArrayLike<ArrayLike<number>>) => Array.from(rows, (row) => Array.from(row));
    assert.deepEqual(plain(read.test.shares), plain(double.test.shares));
    assert.deepEqual(plain(read.validation.shares), plain(double.validation.shares));
    assert.deepEqual([read.each, read.cost, read.test.logits], [false, double.cost, null]);

    const alone: Trial = { ...trial, sides: { ...sides, validation: [] } };
    const single = {
      ...predicted(alone, () => 0, { each: true }),
      test: {
        shares: [Float32Array.of(0.1, 0.2, 0.3), Float32Array.of(0.4, 0.5, 0.6)],
        logits: [Float32Array.of(-1, 2, 1e-8), Float32Array.of(0, 0, 0)],
      },
      cost: null,
    };
    await store.write(alone, single);
    const again = (await store.read(alone))!;
    assert.deepEqual(again.test, single.test);
    assert.deepEqual([again.validation.shares, again.each, again.cost], [[], true, null]);
  }));

Deno.test("a file that is damaged, or of other sizes, names itself and the remedy", () =>
  inFolder(async (folder) => {
    const store = trialStore(folder);
    await store.write(trial, predicted(trial, () => 0.5));
    const path = join(folder, "trials", `${await fileNameOf(trial)}.safetensors`);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 8));
    await assert.rejects(
      store.read(trial),
      /songs-\w+\.safetensors cannot be read: .* Remove it, and its trial is run again/,
    );
    const broken = bytes.slice();
    broken[new TextDecoder("ascii").decode(bytes.subarray(0, 4000)).indexOf("each") + 6] = 0x7e;
    await Deno.writeFile(path, broken);
    await assert.rejects(store.read(trial), /cannot be read: .*JSON.* Remove it, and its trial is run again/);
    const other: Trial = { ...trial, sides: { ...sides, test: [song("a")] } };
    await Deno.writeFile(join(folder, "trials", `${await fileNameOf(other)}.safetensors`), bytes);
    await assert.rejects(store.read(other), /test\.shares is \[2,3\] for 1 songs and 3 genres/);
  }));

Deno.test("a trial's file has another name for whatever decides its predictions, and for nothing else", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "config.json"), "{}");
    const network: NetworkMethod = { kind: "network", source: folder, recipe: { ...testRecipe, seed: 5 } };
    const names = (trials: Trial[]) => Promise.all(trials.map(fileNameOf));
    const same = await names([
      { ...trial, method: network },
      {
        ...trial,
        method: { ...network, recipe: { ...network.recipe, seed: 6, logEverySteps: 3, saveEverySteps: 2 } },
      },
      { ...trial, method: network, about: "another word", sides: structuredClone(sides) },
    ]);
    assert.equal(new Set(same).size, 1);
    const [train] = sides.train;
    const others = await names([
      { ...trial, method: network, seed: 2 },
      { ...trial, method: { ...network, recipe: { ...network.recipe, epochs: 3 } } },
      { ...trial, method: { ...network, recipe: { ...network.recipe, bestMetric: "loss" } } },
      { ...trial, method: { ...network, source: "kobert-small" } },
      { ...trial, method: network, labels: labels.slice(0, 2) },
      {
        ...trial,
        method: network,
        sides: { ...sides, train: [{ ...train!, lyrics: "웃음" }, sides.train[1]!] },
      },
      {
        ...trial,
        method: network,
        sides: { ...sides, train: [{ ...train!, albumId: "7" }, sides.train[1]!] },
      },
      { ...trial, method: network, sides: { ...sides, validation: [] } },
      { ...trial, method: words() },
      { ...trial, method: words({ way: "weights" }) },
      { ...trial, method: words({ read: { tokens: 5, tokenizer: null } }) },
    ]);
    assert.equal(new Set([...same, ...others]).size, others.length + 1);
    // without validation songs nothing is chosen; n-grams draw nothing
    const unchosen = { ...sides, validation: [] };
    assert.equal(
      ...await names(["loss", "accuracy"].map((bestMetric): Trial => ({
        ...trial,
        sides: unchosen,
        method: { ...network, recipe: { ...network.recipe, bestMetric } },
      }))) as [string, string],
    );
    assert.equal(...await names([trial, { ...trial, seed: 9 }]) as [string, string]);
    // the weights of the project's own model decide, too: they may be trained again
    const named = { ...trial, method: { ...network, source: "kobert-small" } };
    assert.match(JSON.parse(await identityOf(named)).files[0], /^\w{64}$/);
    // the weights in a folder decide, not only its name
    await Deno.writeTextFile(join(folder, "config.json"), '{"a": 1}');
    const [changed] = await names([{ ...trial, method: network }]);
    assert.notEqual(changed, same[0]);
    assert.match(same[0]!, /-2-songs-\w{16}$/);
    assert.match(fingerprint(sides.train), /^2 songs, \w{16}$/);
  }));
