import assert from "node:assert/strict";
import { type BertSettings, makeBertNormalizer } from "./bert_text.ts";
import { loadTokenizer } from "./mod.ts";
import { stringOf } from "./characters.ts";
import { fixture, fixturePath, hostileTexts, type Row, withFolder } from "./testing/fixtures.ts";
import { characterClasses, Is } from "./tokenizers_classes.ts";
import type { Side, Tokenizer, Truncation } from "./types.ts";

interface Case {
  first: string;
  second: string | null;
  maxLength: number;
  truncation: Truncation;
  truncationSide: Side;
  paddingSide: Side;
  padToMultipleOf: number;
  want: { ids: number[]; types: number[]; mask: number[]; offsets: number[] } | { error: string };
}

interface Variant {
  json: { model: object };
  rows: Row[];
  cases: Case[];
}

const reference = fixture<Record<string, Variant>>("wordpiece.json");
const vocabText = Deno.readTextFileSync(fixturePath("wordpiece_vocab.txt"));
const vocab = Object.fromEntries(vocabText.trimEnd().split("\n").map((token, id) => [token, id]));

function filesOf(variant: Variant): Record<string, object> {
  return { "tokenizer.json": { ...variant.json, model: { ...variant.json.model, vocab } } };
}

for (const [name, variant] of Object.entries(reference)) {
  Deno.test(`WordPiece, ${name}: ids, places and decoding as Hugging Face tokenizers gives them`, async () => {
    await withFolder(filesOf(variant), async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, "wordpiece");
      variant.rows.forEach((want, i) => {
        const about = JSON.stringify(hostileTexts[i]);
        const encoding = tokenizer.encode(hostileTexts[i]!, { offsets: true });
        assert.deepEqual(encoding.ids, want.ids, about);
        assert.deepEqual(encoding.offsets!.flat(), want.offsets, about);
        assert.deepEqual(tokenizer.encode(hostileTexts[i]!).ids, want.ids, about);
        if (want.decoded !== undefined) assert.equal(tokenizer.decode(want.ids), want.decoded, about);
      });
    });
  });

  Deno.test(`WordPiece, ${name}: pairs, truncation and padding as Hugging Face tokenizers does them`, async () => {
    await withFolder(filesOf(variant), async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      for (const { first, second, want, ...options } of variant.cases) {
        const encode = () =>
          tokenizer.encodeBatch([second === null ? first : [first, second]], {
            ...options,
            padding: "max_length",
            offsets: true,
          });
        const about = JSON.stringify({ first, second, ...options });
        if ("error" in want) assert.throws(encode, /must go|needs a second text/, about);
        else {
          const { ids, tokenTypeIds, attentionMask, offsets } = encode();
          assert.deepEqual(
            [ids[0], tokenTypeIds[0], attentionMask[0], offsets![0]!.flat()],
            [want.ids, want.types, want.mask, want.offsets],
            about,
          );
        }
      }
    });
  });
}

for (
  const [name, { json, rows }] of Object.entries(
    fixture<Record<string, Omit<Variant, "cases">>>("wordpiece_parts.json"),
  )
) {
  Deno.test(`WordPiece behind other parts than BERT's, ${name}: ids and decoding as Hugging Face tokenizers gives them`, async () => {
    await withFolder({ "tokenizer.json": { ...json, model: { ...json.model, vocab } } }, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, "wordpiece");
      assert.deepEqual([tokenizer.padId, tokenizer.maskId], [0, 4]);
      const check = (given: Tokenizer) =>
        rows.forEach((want, i) => {
          const about = JSON.stringify(hostileTexts[i]);
          assert.deepEqual(given.encode(hostileTexts[i]!).ids, want.ids, about);
          assert.equal(given.decode(want.ids), want.decoded, about);
        });
      check(tokenizer);
      await tokenizer.save(`${folder}/saved`);
      check(await loadTokenizer(`${folder}/saved`));
    });
  });
}

Deno.test("WordPiece: every code point is prepared and split as in Hugging Face tokenizers", () => {
  const wanted = fixture<Record<string, string[]>>("code_points.json");
  const ways: Record<string, BertSettings> = {
    uncased: { cleanText: true, handleChinese: true, stripAccents: true, lowercase: true },
    unclean: { cleanText: false, handleChinese: false, stripAccents: true, lowercase: false },
  };
  const prepared = Object.entries(ways).map(([name, settings]) => {
    const prepare = makeBertNormalizer(settings);
    return [name, (text: string) => {
      const { units, length } = prepare(text);
      return stringOf(units, 0, length);
    }] as const;
  });
  const classes = characterClasses();
  const words = (text: string) => {
    const kind = classes[text.codePointAt(1)!]!;
    const middle = text.slice(1, -1);
    return kind & Is.whiteSpace ? "a|b" : kind & Is.punctuation ? `a|${middle}|b` : text;
  };
  for (const [name, change] of [...prepared, ["words", words] as const]) {
    const wrong: string[] = [];
    for (let block = 0; block < 0x110000; block += 0x1000) {
      const texts: string[] = [];
      for (let code = block; code < block + 0x1000; code++) {
        if (code < 0xd800 || code > 0xdfff) texts.push(change(`a${String.fromCodePoint(code)}b`));
      }
      if (fnv(texts.join("\n")) !== wanted[name]![block / 0x1000]) wrong.push(`U+${block.toString(16)}`);
    }
    assert.deepEqual(wrong, [], `${name}: blocks of 4096 code points that differ`);
  }
});

