import assert from "node:assert/strict";
import { loadTokenizer } from "./mod.ts";
import { fixture, fixturePath, hostileTexts, type Row, withFolder } from "./testing/fixtures.ts";

interface Reference {
  rows: Row[];
  decoded: [ids: number[], text: string][];
  texts: string[];
  legacy: number[][];
  newer: number[][];
  pairs: [first: string, second: string, maxLength: number, ids: number[]][];
  decode: [ids: number[], skipping: string, all: string][];
}

const reference = fixture<{ llama: Reference; kept: Pick<Reference, "rows" | "decoded"> }>(
  "sentencepiece_others.json",
);
const model = Deno.readFileSync(fixturePath("llama.model"));
const folder = (config: object) => ({
  "tokenizer.model": model,
  "tokenizer_config.json": { tokenizer_class: "LlamaTokenizer", ...config },
});

for (const [name, step] of [["llama", 1], ["kept", 2]] as const) {
  Deno.test(`SentencePiece BPE, ${name}.model: ids, places and decoding as in Python`, async () => {
    await withFolder({ "a.model": Deno.readFileSync(fixturePath(`${name}.model`)) }, async (path) => {
      const tokenizer = await loadTokenizer(path);
      assert.equal(tokenizer.kind, "sentencepiece");
      const texts = hostileTexts.filter((_, i) => i % step === 0);
      const { rows, decoded } = reference[name];
      assert.equal(rows.length, texts.length);
      rows.forEach((want, i) => {
        const about = JSON.stringify(texts[i]);
        assert.deepEqual(tokenizer.encode(texts[i]!).ids, want.ids, about);
        const { ids, offsets } = tokenizer.encode(texts[i]!, { offsets: true });
        assert.deepEqual([ids, offsets!.flat()], [want.ids, want.offsets], about);
      });
      for (const [ids, text] of decoded) {
        assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), text, JSON.stringify(ids));
      }
      // As tokenizer.json for Python, too; a piece that is always kept takes no space along there.
      await tokenizer.save(`${path}/saved`);
      const json = await loadTokenizer(`${path}/saved/tokenizer.json`);
      for (const text of ["나는 봄날에  창가에서 1,000원 😀", "봄<b>날 노래ㅋㅋ다", "", "  "]) {
        const ids = json.encode(text).ids;
        assert.deepEqual(ids, tokenizer.encode(text).ids, text);
      }
    });
  });
}

Deno.test("Llama, legacy: every stretch of text is SentencePiece's", async () => {
  for (const config of [{}, { legacy: true, add_bos_token: true, add_eos_token: false }]) {
    await withFolder(folder(config), async (path) => {
      const tokenizer = await loadTokenizer(path);
      assert.deepEqual([tokenizer.kind, tokenizer.paddingSide], ["llama", "left"]);
      assert.deepEqual([tokenizer.unkId, tokenizer.bosId, tokenizer.eosId], [0, 1, 2]);
      reference.llama.texts.forEach((text, i) => {
        const about = JSON.stringify(text);
        assert.deepEqual(tokenizer.encode(text).ids, reference.llama.legacy[i], about);
        assert.deepEqual(tokenizer.encode(text, { offsets: true }).ids, reference.llama.legacy[i], about);
      });
    });
  }
});

Deno.test("Llama, not legacy: ids, pairs and decoding as transformers 5 gives them", async () => {
  const config = { legacy: false, add_bos_token: true, add_eos_token: true };
  await withFolder(folder(config), async (path) => {
    const tokenizer = await loadTokenizer(path);
    reference.llama.texts.forEach((text, i) => {
      const about = JSON.stringify(text);
      assert.deepEqual(tokenizer.encode(text).ids, reference.llama.newer[i], about);
      const { ids, offsets } = tokenizer.encode(text, { offsets: true });
      assert.deepEqual(ids, reference.llama.newer[i], about);
      const length = Array.from(text).length;
      assert.ok(offsets!.every(([start, end]) => 0 <= start && start <= end && end <= length), about);
    });
    for (const [first, second, maxLength, ids] of reference.llama.pairs) {
      assert.deepEqual(tokenizer.encode(first, { pair: second, maxLength }).ids, ids, first);
    }
    for (const [ids, skipping, all] of reference.llama.decode) {
      assert.equal(tokenizer.decode(ids), skipping, JSON.stringify(ids));
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), all, JSON.stringify(ids));
    }
  });
});

