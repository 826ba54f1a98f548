import assert from "node:assert/strict";
import { isCombining, isPythonDigit } from "./characters.ts";
import { type KobertSettings, kobertText, prepareKobertText, prepareKobertTextWithSource } from "./kobert.ts";
import { loadTokenizer } from "./mod.ts";
import { makeSentencePiece } from "./sentencepiece.ts";
import { fixture, fixturePath, handMade, hostileTexts, type Row, withFolder } from "./testing/fixtures.ts";

interface Reference {
  variants: Record<"skt" | "skt_lower" | "skt_keep" | "monologg", Row[]>;
  pairs: [first: string, second: string, maxLength: number, ids: number[], types: number[]][];
}

const { variants, pairs } = fixture<Reference>("kobert.json");
const model = Deno.readFileSync(fixturePath("songs.model"));
const vocab = Object.entries(fixture<Record<string, number>>("songs_vocab.json")).sort((a, b) => a[1] - b[1]);

const folders: Record<keyof Reference["variants"], Record<string, Uint8Array | string | object>> = {
  // skt/kobert-base-v1's own configuration names XLNet's class.
  skt: {
    "spiece.model": model,
    "tokenizer_config.json": { tokenizer_class: "XLNetTokenizer", cls_token: "[CLS]" },
  },
  skt_lower: {
    "spiece.model": model,
    "tokenizer_config.json": { tokenizer_class: "KoBERTTokenizer", do_lower_case: true },
  },
  skt_keep: {
    "spiece.model": model,
    "tokenizer_config.json": { tokenizer_class: "KoBERTTokenizer", keep_accents: true, remove_space: false },
  },
  monologg: {
    "tokenizer_78b3253a26.model": model,
    "vocab.txt": vocab.map(([token]) => `${token}\n`).join(""),
    "tokenizer_config.json": { do_lower_case: false, max_len: 512 },
  },
};

for (const [name, files] of Object.entries(folders)) {
  Deno.test(`KoBERT, ${name}: tokens, ids and decoding as Python's class gives them`, async () => {
    await withFolder(files, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, name === "monologg" ? "kobert-monologg" : "kobert-skt");
      variants[name as keyof Reference["variants"]].forEach((want, i) => {
        const text = hostileTexts[i]!;
        const about = JSON.stringify(text);
        assert.deepEqual(tokenizer.encode(text).ids, want.ids, about);
        const { ids, offsets } = tokenizer.encode(text, { offsets: true });
        assert.deepEqual(ids, want.ids, about);
        if (want.tokens !== undefined) assert.deepEqual(tokenizer.tokenize(text), want.tokens, about);
        if (want.decoded !== undefined) assert.equal(tokenizer.decode(want.ids), want.decoded, about);
        // Places go forward and stay within the text.
        const length = Array.from(text).length;
        let before = 0;
        for (const [start, end] of offsets!.slice(1, -1)) {
          assert.ok(before <= start && start <= end && end <= length, `${about}: ${JSON.stringify(offsets)}`);
          before = start;
        }
      });
    });
  });
}

Deno.test("KoBERT: pairs are cut as transformers' Python tokenizers cut them", async () => {
  await withFolder(folders.skt, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    for (const [first, second, maxLength, ids, types] of pairs) {
      const encoding = tokenizer.encode(first, { pair: second, maxLength });
      assert.deepEqual(encoding.ids, ids);
      assert.deepEqual(encoding.tokenTypeIds, types);
    }
  });
});

Deno.test("KoBERT: places of a prepared text's pieces", async () => {
  await withFolder(folders.skt, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const text = " 바람은 `` 10, é😀\u1100\u1161";
    const { offsets } = tokenizer.encode(text, { offsets: true, addSpecialTokens: false });
    const found = tokenizer.tokenize(text).map((token, i) =>
      `${token}|${[...text].slice(...offsets![i]!).join("")}`
    );
    assert.deepEqual(found, [
      "▁|",
      "바|바",
      "람|람",
      "은|은",
      "▁| ",
      '"|``',
      "▁10| 10",
      ",|,",
      "▁| ",
      "e|é",
      "😀|😀",
      "가|\u1100\u1161",
    ]);
  });
});

Deno.test("KoBERT: the text is prepared the same way with and without its places", () => {
  const all: KobertSettings[] = [];
  for (const lowercase of [false, true]) {
    for (const removeSpace of [false, true]) {
      for (const keepAccents of [false, true]) all.push({ lowercase, removeSpace, keepAccents });
    }
  }
  for (const settings of all) {
    for (const text of hostileTexts) {
      const prepared = prepareKobertTextWithSource(text, settings);
      assert.equal(prepared.text, prepareKobertText(text, settings), JSON.stringify({ text, settings }));
      assert.equal(prepared.starts.length, prepared.text.length);
      assert.equal(prepared.ends.length, prepared.text.length);
    }
  }
});

Deno.test("KoBERT: what stands before a digit's comma is split again, without a space that was not there", () => {
  const settings = { lowercase: false, removeSpace: true, keepAccents: false };
  const split = (scores: Record<string, number>, text: string) => {
    const sentencePiece = makeSentencePiece(handMade(scores), "hand");
    const idOf = Int32Array.from(sentencePiece.model.pieces, (_, i) => i);
    const model = kobertText(sentencePiece, idOf, (token) => sentencePiece.pieceOf.get(token) ?? 0, settings);
    const ids: number[] = [];
    model.ids(text, ids, true);
    const pieces = model.pieces(text, true);
    assert.deepEqual(pieces.map((piece) => piece.id), ids);
    return pieces.map((piece) => piece.token);
  };
  const scores = { "▁": -2, "x": -3, "1,": -1, "1": -4, ",": -5 };
  assert.deepEqual(split(scores, "x1,"), ["▁", "x", "1", ","]);
  assert.deepEqual(split({ ...scores, "▁1": -1 }, "x1,"), ["▁", "x", "1", ","]);
  assert.deepEqual(split({ ...scores, "▁1,": -1, "▁1": -1 }, "1,"), ["▁1", ","]);
  // Where the model does not know the comma, an unknown run can end so.
  assert.deepEqual(split({ "▁": -2, "x": -3 }, "x५,"), ["▁", "x", "५", ","]);
});

Deno.test("KoBERT: Python's combining marks and digits", () => {
  assert.deepEqual(["\u0301", "\u0345", "\u302e", "\u0903", "a", "가", "\u20dd"].map(isCombining), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual(["1", "५", "²", "①", "\u{1f101}", "½", "Ⅳ", "十", "a"].map(isPythonDigit), [
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
