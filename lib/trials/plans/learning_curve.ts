/** What more songs would bring: accuracy over the size of the training set. */
import { permutation, randomKey } from "../../ground/mod.ts";
import { type Estimate, wilsonInterval } from "../../evaluation/mod.ts";
import { bilingual, nameOf } from "../names.ts";
import { type RunOptions, runTrials } from "../run.ts";
import { type Method, type Sides, type Trial } from "../trial.ts";
import { judge } from "../verdict.ts";

/** A method and how much it learns from. */
export interface Learner {
  method: Method;
  /** Parts of the training songs, each above 0 and at most 1. All of them come last. */
  shares: readonly number[];
  /** Leaves all of them out, unless they are among the shares: for what takes long and is shown for comparison. */
  partsOnly?: boolean;
}

/** One size of the training set. */
export interface LearningPoint {
  /** Training songs. */
  songs: number;
  /** Per song, right if any of its genres; the interval is Wilson's, of the test songs, not of the draw of the training songs. */
  accuracy: Estimate;
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
 * Accuracy on the same test songs after learning from growing parts of the training songs and from all of them. Each part holds all
 * smaller ones, and all methods get the same. Every point is made alike: a network is trained from its start by one recipe (as many epochs, so
 * the fewer songs the fewer steps), and its best epoch on the same validation songs, or the mean of its last, is taken. A part of one genre is left out.
 *
 * @param options.seed decides which songs the parts hold, and is the trainings'
 * @throws RangeError for a share that is not above 0 and at most 1
 */
export async function learningCurves(
  sides: Sides,
  labels: readonly string[],
  learners: readonly Learner[],
  { seed, ...options }: RunOptions & { seed: number },
): Promise<LearningCurve[]> {
  const { train } = sides;
  const order = permutation(train.length, randomKey(seed, 5));
  const planned = learners.map(({ method, shares, partsOnly = false }) => {
    const leftOut: number[] = [], trials: Trial[] = [];
    for (const share of [...shares, ...(partsOnly ? [] : [1])].sort((a, b) => a - b)) {
      if (!(share > 0 && share <= 1)) {
        throw new RangeError(
          `learningCurves: ${bilingual(nameOf(method))} has the share ${share}; it must be above 0 ` +
            "and at most 1.",
        );
      }
      const count = Math.max(1, Math.round(share * train.length));
      if (trials.some(({ sides }) => sides.train.length === count)) continue;
      const part = count === train.length
        ? train
        : Array.from(order.slice(0, count).sort(), (i) => train[i]!);
      if (new Set(part.flatMap(({ genres }) => genres)).size < 2) leftOut.push(count);
      else {
        const learner = part === train ? method : validatedLast(method);
        trials.push({ method: learner, labels, sides: { ...sides, train: part }, seed });
      }
    }
    return { method: bilingual(nameOf(method)), leftOut, trials };
  });
  const wanted = planned.flatMap(({ trials }) => trials);
  const predictions = await runTrials(wanted, options);
  return planned.map(({ method, leftOut, trials }) => ({
    method,
    leftOut,
    points: trials.map((trial): LearningPoint => {
      const { test } = predictions[wanted.indexOf(trial)]!;
      const { perSong, macroF1 } = judge(method, labels, sides.test, test.shares);
      return {
        songs: trial.sides.train.length,
        accuracy: wilsonInterval(perSong.correct, perSong.count),
        macroF1,
      };
    }),
  }));
}

/** The method without validations that decide nothing: where the mean of the last epochs is kept, only the last one's figure is. */
function validatedLast(method: Method): Method {
  if (method.kind !== "network") return method;
  const { recipe } = method;
  if (recipe.averageEpochs === 1 || recipe.earlyStoppingPatience !== null) return method;
  return { ...method, recipe: { ...recipe, evaluateEveryEpochs: recipe.epochs } };
}