Deno.test("Llama: bytes become text again, a broken character U+FFFD for each byte", async () => {
  await withFolder(folder({}), async (path) => {
    const tokenizer = await loadTokenizer(path);
    const bytes = (list: number[]) =>
      list.map((byte) => tokenizer.tokenToId(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)!);
    assert.equal(tokenizer.decode(bytes([0xf0, 0x9f, 0x98, 0x80])), "😀");
    assert.equal(tokenizer.decode(bytes([0xf0, 0x9f, 0x98])), "\ufffd\ufffd\ufffd");
    for (const text of ["나는 봄날에 😀\n창가에서", "x  y", "뷁"]) {
      assert.equal(tokenizer.decode(tokenizer.encode(text).ids), text);
    }
  });
});

Deno.test("Llama: neither a first token nor a space where they are not wanted", async () => {
  for (const legacy of [true, false]) {
    await withFolder(folder({ legacy, add_bos_token: false, add_prefix_space: false }), async (path) => {
      const tokenizer = await loadTokenizer(path);
      const { ids } = tokenizer.encode("나는");
      assert.ok(!ids.includes(tokenizer.bosId));
      assert.ok(!tokenizer.idToToken(ids[0]!)!.startsWith("▁"));
      assert.equal(tokenizer.decode(ids), "나는");
    });
  }
});

Deno.test("Llama: what is saved is the same again, as a model and as tokenizer.json alone", async () => {
  for (const legacy of [true, false]) {
    const config = { legacy, add_eos_token: true, pad_token: "</s>", model_max_length: 99 };
    await withFolder(folder(config), async (path) => {
      const tokenizer = await loadTokenizer(path);
      await tokenizer.save(`${path}/saved`);
      const again = await loadTokenizer(`${path}/saved`);
      const json = await loadTokenizer(`${path}/saved/tokenizer.json`);
      assert.deepEqual([again.kind, json.kind], ["llama", "bpe"]);
      assert.deepEqual([again.padId, again.modelMaxLength, again.paddingSide], [2, 99, "left"]);
      for (const text of reference.llama.texts) {
        assert.deepEqual(again.encode(text, { pair: text }), tokenizer.encode(text, { pair: text }), text);
        assert.deepEqual(json.encode(text, { pair: text }), tokenizer.encode(text, { pair: text }), text);
      }
      for (const [ids] of reference.llama.decode) assert.equal(json.decode(ids), tokenizer.decode(ids));
    });
  }
});

Deno.test("Llama: settings that contradict each other or the files are refused by name", async () => {
  await withFolder(
    { "a.model": model, "tokenizer_config.json": { add_eos_token: true, eos_token: "</x>" } },
    async (path) => {
      await assert.rejects(() => loadTokenizer(path), /special token <\/x> .* is not in its vocabulary/);
    },
  );
  await withFolder({
    "a.model": Deno.readFileSync(fixturePath("songs.model")),
    "tokenizer_config.json": { add_bos_token: true, cls_token: "[CLS]" },
  }, async (path) => {
    // [CLS] A [SEP] says how a text begins.
    assert.equal((await loadTokenizer(path)).encode("나").ids[0], 2);
  });
  await withFolder(folder({}), async (path) => {
    await (await loadTokenizer(path)).save(`${path}/saved`);
    const write = (config: object) =>
      Deno.writeTextFile(`${path}/saved/tokenizer_config.json`, JSON.stringify(config));
    await write({
      tokenizer_class: "LlamaTokenizer",
      add_bos_token: true,
      add_eos_token: true,
      eos_token: "</s>",
    });
    await assert.rejects(
      () => loadTokenizer(`${path}/saved`),
      /says add_eos_token true, but the post_processor of tokenizer\.json does not add the eos token/,
    );
    await write({ tokenizer_class: "LlamaTokenizer", add_bos_token: false });
    await assert.rejects(
      () => loadTokenizer(`${path}/saved`),
      /says add_bos_token false, but .* adds the bos token/,
    );
    await write({ tokenizer_class: "LlamaTokenizer", add_bos_token: true, add_eos_token: false });
    assert.deepEqual((await loadTokenizer(`${path}/saved`)).encode("").ids, [1]);
  });
});
