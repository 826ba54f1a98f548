/** What the tests with very many songs share: a table, and its way to the first step of a training. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createModel, disposeModel } from "../../models/mod.ts";
import {
  cleanSongs,
  instances,
  readSongs,
  recordSplit,
  seenSongs,
  songRows,
  splitSongs,
} from "../../songs/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { fineTune } from "../fine_tune.ts";
import { testRecipe } from "../recipe.ts";

/**
 * Takes a table of so many songs through reading, cleaning, splitting, its record and a step of training. An engine has some hundred
 * thousand arguments for a call: `push(...songs)` and `Math.max(...lengths)` end here, and not with somebody's table.
 */
export async function checkManySongs(count: number): Promise<void> {
  const genres = ["발라드", "댄스", "트로트"];
  const rows = Array.from(
    { length: count },
    (_, i) => `노래 ${i},가수 ${i % 5000},${genres[i % 3]},"${i} 밤 ${i * 7919 % count}\n둘"\n`,
  );
  const table = new TextEncoder().encode(`song_name,artist,genre,lyrics\n${rows.join("")}`);
  const { songs, report } = cleanSongs(await readSongs(table, { onNote: () => {} }));
  assert.equal(report.kept, count);
  const split = splitSongs(songs, { validation: 0.1, test: 0.1, seed: 7 });
  assert.equal(split.test.height, count / 10);
  assert.equal(seenSongs(songRows(split.test), recordSplit(split)).test.length, count / 10);
  assert.equal(instances(songRows(songs), { oversample: true }).length, count);

  const tokenizer = await loadTokenizer(
    fileURLToPath(new URL("../../tokenizer/testdata/songs.model", import.meta.url)),
  );
  const model = createModel({
    model_type: "bert",
    vocab_size: tokenizer.vocabSize,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    intermediate_size: 8,
    max_position_embeddings: 16,
    pad_token_id: tokenizer.padId,
  }, { labels: genres, seed: 1 });
  try {
    const recipe = {
      ...testRecipe,
      maxSteps: 1,
      maxLength: 8,
      maxValidationSamples: 8,
      precision: "float32" as const,
    };
    const run = await fineTune({ model, tokenizer, labels: genres, notes: [] }, split, recipe);
    assert.equal(run.steps, 1);
  } finally {
    disposeModel(model);
  }
}
