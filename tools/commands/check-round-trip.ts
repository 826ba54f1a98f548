/**
 * `deno task check-round-trip`: whether Python opens what is saved here, and the other way. Every architecture and task, classifiers with their
 * tokenizers, the project's kobert-small as it lies there and fine-tuned by the recipe for tests: saved here; opened by transformers' AutoModel… and AutoTokenizer, with the same logits, labels and ids; saved by
 * Python; opened here again, with the same logits and ids.
 */
import { join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import {
  createModel,
  disposeModel,
  type JsonObject,
  loadCheckpoint,
  localFolder,
  type Model,
  predictLogits,
  saveCheckpoint,
  type Task,
  tokenBatch,
} from "../../lib/models/mod.ts";
import { readSongs, songRows, songsFrame, splitSongs } from "../../lib/songs/mod.ts";
import { type LoadOptions, loadTokenizer, type Tokenizer } from "../../lib/tokenizer/mod.ts";
import {
  fineTune,
  loadClassifier,
  loadLanguageModel,
  saveClassifier,
  testRecipe,
} from "../../lib/training/mod.ts";
import { launch } from "../launch.ts";
import { exists, inProject } from "../setup/paths.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";

const values = readOptions(commandLines["check-round-trip"]);
const python = await ensureReferenceVenv();
const folder = values.folder ?? await Deno.makeTempDir();
await startEngine();

const maxLength = 48;
const songs = songRows(await readSongs(inProject("data", "songs.csv"))).slice(0, 60);
const texts = [
  ...songs.map(({ lyrics }) => lyrics),
  "",
  " ",
  "ㅋㅋㅋ 「사랑」…  ¿Qué? ＡＢＣ １２３,456.7 \u200b\u00a0끝\n새 줄\tTab 👩‍🎤 café 한글",
];
const labels = ["발라드", "댄스", "랩/힙합", "R&B/Soul", "록/메탈", "트로트", "포크/블루스", "인디음악"];

/** What a model and a tokenizer give: Python must find the same. */
function described(model: Model, tokenizer: Tokenizer | null): JsonObject {
  const pad = model.config.padId ?? 0;
  const rows = [[2, 9, 17, 3, 21, 30], [2, 30, 3], [7], [2, 11, 12, 3]];
  const batch = tokenBatch(rows, pad);
  const split = (values: Int32Array) =>
    rows.map((_, i) => [...values.slice(i * batch.length, (i + 1) * batch.length)]);
  return {
    task: model.task,
    input_ids: split(batch.inputIds),
    attention_mask: split(batch.attentionMask),
    logits: [...predictLogits(model, batch)],
    ...(model.task === "sequence-classification" && { labels: model.config.labels }),
    ...(tokenizer && {
      texts,
      max_length: maxLength,
      ids: texts.map((text) => tokenizer.encode(text, { maxLength }).ids),
    }),
  };
}

const expected = new Map<string, JsonObject>();

/** Copies a folder's files. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}

async function keep(name: string, model: Model, tokenizer: Tokenizer | null): Promise<void> {
  const path = join(folder, "saved", name);
  const all = described(model, tokenizer);
  expected.set(name, all);
  await Deno.writeTextFile(join(path, "expected.json"), JSON.stringify(all));
  disposeModel(model);
}

const cases = inProject("lib", "models", "testdata", "parity");
for (const { name } of [...Deno.readDirSync(cases)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const { class: made } = JSON.parse(await Deno.readTextFile(join(cases, name, "expected.json")));
  const task: Task = made.endsWith("MaskedLM")
    ? "masked-lm"
    : made.endsWith("CausalLM")
    ? "causal-lm"
    : "sequence-classification";
  const { model } = loadCheckpoint(join(cases, name), { task });
  await saveCheckpoint(model, join(folder, "saved", name));
  await keep(name, model, null);
}

// the project's own model as it lies there, in bfloat16, and what a training makes of it
const shipped = await loadLanguageModel("kobert-small");
await copyFolder(localFolder("kobert-small")!, join(folder, "saved", "kobert-small"));
await keep("kobert-small", shipped.model, shipped.tokenizer);
const split = splitSongs(songsFrame(songs), { validation: 0.2, test: 0, seed: 7 });
for (const pooling of ["cls", "mean"] as const) {
  const name = `kobert-small-trained-${pooling}`, output = join(folder, name);
  const trained = await loadClassifier("kobert-small", { labels, seed: 5 });
  const { bestFolder } = await fineTune(trained, split, { ...testRecipe, pooling }, { output });
  disposeModel(trained.model);
  const { model, tokenizer } = await loadClassifier(bestFolder!);
  await Deno.mkdir(join(folder, "saved"), { recursive: true });
  await copyFolder(bestFolder!, join(folder, "saved", name));
  await keep(name, model, tokenizer);
}
// the bundled tokenizer, of KoBERT's kind, and others
const fresh = await loadClassifier("kobert-small-scratch", { labels, seed: 5 });
await saveClassifier(fresh, join(folder, "saved", "kobert-small-scratch"));
await keep("kobert-small-scratch", fresh.model, fresh.tokenizer);
const small = {
  model_type: "electra",
  embedding_size: 16,
  hidden_size: 32,
  intermediate_size: 40,
  num_hidden_layers: 1,
  initializer_range: 0.3,
};
const fixture = (name: string) => inProject("lib", "tokenizer", "testdata", name);
const tokenizers: Record<string, [path: string, options?: LoadOptions]> = {
  "electra-wordpiece": [fixture("wordpiece_vocab.txt")],
  // the bundled model's character map is whole, the fixture's is not
  "electra-xlnet": [inProject("data", "tokenizer"), { kind: "xlnet" }],
  "electra-llama": [fixture("llama.model"), { kind: "llama" }],
  // KoBERT's own, where it lies beside the project
  "electra-kobert": [inProject("..", "shared", "kobert")],
};
for (const [name, [path, options]] of Object.entries(tokenizers)) {
  if (!exists(path)) continue;
  const tokenizer = await loadTokenizer(path, options);
  const { vocabSize: vocab_size } = tokenizer;
  // Llama has no token for padding of its own.
  const pad_token_id = tokenizer.kind === "llama" ? tokenizer.eosId : tokenizer.padId;
  const model = createModel({ ...small, vocab_size, pad_token_id }, { labels, seed: 5 });
  await saveClassifier({ model, tokenizer, labels, notes: [] }, join(folder, "saved", name));
  await keep(name, model, tokenizer);
}

let problems = await launch(python, [inProject("tools", "reference", "round_trip.py"), folder], {}) === 0
  ? 0
  : 1;
for (const [name, before] of expected) {
  const path = join(folder, "resaved", name);
  const { model, report } = loadCheckpoint(path, { task: before.task as Task });
  const tokenizer = before.texts === undefined ? null : await loadTokenizer(path);
  const after = described(model, tokenizer);
  disposeModel(model);
  const different = Object.keys(before).filter((key) =>
    JSON.stringify(after[key]) !== JSON.stringify(before[key])
  );
  if (report.initialised.length > 0) different.push(`freshly drawn: ${report.initialised.join(", ")}`);
  if (different.length > 0) {
    console.log(`${name}, saved by Python and opened here: other ${different.join(", ")}`);
  }
  problems += different.length;
}
console.log(problems === 0 ? `${expected.size} folders, there and back: the same` : "PROBLEMS: see above");
if (values.folder === undefined) await Deno.remove(folder, { recursive: true });
Deno.exit(problems === 0 ? 0 : 1);
