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
  /** Where its steps take too long to be measured: of how many examples the measured ones were, and are. */
  scaled?: { measured: number; batchSize: number };
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

/** A training step as it was measured. */
interface Step {
  seconds: number;
  /** Padding included. */
  tokens: number;
  examples: number;
}

/** What steps take: some seconds whatever they hold, and some a token. */
export interface StepTime {
  step: number;
  token: number;
}

/**
 * What steps take by how many tokens they hold: the straight line through steps of several sizes; where they are of one size, or the line
 * makes no sense (a machine that was busy for a moment), their tokens alone.
 */
export function stepTime(steps: readonly Pick<Step, "seconds" | "tokens">[]): StepTime {
  const sum = (of: (step: Pick<Step, "seconds" | "tokens">) => number) =>
    steps.reduce((sum, step) => sum + of(step), 0);
  const seconds = sum((step) => step.seconds), tokens = sum((step) => step.tokens), { length } = steps;
  const spread = length * sum((step) => step.tokens ** 2) - tokens ** 2;
  const token = (length * sum((step) => step.seconds * step.tokens) - seconds * tokens) / spread;
  const step = (seconds - token * tokens) / length;
  return step >= 0 && token > 0 ? { step, token } : { step: 0, token: seconds / tokens };
}

/** Runs a training by a recipe on at most so many songs, with what it is watched by. */
type Run = (
  recipe: Recipe,
  songs: number,
  watch: { callbacks: TrainingCallback[]; signal: AbortSignal },
) => Promise<unknown>;

/** The steps of a training, which is ended when they tell enough. The first one sets memory and threads up, and does not count. */
async function stepsOf(run: Run, recipe: Recipe, songs: number): Promise<Step[]> {
  const steps: Step[] = [], control = new AbortController();
  let last = 0, total = 0;
  const callback: TrainingCallback = {
    onStart: () => void (last = performance.now()),
    onStep({ tokens, examples }) {
      const took = seconds(last);
      steps.push({ seconds: took, tokens, examples });
      if (steps.length > 1) total += took;
      if (total > enough) control.abort();
      last = performance.now();
    },
  };
  await run(endedBy(recipe), songs, { callbacks: [callback], signal: control.signal });
  return steps.length > 1 ? steps.slice(1) : steps;
}

/** A step of more than four examples that would take longer, in seconds, is not taken: smaller ones tell what it takes. */
const longestStep = 8;

/** How many examples a step may hold so as to end in time, by steps that held one. */
export const affordable = (ofOne: readonly Pick<Step, "seconds">[], batchSize: number): number => {
  const one = ofOne.reduce((sum, { seconds }) => sum + seconds, 0) / ofOne.length;
  return Math.min(batchSize, Math.max(4, Math.floor(longestStep / one)));
};

/** What a training's steps take, and of how many examples the largest was that was measured. */
async function measureSteps(
  run: Run,
  recipe: Recipe,
): Promise<StepTime & { measured: number; steps: Step[] }> {
  const ofOne = await stepsOf(run, { ...recipe, batchSize: 1, maxSteps: 4 }, 8);
  const measured = affordable(ofOne, recipe.batchSize);
  const steps = await stepsOf(run, { ...recipe, batchSize: measured }, 400);
  // steps of the real size say it all
  return { ...stepTime(measured === recipe.batchSize ? steps : [...ofOne, ...steps]), measured, steps };
}

/** Seconds that a song takes to be answered: the first songs say how many more can be asked. */
async function measureAnswers(
  songs: readonly Song[],
  first: number,
  ask: (songs: readonly Song[]) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now();
  await ask(songs.slice(0, first));
  const more = Math.max(first, Math.floor(enough / (seconds(begun) / first)));
  const asked = songs.slice(-more), from = performance.now();
  await ask(asked);
  return seconds(from) / asked.length;
}

const endedBy = (recipe: Recipe): Recipe => ({
  ...recipe,
  epochs: 1,
  adapt: 0,
  maxSteps: Math.min(13, recipe.maxSteps ?? 13),
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
    const { step, token, measured } = await measureSteps(
      (recipe, songs, watch) =>
        fineTune(
          classifier,
          { train: songsFrame(some(sample, songs)), validation: songsFrame([]) },
          recipe,
          watch,
        ),
      recipe,
    );
    const tokens = tokensOfExample(examples.map((example, i) => seenIn(0, trainable, example, i)), recipe);
    const { batchSize } = recipe, example = step / batchSize + token * tokens;
    return {
      load,
      example,
      // rows are filled with lyrics to their end
      reading: example / tokens * examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0) /
        examples.length,
      answer: await measureAnswers(
        some(songs, 48),
        8,
        (songs) => classifySongs(classifier, songs, { precision: recipe.precision }),
      ),
      memory,
      ...(measured < batchSize && { scaled: { measured, batchSize } }),
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
  const load = seconds(from), own = answererRecipe(answerer, recipe);
  try {
    const sample = some(sides.train, 400), asked = some(sides.test, 24);
    const { step, token, steps } = await measureSteps(
      (recipe, songs, watch) =>
        trainAnswerer(answerer, { train: some(sample, songs), validation: asked.slice(0, 2) }, recipe, watch),
      own,
    );
    const tokens = steps.reduce((sum, { tokens }) => sum + tokens, 0) /
      steps.reduce((sum, { examples }) => sum + examples, 0);
    return {
      load,
      example: step / own.batchSize + token * tokens,
      examplesOfSong: instances(sample, { oversample: false }).length / sample.length,
      question: await measureAnswers(
        asked,
        4,
        (songs) => judgeAnswers(answerer, songs, { name: "measured" }),
      ),
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
