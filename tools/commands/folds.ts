/** `deno task folds`: every method on the folds of a published comparison, with paired intervals. */
import { join } from "node:path";
import { majorityClass, type Rows, softmax, textBaseline } from "../../lib/evaluation/mod.ts";
import {
  artistMajority,
  artistSongsOf,
  COLUMN_NAMES,
  COLUMN_PARTS,
  columnBlocks,
  type ColumnPart,
  columnsProbabilities,
  combine,
  compareFolds,
  fitArtistPrior,
  fitColumns,
  fitColumnsModel,
  type FoldMethod,
  type FoldScores,
  foldsText,
  scoreSongs,
} from "../../lib/ideas/mod.ts";
import { configNames } from "../../lib/models/mod.ts";
import { listenForStop, progressBar, trainingProgress } from "../../lib/notebook/mod.ts";
import { type Song, songRows, songsFrame, type Split, splitByIds } from "../../lib/songs/mod.ts";
import { classifySongs, fineTune, loadClassifier, quickRecipe } from "../../lib/training/mod.ts";
import { DISJOINT, readFolds, testSongsOf } from "../folds/file.ts";
import { type FoldResult, readResult, rounded, writeResult } from "../folds/results.ts";
import { readOptions, recipe as recipeOptions, shared } from "../options.ts";
import { readCleanSongs } from "../run_songs.ts";

const BASELINE = "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression";

/** The linear models: what each looks at, by the name of its results. */
const linear: Record<string, { method: string; parts: readonly ColumnPart[] }> = {
  "tfidf": { method: BASELINE, parts: ["lyrics"] },
  "lyrics-artist": { method: "가사 + 가수, 선형 · lyrics + artist, linear", parts: ["lyrics", "artist"] },
  "columns": { method: "모든 열, 선형 · all columns, linear", parts: COLUMN_PARTS },
  ...Object.fromEntries(COLUMN_PARTS.map((left) => [`columns-without-${left}`, {
    method: `  − ${COLUMN_NAMES[left]}`,
    parts: COLUMN_PARTS.filter((part) => part !== left),
  }])),
};
/** Those that need no model of the lyrics' words, and naive Bayes. */
const simple: Record<string, string> = {
  "majority": "최다 장르 · majority class",
  "naive-bayes": "나이브 베이즈 · naive Bayes",
  "artist": "가수의 최다 장르 · artist's most frequent genre",
};
const cheap = [...Object.keys(simple), ...Object.keys(linear)];

const options = readOptions({
  command: "folds",
  about:
    "Runs every method on given folds and on an artist- and album-disjoint split, and prints means over folds with paired\n" +
    "95 % intervals. Results are written as they finish, and the same command goes on where it stood. The folds file is JSON:\n" +
    '{"genres": [names], "folds": [[song ids], …], "disjoint_test": [song ids]}; songs not listed are left out. Each fold is\n' +
    "tested once; of the others a tenth is cut off for validation (songs with the same lyrics stay together).",
  options: {
    songs: shared.songs,
    folds: { type: "text", placeholder: "FILE", required: true, about: "the folds, song ids only" },
    models: {
      type: "text",
      placeholder: "LIST",
      default: "cheap,kobert-small",
      about: `what to run, with commas: ${cheap.join(", ")}, cheap for all of these, and ${
        configNames.join(", ")
      }`,
    },
    splits: {
      type: "text",
      placeholder: "LIST",
      about: "the splits to run, with commas: fold-1 and so on, disjoint (default all)",
    },
    output: { ...shared.output, default: "outputs/folds" },
    tokenizer: shared.tokenizer,
    seed: shared.seed,
    precision: shared.precision,
    epochs: { ...recipeOptions.epochs, default: 6 },
    batchSize: { ...recipeOptions.batchSize, default: 32 },
    maxLength: { ...recipeOptions.maxLength, default: quickRecipe.maxLength },
    learningRate: { ...recipeOptions.learningRate, default: quickRecipe.learningRate },
  },
});
const { output, seed } = options;

const list = (text: string) => text.split(",").map((word) => word.trim()).filter((word) => word !== "");
function checked(option: string, chosen: string[], known: readonly string[]): string[] {
  const wrong = chosen.filter((name) => !known.includes(name));
  if (wrong.length === 0) return chosen;
  console.error(`--${option}: ${wrong.join(", ")} is none of ${known.join(", ")}.`);
  Deno.exit(2);
}