/** FNV-1a over UTF-8, 32 bits. */
function fnv(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

Deno.test("WordPiece: vocab.txt and tokenizer.json are the same tokenizer", async () => {
  const config = { tokenizer_class: "BertTokenizer", do_lower_case: false, model_max_length: 512 };
  await withFolder({ "vocab.txt": vocabText, "tokenizer_config.json": config }, async (plain) => {
    const tokenizer = await loadTokenizer(plain);
    assert.equal(tokenizer.modelMaxLength, 512);
    const rows = reference.cased!.rows;
    hostileTexts.forEach((text, i) =>
      assert.deepEqual(tokenizer.encode(text).ids, rows[i]!.ids, JSON.stringify(text))
    );
  });
});

Deno.test("WordPiece: tokenizer_config.json's do_lower_case goes before tokenizer.json's", async () => {
  const files = filesOf(reference.cased!);
  const config = { tokenizer_class: "BertTokenizerFast", do_lower_case: true, strip_accents: null };
  await withFolder({ ...files, "tokenizer_config.json": config }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const rows = reference.uncased!.rows;
    hostileTexts.forEach((text, i) =>
      assert.deepEqual(tokenizer.encode(text).ids, rows[i]!.ids, JSON.stringify(text))
    );
  });
});

Deno.test("WordPiece: nothing says whether to lower-case: the vocabulary does, unless the caller says so", async () => {
  await withFolder({ "vocab.txt": vocabText }, async (folder) => {
    const rows = reference.cased!.rows;
    const tokenizer = await loadTokenizer(folder);
    hostileTexts.forEach((text, i) =>
      assert.deepEqual(tokenizer.encode(text).ids, rows[i]!.ids, JSON.stringify(text))
    );
    const lowered = await loadTokenizer(folder, { lowercase: true });
    const wanted = reference.uncased!.rows;
    hostileTexts.forEach((text, i) =>
      assert.deepEqual(lowered.encode(text).ids, wanted[i]!.ids, JSON.stringify(text))
    );
  });
  await withFolder({ "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nabc\n" }, async (folder) => {
    assert.deepEqual((await loadTokenizer(folder)).tokenize("ABC"), ["abc"]);
  });
});

Deno.test("WordPiece: special tokens that the vocabulary lacks get the next ids, as in Python", async () => {
  await withFolder({ "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\nabc\n" }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.maskId, 5);
    assert.equal(tokenizer.vocabSize, 6);
    assert.deepEqual(tokenizer.encode("abc[MASK]").ids, [2, 4, 5, 3]);
  });
});

Deno.test("WordPiece: a vocabulary without the unknown token is an error", async () => {
  const json = { model: { type: "WordPiece", vocab: { "[CLS]": 0 }, unk_token: "[UNK]" } };
  await withFolder({ "tokenizer.json": json }, async (folder) => {
    await assert.rejects(() => loadTokenizer(folder), /no \[UNK\]/);
  });
});

Deno.test("WordPiece: parts that are not known are refused by name", async () => {
  const model = { type: "WordPiece", vocab, unk_token: "[UNK]" };
  for (
    const [part, says] of [
      [{ normalizer: { type: "Nmt" } }, /normalizer "Nmt" is not known/],
      [{ pre_tokenizer: { type: "UnicodeScripts" } }, /pre_tokenizer "UnicodeScripts" is not known/],
      [{ decoder: { type: "CTC" } }, /decoder "CTC" is not known/],
      [{ post_processor: { type: "Odd" } }, /post_processor "Odd" is not known/],
      [{ added_tokens: [{ content: "x" }] }, /added_tokens\[0\] is not a token with an id/],
    ] as const
  ) {
    await withFolder({ "tokenizer.json": { model, ...part } }, async (folder) => {
      await assert.rejects(() => loadTokenizer(folder), says);
    });
  }
});

Deno.test("WordPiece: a list of SentencePiece's pieces is refused, with what is missing", async () => {
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁나는", "▁너는", "바람", "▁봄", "##는"];
  await withFolder({ "vocab.txt": pieces.map((piece) => `${piece}\n`).join("") }, async (folder) => {
    await assert.rejects(
      () => loadTokenizer(folder),
      /vocab\.txt lists the pieces of a SentencePiece model \(3 of 10 begin with ▁.*the model is not beside it\. Copy its file there/,
    );
  });
  // a mark among a vocabulary's characters is none
  const words = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "▁",
    "나",
    "##는",
    "▁x",
    ...Array.from("가거고구", (c) => c),
  ];
  await withFolder({ "vocab.txt": words.map((word) => `${word}\n`).join("") }, async (folder) => {
    assert.deepEqual((await loadTokenizer(folder)).tokenize("나는"), ["나", "##는"]);
  });
});
