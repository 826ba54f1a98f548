/** The real KoBERT tokenizer, where it lies beside the project; the bundled one, where it has been trained. */
import assert from "node:assert/strict";
import { loadTokenizer } from "./mod.ts";
import { hostileTexts } from "./testing/fixtures.ts";

const shared = new URL("../../../shared/", import.meta.url);
const kobert = new URL("kobert/", shared).pathname;
const lines = new URL("parity/tokenizer_dev.jsonl", shared);

function exists(path: string | URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "KoBERT's own tokenizer: all reference lines",
  ignore: !exists(kobert) || !exists(lines),
  fn: async () => {
    const tokenizer = await loadTokenizer(kobert);
    assert.equal(tokenizer.vocabSize, 8002);
    let count = 0;
    for (const line of (await Deno.readTextFile(lines)).split("\n")) {
      if (line === "") continue;
      const { text, pieces, ids, ids_truncated_32 } = JSON.parse(line);
      assert.deepEqual(tokenizer.tokenize(text), pieces, line);
      assert.deepEqual(tokenizer.encode(text).ids, ids, line);
      assert.deepEqual(tokenizer.encode(text, { maxLength: 32 }).ids, ids_truncated_32, line);
      assert.deepEqual(tokenizer.encode(text, { offsets: true }).ids, ids, line);
      count++;
    }
    assert.equal(count, 400);
  },
});

Deno.test({
  name: "KoBERT's own tokenizer: known answers",
  ignore: !exists(kobert),
  fn: async () => {
    const tokenizer = await loadTokenizer(`${kobert}tokenizer_78b3253a26.model`);
    const { padId, clsId, sepId, maskId, unkId } = tokenizer;
    assert.deepEqual([unkId, padId, clsId, sepId, maskId], [0, 1, 2, 3, 4]);
    const text = "한국어 모델을 공유합니다.";
    assert.deepEqual(tokenizer.encode(text).ids, [2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]);
    assert.deepEqual(tokenizer.tokenize("셔"), ["▁", "셔"]);
    assert.equal(tokenizer.decode(tokenizer.encode(text).ids), text);
  },
});

const fullMaps = [
  `${kobert}tokenizer_78b3253a26.model`,
  new URL("../../data/tokenizer/tokenizer.model", import.meta.url).pathname,
];

for (const model of fullMaps) {
  Deno.test({
    name: `KoBERT's text preparation with a whole character map is the same the quick way (${
      model.split("/").at(-2)
    })`,
    ignore: !exists(model),
    fn: async () => {
      const tokenizer = await loadTokenizer(model, { kind: "kobert-skt" });
      // Letters that join the syllable before them, and letters that look as if they did.
      const joining = ["가", "각", "힣", "하"].flatMap((syllable) =>
        [
          "\u11a8",
          "\u1161",
          "\u1100",
          "ㄱ",
          "ㅏ",
          "ㄳ",
          "ﾡ",
          "ￂ",
          "\u0301",
          "\u302e",
          "\ud7b0",
          "\ud7cb",
          "\ua960",
          "a",
          " ",
        ]
          .flatMap((
            letter,
          ) => [syllable + letter, syllable + letter + "한", `\u1100\u1161${letter}${syllable}`])
      );
      for (const text of [...hostileTexts, ...joining]) {
        const places = tokenizer.encode(text, { offsets: true });
        assert.deepEqual(tokenizer.encode(text).ids, places.ids, JSON.stringify(text));
      }
    },
  });
}