const file = await readFolds(options.folds);
const labels = file.genres;
const testSongs = testSongsOf(file);
const models = checked(
  "models",
  list(options.models).flatMap((name) => name === "cheap" ? cheap : [name]),
  [...cheap, ...configNames],
);
const splits = checked("splits", list(options.splits ?? [...testSongs.keys()].join(",")), [
  ...testSongs.keys(),
]);

const listed = new Set([...testSongs.values()].flat());
const songs = songsFrame(
  songRows(await readCleanSongs(options.songs, { genres: labels.join(",") })).filter(({ id }) =>
    listed.has(id)
  ),
);
console.log(
  `${songs.height} of the ${listed.size} listed songs, ${labels.length} genres, ${splits.join(", ")}`,
);

/** A split with its songs as plain rows. */
interface FoldSplit extends Split {
  rows: Record<"train" | "validation" | "test", Song[]>;
}
function splitOf(name: string): FoldSplit {
  const split = splitByIds(songs, { test: testSongs.get(name)!, validation: 0.1, seed });
  if (split.leftOut.height > 0) {
    console.log(
      `${name}: ${split.leftOut.height} songs with the lyrics of a test song are left out of training`,
    );
  }
  const { train, validation, test } = split;
  return {
    ...split,
    rows: { train: songRows(train), validation: songRows(validation), test: songRows(test) },
  };
}

const identity = { songs: songs.height, labels, seed };
const transformerIdentity = {
  ...identity,
  epochs: options.epochs,
  batchSize: options.batchSize,
  maxLength: options.maxLength,
  learningRate: options.learningRate,
  tokenizer: options.tokenizer ?? null,
};
const identityOf = (model: string) => configNames.includes(model) ? transformerIdentity : identity;
/** A result of this or an earlier run, whatever the transformer's settings were then. */
const resultOf = (split: string, model: string) => readResult(output, split, model, identity);

/** Runs a method unless its result is there. */
async function once(
  split: string,
  model: string,
  work: () => Promise<Omit<FoldResult, "identity" | "seconds">>,
): Promise<void> {
  if (!models.includes(model)) return;
  if (await readResult(output, split, model, identityOf(model)) !== undefined) return;
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  await writeResult(output, split, model, { identity: identityOf(model), seconds, ...result });
  console.log(`${split}  ${model}: ${seconds.toFixed(0)} s`);
}
const probabilities = (validation: Rows, test: Rows) => ({
  kind: "probabilities" as const,
  validation: rounded(validation),
  test: rounded(test),
});

async function runSimple(split: string, { rows: { train, validation, test } }: FoldSplit): Promise<void> {
  const genres = train.map((song) => song.genres[0]!);
  await once(split, "majority", () => {
    const of = (songs: Song[]) => majorityClass(genres, songs.length, { classes: labels }).probabilities;
    return Promise.resolve(probabilities(of(validation), of(test)));
  });
  await once(split, "artist", () => {
    const prior = fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });
    const of = (songs: Song[]) =>
      Array.from(
        artistMajority(prior, songs.map(({ artists }) => artists)),
        (genre) => labels.map((_, k) => k === genre ? 1 : 0),
      );
    return Promise.resolve(probabilities(of(validation), of(test)));
  });
  await once(split, "naive-bayes", async () => {
    const { probabilities: all } = await textBaseline({
      train: { texts: train.map(({ lyrics }) => lyrics), labels: genres },
      test: { texts: [...validation, ...test].map(({ lyrics }) => lyrics) },
    }, { method: "naive-bayes", classes: labels });
    return probabilities(all.slice(0, validation.length), all.slice(validation.length));
  });
}

async function runLinear(split: string, { rows: { train, validation, test } }: FoldSplit): Promise<void> {
  let tables: ReturnType<typeof prepare> | undefined;
  const prepare = () => {
    const { vectorizer, blocks } = fitColumns(train);
    return {
      train: blocks,
      validation: columnBlocks(vectorizer, validation),
      test: columnBlocks(vectorizer, test),
    };
  };
  for (const [name, { parts }] of Object.entries(linear)) {
    await once(split, name, async () => {
      tables ??= prepare();
      const bar = progressBar({ total: null, label: `${split} ${name}`, unit: "iterations" });
      const model = await fitColumnsModel(tables.train, train, labels, {
        parts,
        onIteration: (iteration) => bar.update(iteration),
      });
      await bar.finish();
      return probabilities(
        columnsProbabilities(model, tables.validation),
        columnsProbabilities(model, tables.test),
      );
    });
  }
}

