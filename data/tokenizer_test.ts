/** The tokenizer trained by tools/reference/train_tokenizer.py on the bundled lines and NSMC's reviews. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { loadTokenizer } from "../lib/tokenizer/mod.ts";

const folder = fileURLToPath(new URL("tokenizer", import.meta.url));

Deno.test("the bundled tokenizer: KoBERT's special tokens, small files", async () => {
  const tokenizer = await loadTokenizer(folder);
  const { unkId, padId, clsId, sepId, maskId, vocabSize } = tokenizer;
  assert.deepEqual([unkId, padId, clsId, sepId, maskId], [0, 1, 2, 3, 4]);
  assert.equal(vocabSize, 6000);
  assert.ok((await Deno.stat(`${folder}/tokenizer.model`)).size < 600_000);
});

Deno.test("the bundled tokenizer: as the sentencepiece package splits", async () => {
  const tokenizer = await loadTokenizer(folder);
  const expected: [string, string[]][] = JSON.parse(
    await Deno.readTextFile(new URL("tokenizer_pieces.json", import.meta.url)),
  );
  for (const [text, pieces] of expected) assert.deepEqual(tokenizer.tokenize(text), pieces);
});

Deno.test("the bundled tokenizer: knows the lyrics, in about half as many tokens as characters", async () => {
  const tokenizer = await loadTokenizer(folder);
  const rows = parse(await Deno.readTextFile(new URL("songs.csv", import.meta.url)), { columns: true }) as {
    lyrics: string;
  }[];
  let tokens = 0;
  let unknown = 0;
  let characters = 0;
  for (const { lyrics } of rows.slice(0, 200)) {
    const { ids } = tokenizer.encode(lyrics.replaceAll("\\n", "\n"));
    tokens += ids.length;
    unknown += ids.filter((id) => id === tokenizer.unkId).length;
    characters += lyrics.length;
  }
  assert.ok(unknown / tokens < 0.002, `${unknown} of ${tokens} tokens are unknown`);
  assert.ok(tokens / characters < 0.55, `${tokens} tokens for ${characters} characters`);
});
