import assert from "node:assert/strict";
import { codePointIndex } from "./encoding.ts";
import {
  appendIds,
  decodePieces,
  makeSentencePiece,
  openSentencePiece,
  type SentencePiece,
  splitText,
} from "./sentencepiece.ts";
import { parseSentencePieceModel, PieceType } from "./sentencepiece_model.ts";
import { fixture, fixturePath, handMade, hostileTexts, type Row } from "./testing/fixtures.ts";
import { makeUnigramSplitter } from "./unigram.ts";

const reference = fixture<Record<string, Row[]>>("sentencepiece.json");

function load(name: string): SentencePiece {
  const file = fixturePath(`${name}.model`);
  return makeSentencePiece(parseSentencePieceModel(Deno.readFileSync(file), file), file);
}

for (const [name, rows] of Object.entries(reference)) {
  Deno.test(`SentencePiece, ${name}.model: pieces, ids, places and decoding as in Python`, () => {
    const sentencePiece = load(name);
    const own = Int32Array.from(sentencePiece.model.pieces, (_, i) => i);
    assert.equal(rows.length, hostileTexts.length);
    rows.forEach((want, i) => {
      const text = hostileTexts[i]!;
      const pieces = splitText(sentencePiece, text);
      const ids: number[] = [];
      appendIds(sentencePiece, text, own, ids);
      const about = JSON.stringify(text);
      if (want.pieces !== undefined) assert.deepEqual(pieces.map((piece) => piece.token), want.pieces, about);
      assert.deepEqual(ids, want.ids, about);
      assert.deepEqual(pieces.map((piece) => piece.piece), want.ids, about);
      const index = codePointIndex(text);
      assert.deepEqual(pieces.flatMap(({ start, end }) => [index[start]!, index[end]!]), want.offsets, about);
      assert.equal(decodePieces(sentencePiece, want.ids), want.decoded, about);
    });
  });
}

Deno.test("unigram: near ties fall by rounding, in float32 and float64 each in their own way", () => {
  // ". ..." and "... ." have the same sum; found by trying scores until rounding told them apart.
  const scores = { "가": -5.401, ".": -3.5214, "...": -6.9 };
  const pieces = Object.entries(scores).map(([text, score]) => ({ text, score: Math.fround(score) }));
  const units = Uint16Array.from(Array.from("가가가가...."), (c) => c.charCodeAt(0));
  const ends = (precision: "float32" | "float64") => {
    const split = makeUnigramSplitter(pieces, -20, precision)(units, units.length);
    return Array.from(split.ends.subarray(0, split.count));
  };
  assert.deepEqual(ends("float32"), [1, 2, 3, 4, 7, 8]);
  assert.deepEqual(ends("float64"), [1, 2, 3, 4, 5, 8]);
});

Deno.test("unigram: an unknown character costs the lowest score and ten more", () => {
  // "xa" + "b" is -20; unknown "x" + "ab" is -27 with the ten, -17 without.
  const sentencePiece = makeSentencePiece(handMade({ "▁": -1, "xa": -15, "b": -5, "ab": -2 }), "hand");
  assert.deepEqual(splitText(sentencePiece, "xab").map((piece) => piece.token), ["▁", "xa", "b"]);
  const cheaper = makeSentencePiece(handMade({ "▁": -1, "xa": -15, "b": -13, "ab": -2 }), "hand");
  assert.deepEqual(splitText(cheaper, "xab").map((piece) => piece.token), ["▁", "x", "ab"]);
});

Deno.test("SentencePiece: a lone surrogate counts as U+FFFD", () => {
  const sentencePiece = load("songs");
  for (const broken of ["가\ud800나", "\udc00", "가\ud83d"]) {
    assert.deepEqual(
      splitText(sentencePiece, broken).map((piece) => piece.token),
      splitText(sentencePiece, broken.toWellFormed()).map((piece) => piece.token),
    );
  }
});

Deno.test("SentencePiece: texts much longer than the buffers are split like their parts", () => {
  const sentencePiece = load("songs");
  const line = "나는 봄날에 창가에서 편지를 기다려요 ";
  const once = splitText(sentencePiece, line).map((piece) => piece.token);
  const often = splitText(sentencePiece, line.repeat(2000));
  assert.equal(often.length, 2000 * once.length);
  assert.deepEqual(often.slice(-once.length).map((piece) => piece.token), once);
  assert.equal(often.at(-1)!.end, 2000 * line.length - 1);
});

Deno.test("SentencePiece: a file that is none, or is cut short, is an error that names it", () => {
  const good = Deno.readFileSync(fixturePath("songs.model"));
  const read = (bytes: Uint8Array) => parseSentencePieceModel(bytes, "some.model");
  assert.throws(
    () => read(new Uint8Array(0)),
    /some\.model is not a readable SentencePiece model: it is empty/,
  );
  assert.throws(
    () => read(new TextEncoder().encode('{"model": "tokenizer.json"}')),
    /some\.model is not a readable/,
  );
  assert.throws(() => read(crypto.getRandomValues(new Uint8Array(999))), /some\.model is not a readable/);
  for (let end = 1; end < good.length; end += 97) {
    // Cut between two pieces it is a shorter model; but never something else than an error or a model.
    try {
      const model = read(good.subarray(0, end));
      assert.ok(model.pieces.length > 0 && model.pieces.length <= 420);
    } catch (error) {
      assert.match((error as Error).message, /^some\.model is not a readable SentencePiece model: ./);
    }
  }
});

Deno.test("SentencePiece: a broken character map is an error", () => {
  const model = parseSentencePieceModel(Deno.readFileSync(fixturePath("songs.model")), "some.model");
  model.normalizer.charsmap = model.normalizer.charsmap.slice(0, 100);
  assert.throws(() => makeSentencePiece(model, "some.model"), /some\.model.*character map is broken/);
});

Deno.test("SentencePiece: other algorithms than unigram and BPE are refused by name, and unused pieces in BPE", async () => {
  const model = parseSentencePieceModel(Deno.readFileSync(fixturePath("songs.model")), "some.model");
  await assert.rejects(
    () => openSentencePiece({ ...model, algorithm: "word" }, "some.model"),
    /some\.model is a SentencePiece word model; only unigram and BPE/,
  );
  const pieces = [...model.pieces, { text: "★", score: 0, type: PieceType.unused }];
  await assert.rejects(
    () => openSentencePiece({ ...model, pieces, algorithm: "bpe" }, "some.model"),
    /some\.model is a SentencePiece BPE model with unused pieces/,
  );
});