using stop = listenForStop();
async function runTransformer(name: string, split: string, fold: FoldSplit): Promise<void> {
  await once(split, name, async () => {
    const folder = join(output, split, `${name}-training`);
    const classifier = await loadClassifier(name, {
      labels,
      seed,
      ...(options.tokenizer !== undefined && { tokenizer: options.tokenizer }),
    });
    const run = await fineTune(classifier, fold, {
      ...quickRecipe,
      epochs: options.epochs,
      batchSize: options.batchSize,
      maxLength: options.maxLength,
      learningRate: options.learningRate,
      precision: options.precision as typeof quickRecipe.precision,
      oversample: false,
      seed,
      keepCheckpoints: 1,
    }, { output: folder, callbacks: [trainingProgress()], signal: stop.signal });
    if (run.ended === "interrupted") {
      console.log("Stopped; the same command goes on from there.");
      Deno.exit(130);
    }
    const best = await loadClassifier(run.bestFolder!);
    const logits = async (songs: Song[]) =>
      rounded((await classifySongs(best, songs)).map(({ logits }) => logits));
    const result = {
      kind: "logits" as const,
      validation: await logits(fold.rows.validation),
      test: await logits(fold.rows.test),
      notes: {
        best: run.best,
        epochs: run.history.filter(({ kind }) => kind === "evaluation"),
      },
    };
    for (const { model } of [classifier, best]) for (const p of model.parameters.values()) p.dispose();
    await Deno.remove(folder, { recursive: true });
    return result;
  });
}

for (const split of splits) {
  const fold = splitOf(split);
  console.log(
    `${split}: ${fold.train.height} songs train, ${fold.validation.height} validate, ${fold.test.height} test`,
  );
  await runSimple(split, fold);
  await runLinear(split, fold);
}
for (const name of models.filter((name) => configNames.includes(name))) {
  for (const split of splits) await runTransformer(name, split, splitOf(split));
}

// the table: what is in the output folder, whichever run made it
const scores = new Map<string, Record<string, FoldScores>>();
const weights: Record<string, unknown> = {};
for (const split of testSongs.keys()) {
  const { rows: { train, validation, test } } = splitOf(split);
  const truth = artistSongsOf(test, labels).genres;
  const add = (method: string, rows: Rows) => {
    const { correct: _, ...figures } = scoreSongs(truth, rows);
    scores.set(method, { ...scores.get(method), [split]: figures });
  };
  const methods = { ...simple, ...Object.fromEntries(Object.entries(linear).map(([k, v]) => [k, v.method])) };
  for (const [name, method] of Object.entries(methods)) {
    const result = await resultOf(split, name);
    if (result !== undefined) add(method, result.test);
  }
  const columns = await resultOf(split, "columns");
  const prior = fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });
  for (const name of configNames) {
    const result = await resultOf(split, name);
    if (result === undefined) continue;
    if (columns === undefined) {
      add(name, softmax(result.test));
      continue;
    }
    const { results, alphas, stacking } = await combine(name, {
      validation: {
        ...artistSongsOf(validation, labels),
        logits: result.validation,
        columns: columns.validation,
      },
      test: { ...artistSongsOf(test, labels), logits: result.test, columns: columns.test },
    }, prior);
    for (const { method, probabilities } of results) add(method, probabilities);
    weights[`${split} ${name}`] = { ...alphas, stackingC: stacking.C };
  }
}
const methods: FoldMethod[] = [...scores].map(([method, bySplit]) => ({ method, bySplit }));
if (!scores.has(BASELINE)) {
  console.log("The table needs the results of tfidf: add it to --models.");
  Deno.exit(0);
}
const folds = [...testSongs.keys()].filter((name) => name !== DISJOINT);
const comparison = compareFolds(methods, { folds, baseline: BASELINE });
await Deno.writeTextFile(
  join(output, "folds.json"),
  JSON.stringify({ identity, weights, ...comparison }, null, 2) + "\n",
);
console.log(
  `\n${foldsText(comparison, { baseline: "TF-IDF", others: file.disjoint_test ? [DISJOINT] : [] })}`,
);
console.log(
  `\n"to …": accuracy in points, mean over folds and its paired 95 % interval (t). Best: ${comparison.best}.`,
);
console.log(`Figures: ${join(output, "folds.json")}`);
