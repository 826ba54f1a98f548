/** How fast this machine does what the notebooks do: a few steps of each kind, on some of the songs at hand. */
import { disposeModel } from "../../lib/models/mod.ts";
import { figurePng } from "../../lib/notebook/mod.ts";
import { genreDistribution } from "../../lib/plots/mod.ts";
import { answererRecipe, judgeAnswers, loadAnswerer, trainAnswerer } from "../../lib/qa/mod.ts";
import { instances, type Song, songsFrame } from "../../lib/songs/mod.ts";
import {
  type Classifier,
  classifySongs,
  epochBatches,
  type Example,
  examplesOf,
  fineTune,
  foreseeMemory,
  loadClassifier,
  longestRow,
  makePlan,
  type Recipe,
  rowsOf,
  seenIn,
  songExamplesOf,
  trainableOf,
  type TrainingCallback,
} from "../../lib/training/mod.ts";
import { type Method, type NetworkMethod, runTrial, type Sides, type Trial } from "../../lib/trials/mod.ts";

/** What a network takes, in seconds. */
export interface NetworkSpeed {
  load: number;
  /** A training instance, once. */
  example: number;
  /** A song that is read as a language model, once. */
  reading: number;
  /** A song that is asked for its genre. */
  answer: number;
  /** What its training takes at its peak, in bytes. */
  memory: number;
}

/** What a model that is asked questions takes, in seconds. */
export interface AnswererSpeed {
  load: number;
  /** A question and its answer, learnt once. */
  example: number;
  examplesOfSong: number;
  /** A song's question, every genre's answer tried. */
  question: number;
  epochs: number;
}

/** Steps are taken until they took so many seconds, the first left out. */
const enough = 4;

const seconds = (from: number): number => (performance.now() - from) / 1000;

/** At most so many of the songs, spread over all. */
export function some<T>(songs: readonly T[], most: number): T[] {
  if (songs.length <= most) return [...songs];
  return Array.from({ length: most }, (_, i) => songs[Math.floor(i * songs.length / most)]!);
}

/** Notes the steps of a training, and asks it to end when they tell enough. */
function stopwatch() {
  const steps: { seconds: number; tokens: number; examples: number }[] = [], control = new AbortController();
  let last = 0, total = 0;
  const callback: TrainingCallback = {
    onStart: () => void (last = performance.now()),
    onStep({ tokens, examples }) {
      const took = seconds(last);
      steps.push({ seconds: took, tokens, examples });
      // the first one sets memory and threads up
      if (steps.length > 1) total += took;
      if (total > enough) control.abort();
      last = performance.now();
    },
  };
  return {
    callback,
    signal: control.signal,
    /** Seconds a token, padding included, and an example. */
    rates() {
      const kept = steps.length > 1 ? steps.slice(1) : steps;
      const sum = (of: "seconds" | "tokens" | "examples") => kept.reduce((sum, step) => sum + step[of], 0);
      return { token: sum("seconds") / sum("tokens"), example: sum("seconds") / sum("examples") };
    },
  };
}

const endedBy = (recipe: Recipe): Recipe => ({
  ...recipe,
  epochs: 1,
  adapt: 0,
  maxSteps: 13,
  evaluateEverySteps: null,
  earlyStoppingPatience: null,
});

/** Tokens, padding included, that an example takes in an epoch, in the mean. */
function tokensOfExample(examples: readonly Example[], recipe: Recipe): number {
  const batches = epochBatches(examples.map(longestRow), { ...recipe, epoch: 0 });
  let tokens = 0;
  for (let i = 0; i < batches.length; i++) {
    const batch = Array.from(batches.at(i), (index) => examples[index]!);
    const rows = batch.reduce((sum, example) => sum + rowsOf(example).length, 0);
    tokens += rows * batch.reduce((most, example) => Math.max(most, longestRow(example)), 0);
  }
  return tokens / examples.length;
}

