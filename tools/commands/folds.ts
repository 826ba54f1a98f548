/** `deno task folds`: every method on the folds of a published comparison, with paired intervals. */
import { join } from "node:path";
import { grouped, holdFolder, tell, UserError } from "../../lib/ground/mod.ts";
import { modelNames } from "../../lib/models/mod.ts";
import { trainingProgress, trialsProgress } from "../../lib/notebook/mod.ts";
import { songRows, songsFrame } from "../../lib/songs/mod.ts";
import type { Recipe } from "../../lib/training/mod.ts";
import {
  compareFolds,
  fingerprint,
  foldBaselineName,
  foldBaselines,
  foldMethods,
  foldsText,
  type Method,
  runTrials,
  type Trial,
  trialStore,
  writeResults,
} from "../../lib/trials/mod.ts";
import { checkListed, disjointName, foldSides, readFolds, tableSplits, testSongsOf } from "../folds/file.ts";
import { useCluster } from "../cluster.ts";
import { clusterOptions, readOptions, recipe as recipeOptions, shared } from "../options.ts";
import { readCleanSongs, recipeOf } from "../run_songs.ts";
import { exists } from "../setup/paths.ts";

const cheap = [...foldBaselines.keys()];

const options = readOptions({
  command: "folds",
  about:
    "Runs every method on given folds and on an artist- and album-disjoint split, and prints means over folds with paired\n" +
    "95 % intervals. Predictions are written as they come, in files named after all that decides them, and the same command\n" +
    "goes on where it stood; the table shows what the output folder has of these songs, seed and settings. The folds file is\n" +
    'JSON: {"genres": [names], "folds": [[song ids], …], "disjoint_test": [song ids], which may be absent}; songs not listed are left out.\n' +
    "Each fold is tested once; of the others a tenth is cut off for validation (songs with the same lyrics stay together).",
  options: {
    songs: shared.songs,
    separator: shared.separator,
    genreNames: shared.genreNames,
    folds: { type: "text", path: "input", required: true, about: "the folds, song ids only" },
    models: {
      type: "list",
      default: "cheap,kobert-small",
      about:
        `what to run, with commas: ${cheap.join(", ")}, cheap for all of these, and models as --model of ` +
        `train takes them: ${modelNames.join(", ")}, a checkpoint's folder, a Hub id`,
    },
    splits: {
      type: "list",
      about: "the splits to run, with commas: fold-1 and so on, disjoint (default all)",
    },
    output: { ...shared.output, default: "outputs/folds", writes: ["trials", "folds.json"], mark: "trials" },
    ...clusterOptions,
    tokenizer: shared.tokenizer,
    seed: shared.seed,
    precision: shared.precision,
    epochs: { ...recipeOptions.epochs, default: 6 },
    batchSize: { ...recipeOptions.batchSize, default: 32 },
    maxLength: recipeOptions.maxLength,
    maxWindows: recipeOptions.maxWindows,
    cropLength: recipeOptions.cropLength,
    averageEpochs: recipeOptions.averageEpochs,
    distillation: recipeOptions.distillation,
    learningRate: recipeOptions.learningRate,
    adapt: recipeOptions.adapt,
    adaptLearningRate: recipeOptions.adaptLearningRate,
    trainings: {
      type: "integer",
      min: 1,
      default: 1,
      about:
        "trains each network so often, by seeds that follow one another, and takes the mean of what they say",
    },
  },
});
using _ = await holdFolder(options.output);
const { seed, ...fields } = options, { output } = fields, onCluster = options.cluster !== undefined;
await useCluster(options);

function checked(option: string, chosen: string[], known: readonly string[], isOther = (_: string) => false) {
  const wrong = chosen.filter((name) => !known.includes(name) && !isOther(name));
  if (wrong.length === 0) return chosen;
  throw new UserError(`--${option}: ${wrong.join(", ")} is none of ${known.join(", ")}.`);
}

const file = await readFolds(options.folds);
const labels = file.genres;
const testSongs = testSongsOf(file);
const wanted = checked(
  "models",
  (options.models ?? ["cheap", "kobert-small"]).flatMap((name) => name === "cheap" ? cheap : [name]),
  [...cheap, ...modelNames],
  (name) => name.includes("/") || exists(name),
);
const splits = checked("splits", options.splits ?? [...testSongs.keys()], [...testSongs.keys()]);

const listed = new Set([...testSongs.values()].flat());
const songs = songsFrame(
  songRows(await readCleanSongs(options.songs, { ...options, genres: labels })).filter(({ id }) =>
    listed.has(id)
  ),
);
checkListed(listed, new Set(songRows(songs).map(({ id }) => id)), options);
tell(
  `${grouped(songs.height)} of the ${grouped(listed.size)} listed songs, ${labels.length} genres, ${
    splits.join(", ")
  }`,
);

