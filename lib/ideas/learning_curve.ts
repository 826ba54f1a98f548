/** What more songs would bring: accuracy over the size of the training set. */
import { permutation, randomKey } from "../engine/mod.ts";
import { type Estimate, type Rows, textBaseline, wilsonInterval } from "../evaluation/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import type { Recipe } from "../training/mod.ts";
import { predictionsAfterTraining, type SideTrainingOptions } from "./side_training.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Something that learns from songs. */
export interface Learner {
  method: string;
  /** Which parts of the training songs it learns from, each above 0 and at most 1. */
  shares: readonly number[];
  /** Learns from songs. @returns its probabilities of the test songs, rows [song][class] */
  learn(train: readonly Song[]): Promise<Rows>;
  /** What it made of all training songs, where that is known already. */
  whole?: Verdict;
}

/** One size of the training set. */
export interface LearningPoint {
  /** Training songs. */
  songs: number;
  /** Per song, right if any of its genres; the interval is Wilson's, of the test songs, not of the draw of the training songs. */
  accuracy: Estimate;
  /** Per instance. */
  macroF1: number;
}

/** A method's points, the fewest songs first. */
export interface LearningCurve {
  method: string;
  points: LearningPoint[];
  /** Sizes of parts that hold songs of one genre only: of those nothing can be learnt, and they have no point. */
  leftOut: number[];
}

/**
 * Accuracy on the same test songs after learning from growing parts of the training songs. Each part holds all smaller ones,
 * and all methods get the same. A part of one genre is left out.
 *
 * @param options.seed decides which songs the parts hold
 * @param options.onLearner is told the how-manieth of all comes next (`2/6`), and what it is
 * @throws RangeError for a share that is not above 0 and at most 1
 */
export async function learningCurves(
  songs: { train: readonly Song[]; test: readonly Song[] },
  labels: readonly string[],
  learners: readonly Learner[],
  options: {
    seed: number;
    onLearner?: (place: string, method: string, songs: number) => void | Promise<void>;
  },
): Promise<LearningCurve[]> {
  const { train, test } = songs;
  const order = permutation(train.length, randomKey(options.seed, 5));
  const all = learners.reduce((sum, { shares }) => sum + shares.length, 0);
  const curves: LearningCurve[] = [];
  let begun = 0;
  for (const { method, shares, learn, whole } of learners) {
    const points: LearningPoint[] = [], leftOut: number[] = [];
    for (const share of shares.toSorted((a, b) => a - b)) {
      if (!(share > 0 && share <= 1)) {
        throw new RangeError(
          `learningCurves: ${method} has the share ${share}; it must be above 0 and at most 1.`,
        );
      }
      const count = Math.max(1, Math.round(share * train.length));
      await options.onLearner?.(`${++begun}/${all}`, method, count);
      const part = Array.from(order.slice(0, count).sort(), (i) => train[i]!);
      if (new Set(part.flatMap(({ genres }) => genres)).size < 2) {
        leftOut.push(count);
        continue;
      }
      points.push(pointOf(count, judge(method, labels, test, await learn(part))));
    }
    if (whole !== undefined) points.push(pointOf(train.length, whole));
    curves.push({ method, points, leftOut });
  }
  return curves;
}

function pointOf(songs: number, { perSong, macroF1 }: Verdict): LearningPoint {
  return { songs, accuracy: wilsonInterval(perSong.correct, perSong.count), macroF1 };
}

/** TF-IDF with logistic regression, as {@link judgeBaselines} has it. */
export function regressionLearner(
  labels: readonly string[],
  test: readonly Song[],
  shares: readonly number[],
  { tolerance = 1e-4, iteration }: { tolerance?: number; iteration?: (iteration: number) => void } = {},
): Learner {
  return {
    method: "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression",
    shares,
    async learn(train) {
      const rows = instances(train, { oversample: true });
      const { probabilities } = await textBaseline({
        train: { texts: rows.map(({ text }) => text), labels: rows.map(({ genre }) => genre) },
        test: { texts: test.map(({ lyrics }) => lyrics) },
      }, {
        classes: labels,
        tolerance,
        ...(iteration && {
          onProgress: (progress) => progress.stage === "fit" ? iteration(progress.iteration) : undefined,
        }),
      });
      return probabilities;
    },
  };
}

/**
 * A transformer, trained anew on each part by one recipe: as many epochs, so the fewer songs the fewer steps. It is
 * taken as it is after the last epoch, without validation.
 *
 * @param source as {@link loadClassifier} takes it
 */
export function transformerLearner(
  source: string,
  options: SideTrainingOptions & {
    labels: readonly string[];
    test: readonly Song[];
    shares: readonly number[];
    recipe: Recipe;
  },
): Learner {
  const { labels, test, shares, recipe, ...training } = options;
  return {
    method: source,
    shares,
    async learn(train) {
      const songs = { train, validation: [], test };
      const predictions = await predictionsAfterTraining(source, labels, songs, recipe, training);
      return predictions.map(({ probabilities }) => probabilities);
    },
  };
}
