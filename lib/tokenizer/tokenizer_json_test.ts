import assert from "node:assert/strict";
import { asRustReads } from "./load_json.ts";
import { loadTokenizer } from "./mod.ts";
import { fixture, hostileTexts, type Row, withFolder } from "./testing/fixtures.ts";
import { normalizeAsTokenizers } from "./tokenizers_classes.ts";

interface Reference {
  vocab: unknown;
  variants: Record<string, { json: { model: object }; rows: Row[] }>;
}

const references = { unigram: fixture<Reference>("unigram.json"), bpe: fixture<Reference>("bpe.json") };
// The byte-level reference has texts of its own at the end.
const moreTexts = ["it's IT'S 'ſ don't'RE", "a\ufeffb \ufeff c\u0085d \u0085 ", "<|begin|>x<|end|>"];

function jsonOf(kind: keyof typeof references, name: string): Record<string, unknown> {
  const { vocab, variants } = references[kind];
  const { json } = variants[name]!;
  return { ...json, model: { ...json.model, vocab } };
}

for (const [kind, { variants }] of Object.entries(references)) {
  for (const [name, { rows }] of Object.entries(variants)) {
    Deno.test(`tokenizer.json, ${kind} ${name}: ids and decoding as Hugging Face tokenizers gives them`, async () => {
      const json = jsonOf(kind as keyof typeof references, name);
      await withFolder({ "tokenizer.json": json }, async (folder) => {
        const tokenizer = await loadTokenizer(folder);
        assert.equal(tokenizer.kind, kind);
        const texts = kind === "bpe" ? [...hostileTexts, ...moreTexts] : hostileTexts;
        assert.equal(rows.length, texts.length);
        rows.forEach((want, i) => {
          const about = JSON.stringify(texts[i]);
          assert.deepEqual(tokenizer.encode(texts[i]!).ids, want.ids, about);
          if (want.decoded !== undefined) assert.equal(tokenizer.decode(want.ids), want.decoded, about);
        });
      });
    });
  }
}

Deno.test("tokenizer.json: what is read is saved, and is the same when read again", async () => {
  for (const [kind, name] of [["unigram", "nfkc"], ["bpe", "llama3"]] as const) {
    const config = {
      pad_token: kind === "bpe" ? "<|end|>" : "[PAD]",
      padding_side: "left",
      model_max_length: 99,
    };
    await withFolder(
      { "tokenizer.json": jsonOf(kind, name), "tokenizer_config.json": config },
      async (folder) => {
        const tokenizer = await loadTokenizer(folder);
        await tokenizer.save(`${folder}/again`);
        const again = await loadTokenizer(`${folder}/again`);
        assert.deepEqual([again.padId, again.paddingSide, again.modelMaxLength], [
          tokenizer.padId,
          "left",
          99,
        ]);
        for (const text of hostileTexts) assert.deepEqual(again.encode(text), tokenizer.encode(text));
        assert.deepEqual(again.encodeBatch(["가", "가나다라"]), tokenizer.encodeBatch(["가", "가나다라"]));
      },
    );
  }
});

Deno.test("tokenizer.json: offsets that are not known are refused, not made up", async () => {
  await withFolder({ "tokenizer.json": jsonOf("bpe", "gpt2") }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.throws(
      () => tokenizer.encode("가", { offsets: true }),
      /Offsets are not known for a bpe tokenizer/,
    );
  });
});

Deno.test("tokenizer.json: what would not come out as in Python is refused by name", async () => {
  const bpe = jsonOf("bpe", "gpt2");
  const unigram = jsonOf("unigram", "nfkc");
  const model = bpe.model as Record<string, unknown>;
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ model: { type: "WordLevel", vocab: {} } }, /model "WordLevel" is not known/],
    [{ ...bpe, model: { ...model, dropout: 0.1 } }, /model\.dropout 0\.1/],
    [{ ...bpe, model: { ...model, end_of_word_suffix: "</w>" } }, /model\.end_of_word_suffix "<\/w>"/],
    [{ ...bpe, model: { ...model, vocab: {} } }, /model\.vocab has no tokens/],
    [{ ...bpe, model: { ...model, vocab: { a: "0" } } }, /the id of "a" is "0"/],
    [{ ...bpe, model: { ...model, unk_token: "<unk>" } }, /model\.unk_token "<unk>" is not in model\.vocab/],
    [
      { ...bpe, model: { ...model, merges: ["a b c"] } },
      /model\.merges\[0\] is not a pair of tokens .*"a b c"/,
    ],
    [{ ...bpe, model: { ...model, merges: [["a", "★"]] } }, /model\.merges\[0\] is not a pair/],
    [{ ...bpe, pre_tokenizer: { type: "UnicodeScripts" } }, /pre_tokenizer "UnicodeScripts" is not known/],
    [
      { ...bpe, pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "Kept" } },
      /the behavior "Kept"/,
    ],
    [{ ...unigram, normalizer: { type: "Nmt" } }, /normalizer "Nmt" is not known/],
    [{ ...unigram, decoder: { type: "CTC" } }, /decoder "CTC" is not known/],
    [
      { ...unigram, normalizer: { type: "Replace", pattern: { Regex: "\\b" }, content: "" } },
      /the pattern \\b is not supported: it has \\b/,
    ],
    [
      { ...unigram, model: { type: "Unigram", vocab: [["a"]] } },
      /model\.vocab\[0\] is not a token with a score/,
    ],
    [
      { ...unigram, normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } },
      /precompiled_charsmap is broken/,
    ],
  ];
  for (const [json, says] of cases) {
    await withFolder({ "tokenizer.json": json }, async (folder) => {
      await assert.rejects(() => loadTokenizer(folder), says);
    });
  }
});

Deno.test("numbers as Rust's serde_json reads them: some of 16 and 17 digits are off by one", () => {
  assert.equal(asRustReads(-8.25), -8.25);
  assert.equal(asRustReads(0), 0);
  assert.equal(asRustReads(1e-7), 1e-7);
  // Seen in `tokenizers`: 17 digits do not fit the 53 bits that are divided.
  assert.equal(asRustReads(-12.864072317121257), -12.864072317121256);
  assert.equal(asRustReads(-7.9360912192871735), -7.936091219287173);
  assert.equal(asRustReads(-1.5148596630551554e-7), -1.5148596630551557e-7);
});

Deno.test("normalisation as of tokenizers' Unicode: newer characters stay as they are", () => {
  assert.equal(normalizeAsTokenizers("\u1100\u1161\u11a8", "NFC"), "각");
  assert.equal(normalizeAsTokenizers("ﬁ①", "NFKC"), "fi1");
  assert.equal(normalizeAsTokenizers("q\u0307\u0323", "NFD"), "q\u0323\u0307");
  // SQUARE ERA NAME REIWA came with Unicode 12.1, MODIFIER LETTER SMALL Q with 14.
  assert.equal(normalizeAsTokenizers("\u32ff\u{107a5}e\u0301", "NFKC"), "\u32ff\u{107a5}é");
});
