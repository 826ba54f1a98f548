import assert from "node:assert/strict";
import { loadTokenizer } from "./mod.ts";
import { fixture, withFolder } from "./testing/fixtures.ts";

interface Reference {
  vocab: Record<string, number>;
  merges: [string, string][];
  variants: Record<string, {
    json: { model: object };
    /** How the tokens begin that this variant lacks. */
    without: string;
    rows: { text: string; ids: number[] }[];
    decoded: [ids: number[], skipping: string, all: string][];
  }>;
}

const { vocab, merges, variants } = fixture<Reference>("spaces.json");

function jsonOf(name: string): Record<string, unknown> {
  const { json, without } = variants[name]!;
  const lacks = (token: string) => without !== "" && token.startsWith(without);
  // JavaScript puts keys such as "1" first.
  const tokens = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!).filter((token) => !lacks(token));
  const pairs = merges.filter((pair) => !pair.some(lacks) && !lacks(pair.join("")));
  const own = { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: pairs };
  return { ...json, model: { ...json.model, ...own } };
}

for (const [name, { rows, decoded }] of Object.entries(variants)) {
  Deno.test(`BPE with spaces, ${name}: ids and decoding as Hugging Face tokenizers gives them`, async () => {
    await withFolder({ "tokenizer.json": jsonOf(name) }, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, "bpe");
      assert.ok(rows.length > 50);
      for (const { text, ids } of rows) {
        assert.deepEqual(tokenizer.encode(text).ids, ids, JSON.stringify(text));
        const tokens = tokenizer.encode(text, { addSpecialTokens: false }).ids.map(tokenizer.idToToken);
        assert.deepEqual(tokenizer.tokenize(text), tokens);
      }
      for (const [ids, skipping, all] of decoded) {
        const about = JSON.stringify(ids.map(tokenizer.idToToken));
        assert.equal(tokenizer.decode(ids), skipping, about);
        assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), all, about);
      }
    });
  });
}

Deno.test("BPE: long stretches and words met again give the same tokens", async () => {
  await withFolder({ "tokenizer.json": jsonOf("llama2") }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const line = "나는 봄날에 창가에서 편지를 기다려요";
    const once = tokenizer.encode(line, { addSpecialTokens: false }).ids;
    const often = tokenizer.encode(Array(500).fill(line).join(" "), { addSpecialTokens: false }).ids;
    assert.deepEqual(often, Array(500).fill(once).flat());
    const run = tokenizer.encode("ㅋ".repeat(3000), { addSpecialTokens: false }).ids;
    assert.equal(tokenizer.decode(run), "ㅋ".repeat(3000));
  });
});

Deno.test("tokenizer.json: padding's side and token, and add_prefix_space where two files say it", async () => {
  const json = jsonOf("llama2");
  const padding = {
    strategy: "BatchLongest",
    direction: "Left",
    pad_id: 2,
    pad_type_id: 0,
    pad_token: "</s>",
  };
  await withFolder({ "tokenizer.json": { ...json, padding } }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.deepEqual([tokenizer.padId, tokenizer.paddingSide], [2, "left"]);
  });
  await withFolder({
    "tokenizer.json": { ...json, pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } },
    "tokenizer_config.json": { add_prefix_space: false },
  }, async (folder) => {
    await assert.rejects(
      () => loadTokenizer(folder),
      /add_prefix_space is false in tokenizer_config\.json and true in tokenizer\.json/,
    );
  });
});

Deno.test("decoding: clean_up_tokenization_spaces takes spaces before marks out, but not for BPE, as in Python", async () => {
  const config = { clean_up_tokenization_spaces: true };
  const words = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "we", "'", "re", "(", "."];
  await withFolder({ "vocab.txt": words.join("\n"), "tokenizer_config.json": config }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.decode([5, 6, 7, 8, 9]), "we're (.");
  });
  await withFolder({ "tokenizer.json": jsonOf("gemma"), "tokenizer_config.json": config }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const { ids } = tokenizer.encode("나는 .");
    assert.equal(tokenizer.decode(ids), "나는 .");
  });
});