/** How a network trains: by the recipe that goes with it, but for what was given. */
function recipeFor(model: string): Recipe {
  return { ...recipeOf({ ...fields, model }).recipe, oversample: false };
}
const network = (source: string): Method => ({
  kind: "network",
  source,
  ...(options.tokenizer !== undefined && { tokenizer: options.tokenizer }),
  recipe: recipeFor(source),
  ...(options.trainings > 1 && { trainings: options.trainings }),
});
const methods = new Map([
  ...foldBaselines,
  ...[...new Set([...modelNames, ...wanted])].filter((name) => !foldBaselines.has(name))
    .map((source) => [source, network(source)] as const),
]);
const sidesOf = new Map([...testSongs].map(([split, test]) => [split, foldSides(songs, test, seed)]));
const trials = new Map<string, Trial>();
function trialOf(split: string, method: Method): Trial {
  const key = `${split} ${JSON.stringify(method)}`;
  const known = trials.get(key);
  if (known !== undefined) return known;
  const trial = { method, labels, sides: sidesOf.get(split)!.sides, seed, about: split };
  trials.set(key, trial);
  return trial;
}
for (const split of splits) {
  const { sides: { train, validation, test }, leftOut } = sidesOf.get(split)!;
  tell(
    `${split}: ${grouped(train.length)} songs train, ${grouped(validation.length)} validate, ${
      grouped(test.length)
    } test` +
      (leftOut === 0 ? "" : `; ${grouped(leftOut)} with the lyrics of a test song are left out`),
  );
}

const store = trialStore(output), progress = trialsProgress("folds");
const nameOf = new Map([...methods].map(([name, method]) => [method, name]));
const [cheapOnes, networks] = [true, false].map((isCheap) =>
  wanted.filter((name) => foldBaselines.has(name) === isCheap).map((name) => methods.get(name)!)
) as [Method[], Method[]];
try {
  await runTrials([
    ...splits.flatMap((split) => cheapOnes.map((method) => trialOf(split, method))),
    ...networks.flatMap((method) => splits.map((split) => trialOf(split, method))),
  ], {
    store,
    signal: progress.signal,
    listener: {
      ...progress.listener,
      // of trainings side by side there is one bar for all
      ...(!onCluster && { callbacks: [trainingProgress()] }),
      onNote: (note) => tell(note),
      async onDone(trial, predictions) {
        await progress.listener.onDone?.(trial, predictions);
        const { seconds = 0, answerSeconds = 0 } = predictions.cost ?? {};
        console.log(`${trial.about}  ${nameOf.get(trial.method)}: ${(seconds + answerSeconds).toFixed(0)} s`);
      },
    },
  });
} catch (error) {
  if (!progress.signal.aborted) throw error;
  tell("Stopped; the same command goes on from there.");
  Deno.exit(130);
} finally {
  await progress.finish();
}

const all = new Map([...sidesOf].map(([split, { sides }]) => [split, sides]));
const { methods: measured, weights } = await foldMethods(all, labels, [...methods.values()], trialOf, store);
if (!measured.some(({ method }) => method === foldBaselineName)) {
  tell("The table needs the results of tfidf: add it to --models.");
  Deno.exit(0);
}
const { folds, others } = tableSplits(testSongs.keys(), measured);
if (folds.includes(disjointName)) {
  tell(`None of the folds was run yet: the table is of ${disjointName} alone.`);
}
const comparison = compareFolds(measured, { folds, baseline: foldBaselineName });
const { epochs, batchSize, precision, adapt = 0, trainings, tokenizer = null } = options;
const identity = {
  songs: fingerprint(songRows(songs)),
  labels,
  seed,
  epochs,
  batchSize,
  precision,
  adapt,
  trainings,
  tokenizer,
};
await writeResults(join(output, "folds.json"), { identity, weights, ...comparison });
console.log(`\n${foldsText(comparison, { baseline: "TF-IDF", others })}`);
console.log(
  `\n‘… 대비’는 정확도의 차이(점)이고, 폴드에 대한 평균과 짝지은 95% 구간(t)입니다. 가장 나은 방법: ${comparison.best}.\n` +
    `"to …": accuracy in points, mean over folds and its paired 95 % interval (t). Best: ${comparison.best}.`,
);
tell(`Of ${identity.songs}, seed ${seed}; networks: ${epochs} epochs, batch ${batchSize}.`);
tell(`Figures: ${join(output, "folds.json")}`);