/** Measures a network in some steps of its own recipe. @throws UserError where it cannot be loaded, or needs more memory than there is */
export async function measureNetwork(
  { source, tokenizer, recipe }: NetworkMethod,
  labels: readonly string[],
  songs: readonly Song[],
): Promise<NetworkSpeed> {
  const from = performance.now();
  const classifier = await loadClassifier(source, {
    labels,
    multiLabel: recipe.multiLabel,
    ...(tokenizer !== undefined && { tokenizer }),
  });
  const load = seconds(from);
  try {
    const sample = some(songs, 400), examples = examplesFor(classifier, sample, recipe);
    const trainable = trainableOf(classifier, recipe);
    const memory = foreseeMemory(trainable, makePlan(trainable, { train: examples }, recipe)).total;
    const watch = stopwatch();
    await fineTune(
      classifier,
      { train: songsFrame(sample), validation: songsFrame([]) },
      endedBy(recipe),
      { callbacks: [watch.callback], signal: watch.signal },
    );
    const asked = some(songs, 48);
    await classifySongs(classifier, asked.slice(0, 8), { precision: recipe.precision });
    const asking = performance.now();
    await classifySongs(classifier, asked, { precision: recipe.precision });
    const { token } = watch.rates();
    return {
      load,
      example: token *
        tokensOfExample(examples.map((example, i) => seenIn(0, trainable, example, i)), recipe),
      // rows are filled with lyrics to their end
      reading: token * examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0) / examples.length,
      answer: seconds(asking) / asked.length,
      memory,
    };
  } finally {
    disposeModel(classifier.model);
  }
}

const examplesFor = (classifier: Classifier, songs: readonly Song[], recipe: Recipe): Example[] =>
  recipe.multiLabel
    ? songExamplesOf(classifier, songs, recipe)
    : examplesOf(classifier, instances(songs, { oversample: recipe.oversample }), recipe);

/** Seconds that a method without a network takes for a training song, answers included. */
export async function measureOther(method: Method, { labels, sides, seed }: Trial): Promise<number> {
  const sample: Sides = {
    train: some(sides.train, 300),
    validation: some(sides.validation, 40),
    test: some(sides.test, 40),
  };
  const from = performance.now();
  await runTrial({ method, labels, sides: sample, seed });
  return seconds(from) / sample.train.length;
}

/** Measures the model that notebook 9 asks. */
export async function measureAnswerer(
  source: string,
  { tokenizer, recipe, labels, sides }: {
    tokenizer: string | undefined;
    recipe: Recipe;
    labels: readonly string[];
    sides: Sides;
  },
): Promise<AnswererSpeed> {
  const from = performance.now();
  const answerer = await loadAnswerer(source, {
    genres: labels,
    ...(tokenizer !== undefined && { tokenizer }),
  });
  const load = seconds(from), own = answererRecipe(answerer, recipe), watch = stopwatch();
  try {
    const sample = some(sides.train, 400), asked = some(sides.test, 24);
    await trainAnswerer(answerer, { train: sample, validation: asked.slice(0, 2) }, endedBy(own), {
      callbacks: [watch.callback],
      signal: watch.signal,
    });
    // the first ones set memory and threads up
    await judgeAnswers(answerer, asked.slice(0, 4), { name: "measured" });
    const asking = performance.now();
    await judgeAnswers(answerer, asked, { name: "measured" });
    return {
      load,
      example: watch.rates().example,
      examplesOfSong: instances(sample, { oversample: false }).length / sample.length,
      question: seconds(asking) / asked.length,
      epochs: own.epochs,
    };
  } finally {
    disposeModel(answerer.language.model);
  }
}

/** Seconds that a figure takes. */
export async function measureFigure(songs: readonly Song[]): Promise<number> {
  const figure = genreDistribution(songs);
  await figurePng(figure); // loads plotly.js
  const from = performance.now();
  await figurePng(figure);
  return seconds(from);
}
