import assert from "node:assert/strict";
import { loadTokenizer } from "./mod.ts";
import { fixture, fixturePath, hostileTexts, withFolder } from "./testing/fixtures.ts";

const reference =
  fixture<{ xlnet: { plain: number[][]; lower: number[][] } }>("sentencepiece_others.json").xlnet;
const model = Deno.readFileSync(fixturePath("xlnet.model"));
const folders: Record<keyof typeof reference, Record<string, Uint8Array | object>> = {
  plain: { "spiece.model": model, "tokenizer_config.json": { tokenizer_class: "XLNetTokenizerFast" } },
  lower: {
    "spiece.model": model,
    "tokenizer_config.json": {
      tokenizer_class: "XLNetTokenizer",
      do_lower_case: true,
      remove_space: false,
      keep_accents: true,
    },
  },
};

for (const name of ["plain", "lower"] as const) {
  Deno.test(`XLNet, ${name}: ids as Python's class gives them, with and without places`, async () => {
    await withFolder(folders[name], async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, "xlnet");
      reference[name].forEach((want, i) => {
        const about = JSON.stringify(hostileTexts[i]);
        assert.deepEqual(tokenizer.encode(hostileTexts[i]!).ids, want, about);
        assert.deepEqual(tokenizer.encode(hostileTexts[i]!, { offsets: true }).ids, want, about);
      });
    });
  });
}

Deno.test("XLNet: special tokens last, the last in a segment of its own; padding before, in another", async () => {
  await withFolder(folders.plain, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const { clsId, sepId, padId, bosId, eosId, unkId, maskId, specialIds } = tokenizer;
    assert.deepEqual([unkId, bosId, eosId, clsId, sepId, padId, maskId], [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(specialIds, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const bare = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).ids;
    const [first, second] = [bare("나는 봄날에"), bare("너는")];
    const pair = tokenizer.encode("나는 봄날에", { pair: "너는" });
    assert.deepEqual(pair.ids, [...first, sepId, ...second, sepId, clsId]);
    const types = [...first.map(() => 0), 0, ...second.map(() => 1), 1, 2];
    assert.deepEqual(pair.tokenTypeIds, types);
    const batch = tokenizer.encodeBatch(["너는", ["나는 봄날에", "너는"]]);
    const missing = pair.ids.length - second.length - 2;
    assert.deepEqual(batch.ids[0], [...Array(missing).fill(padId), ...second, sepId, clsId]);
    assert.deepEqual(batch.attentionMask[0], [...Array(missing).fill(0), ...second.map(() => 1), 1, 1]);
    assert.deepEqual(batch.tokenTypeIds[0], [...Array(missing).fill(3), ...second.map(() => 0), 0, 2]);
    // Truncation leaves the special tokens.
    assert.deepEqual(tokenizer.encode("나는 봄날에", { maxLength: 4 }).ids.slice(-2), [sepId, clsId]);
    assert.equal(tokenizer.decode(pair.ids), "나는 봄날에 너는");
    assert.equal(tokenizer.decode(pair.ids, { skipSpecialTokens: false }), "나는 봄날에<sep>너는<sep><cls>");
  });
});

Deno.test("XLNet: a digit followed by a comma is split again", async () => {
  await withFolder(folders.plain, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    // The model alone has such a piece.
    const sentencePiece = await loadTokenizer(`${folder}/spiece.model`, { kind: "sentencepiece" });
    assert.ok(sentencePiece.tokenize("10, 나는").some((token) => /\d,$/.test(token)));
    assert.ok(!tokenizer.tokenize("10, 나는").some((token) => /\d,$/.test(token)));
    assert.ok(tokenizer.tokenize("10, 나는").includes(","));
  });
});

Deno.test("XLNet: tokenizer.json beside the model goes first, as in Python; its class pads before the text", async () => {
  await withFolder(folders.plain, async (folder) => {
    const own = await loadTokenizer(folder);
    await own.save(`${folder}/saved`);
    assert.equal((await loadTokenizer(`${folder}/saved`)).kind, "xlnet");
    await Deno.writeTextFile(
      `${folder}/saved/tokenizer_config.json`,
      JSON.stringify({ tokenizer_class: "XLNetTokenizer" }),
    );
    const json = await loadTokenizer(`${folder}/saved`);
    assert.deepEqual([json.kind, json.paddingSide], ["unigram", "left"]);
    assert.deepEqual([json.padId, json.specialIds], [own.padId, own.specialIds]);
    for (const text of ["나는 봄날에 1,000원, 10, 20, 창가에서", "``봄'' 나는", "<mask> 나는", ""]) {
      assert.deepEqual(json.encode(text, { pair: "너는" }), own.encode(text, { pair: "너는" }), text);
    }
    assert.deepEqual(json.encodeBatch(["나는", "나는 봄날에"]), own.encodeBatch(["나는", "나는 봄날에"]));
  });
});
