/** Several models' answers joined in one: a regression over their log-probabilities, fitted on validation songs. */
import { meanOf } from "../../ground/mod.ts";
import {
  alignProbabilities,
  checkLengths,
  checkProbabilities,
  fitLogisticRegression,
  linearProbabilities,
  type LogisticRegression,
  type Rows,
  type SparseMatrix,
  sparseMatrix,
} from "../../evaluation/mod.ts";
import { genreRows, meanLogLoss, type SongGenres } from "../scores.ts";

/** Probabilities of several models for the same songs, by the models' names: rows [song][class]. */
export type Members = Readonly<Record<string, Rows>>;

/** One strength of the penalty that was tried. */
export interface StrengthTried {
  C: number;
  /** Mean −ln P(genre) on songs left out of the fit, in nats. */
  logLoss: number;
}

/** A fitted stacking: plain data. */
export interface Stacking {
  /** The members' names, in the order of the features. */
  members: string[];
  classes: number;
  regression: LogisticRegression;
  /** The strength chosen, and all that were tried. */
  C: number;
  tried: StrengthTried[];
}

/** Probabilities are kept above this before their logarithm is taken: one sure mistake must not outweigh all the rest. */
const leastProbability = 1e-4;

/**
 * Stacking (Wolpert 1992): a multinomial logistic regression whose features are the members' log-probabilities, each
 * row's mean taken off. Fit it on **validation songs**, which no member was trained on; on training songs every member
 * looks better than it is, and the one that memorises most wins.
 *
 * The penalty's strength is the one with the least log loss in a cross-validation **within** those songs, in five
 * parts dealt in turn, genre by genre; of fewer than two songs a class the parts
 * cannot tell, and the strongest is taken (for hundreds of genres it would take hours, too). A class that no validation song
 * has keeps probability 0.
 *
 * @param members rows [song][class] by model
 * @param genres class index or shares of each song
 * @param strengths values of C to choose from
 * @throws RangeError on no member, unequal lengths, or rows that are no probabilities
 * @example
 * ```ts
 * const kobert = [[0.7, 0.3], [0.4, 0.6]], columns = [[0.9, 0.1], [0.5, 0.5]]; // what both say of validation songs
 * const stacking = await fitStacking({ kobert, columns }, [[0], [1]]); // genres by their places
 * const together = stackedProbabilities(stacking, { kobert: [[0.6, 0.4]], columns: [[0.8, 0.2]] });
 * ```
 */
export async function fitStacking(
  members: Members,
  genres: SongGenres,
  strengths: readonly number[] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
): Promise<Stacking> {
  const names = Object.keys(members);
  const classes = checkMembers("fitStacking", members);
  checkLengths("fitStacking", { genres, [names[0]!]: members[names[0]!]! });
  const truth = genreRows("fitStacking", genres, classes);
  const few = truth.length < 2 * classes, folds = Math.min(5, truth.length);
  const fit = (songs: readonly number[], C: number, tolerance: number) => {
    const examples = songs.flatMap((song) =>
      Array.from(truth[song]!, (weight, genre) => ({ song, genre, weight })).filter(({ weight }) =>
        weight > 0
      )
    );
    return fitLogisticRegression(
      featuresOf(members, examples.map(({ song }) => song)),
      examples.map(({ genre }) => genre),
      { C, tolerance, sampleWeight: examples.map(({ weight }) => weight) },
    );
  };
  const all = truth.map((_, song) => song);
  if (few) {
    const C = Math.min(...strengths);
    return { members: names, classes, regression: await fit(all, C, 1e-9), C, tried: [] };
  }
  const foldOf = dealt(truth, folds);
  const tried: StrengthTried[] = [];
  for (const C of strengths) {
    const held: { row: Float64Array; probabilities: Float64Array }[] = [];
    for (let fold = 0; fold < folds; fold++) {
      const out = all.filter((song) => foldOf[song] === fold);
      if (out.length === 0) continue;
      const regression = await fit(all.filter((song) => foldOf[song] !== fold), C, 1e-5);
      predict(regression, featuresOf(members, out), classes).forEach((probabilities, i) =>
        held.push({ row: truth[out[i]!]!, probabilities })
      );
    }
    tried.push({
      C,
      logLoss: meanLogLoss(held.map(({ row }) => row), held.map(({ probabilities }) => probabilities)),
    });
  }
  const { C } = tried.reduce((best, other) => other.logLoss < best.logLoss ? other : best);
  return { members: names, classes, regression: await fit(all, C, 1e-9), C, tried };
}

/**
 * P(genre | all members), rows [song][class].
 *
 * @param members the same models as in the fit, for other songs
 * @throws RangeError where one is missing, lengths differ, or rows are no probabilities
 */
export function stackedProbabilities(stacking: Stacking, members: Members): Float64Array[] {
  const chosen = Object.fromEntries(stacking.members.map((name) => {
    const rows = members[name];
    if (rows === undefined) {
      throw new RangeError(
        `stackedProbabilities: the member "${name}" is missing; give ${stacking.members.join(", ")}.`,
      );
    }
    return [name, rows];
  }));
  const classes = checkMembers("stackedProbabilities", chosen);
  if (classes !== stacking.classes) {
    throw new RangeError(
      `stackedProbabilities: the rows have ${classes} classes; it was fitted on ${stacking.classes}.`,
    );
  }
  const songs = Object.values(chosen)[0]!.length;
  return predict(
    stacking.regression,
    featuresOf(chosen, Array.from({ length: songs }, (_, song) => song)),
    classes,
  );
}

/** ln P of each class, kept above the least, with the row's mean taken off: what a regression on members looks at. */
export function centredLogs(row: ArrayLike<number>): Float64Array {
  const logs = Float64Array.from(row, (p) => Math.log(Math.max(p, leastProbability)));
  const mean = meanOf(logs);
  return logs.map((log) => log - mean);
}

function featuresOf(members: Members, songs: readonly number[]): SparseMatrix {
  const rows = Object.values(members);
  const classes = rows[0]![0]!.length;
  return sparseMatrix(
    songs.map((song) =>
      new Map(
        rows.flatMap((of, m) =>
          Array.from(centredLogs(of[song]!), (log, k) => [m * classes + k, log] as const)
        ),
      )
    ),
    rows.length * classes,
  );
}

function predict(regression: LogisticRegression, features: SparseMatrix, classes: number): Float64Array[] {
  const all = Array.from({ length: classes }, (_, k) => k);
  return alignProbabilities(linearProbabilities(regression, features), regression.classes, all);
}

/** The part of each song: within each main genre, songs are dealt to the parts in turn. */
function dealt(truth: readonly Float64Array[], folds: number): number[] {
  const ofGenre = truth[0]!.map(() => 0);
  let before = 0;
  const order = truth.map((row) => {
    const genre = row.indexOf(Math.max(...row));
    return { genre, at: ofGenre[genre]!++ };
  });
  const first = Array.from(ofGenre, (count) => (before += count) - count);
  return order.map(({ genre, at }) => (first[genre]! + at) % folds);
}

function checkMembers(where: string, members: Members): number {
  const entries = Object.entries(members);
  if (entries.length === 0) throw new RangeError(`${where}: give at least one member.`);
  checkLengths(where, members);
  const classes = entries.map(([name, rows]) => checkProbabilities(`${where}, ${name}`, rows));
  const other = classes.findIndex((count) => count !== classes[0]);
  if (other > 0) {
    throw new RangeError(
      `${where}: ${entries[0]![0]} has ${classes[0]} classes and ${entries[other]![0]} ${classes[other]}.`,
    );
  }
  return classes[0]!;
}
