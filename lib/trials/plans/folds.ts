/** Methods compared over the folds of a cross-validation: means, and paired intervals of their differences. */
import { type PairedInterval, pairedInterval, type Rows } from "../../evaluation/mod.ts";
import { textTable } from "../../ground/mod.ts";
import { type Combinations, combine } from "../joined/combination.ts";
import { bilingual, nameOf } from "../names.ts";
import { scoreSongs } from "../scores.ts";
import type { TrialStore } from "../store.ts";
import { differenceText } from "../tables.ts";
import { type Method, type Sides, type Trial, words } from "../trial.ts";
import { columnsMethods } from "./columns.ts";

/** The methods without a transformer, by the names that the command takes; in the table's order. */
export const foldBaselines: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["majority", { kind: "majority", way: "weights" }],
  ["naive-bayes", words({ learner: "bayes", way: "weights" })],
  ["artist", { kind: "artist" }],
  // fitted as far as the linear models it stands beside
  ["tfidf", words({ way: "weights", tolerance: 1e-4 })],
  ["lyrics-artist", { kind: "columns", parts: ["lyrics", "artist"], tolerance: 1e-4 }],
  ...[...columnsMethods()].filter(([key]) => key !== "lyrics"),
]);

/** What the differences are taken to. */
export const foldBaselineName: string = bilingual(nameOf(foldBaselines.get("tfidf")!));

/** A method's figures on one split's test songs. */
export interface FoldScores {
  accuracy: number;
  macroF1: number;
  logLoss: number;
  calibrationError: number;
}

/** A method's figures on all splits. */
export interface FoldMethod {
  method: string;
  /** By split: the random folds, and others beside them (artist-disjoint). A split that was not run is not there. */
  bySplit: Readonly<Record<string, FoldScores>>;
}

/** Weights that were chosen on a split's validation songs, for one transformer. */
export interface ChosenWeights {
  split: string;
  transformer: string;
  alphas: Combinations["alphas"];
  stackingC: number;
}

/**
 * Every method's figures on every split for which the store has predictions, and each network joined with the artist and (where that
 * was run) the linear model on all columns.
 *
 * @param methods in the table's order
 * @param trialOf a method's trial on a split
 */
export async function foldMethods(
  splits: ReadonlyMap<string, Sides>,
  labels: readonly string[],
  methods: readonly Method[],
  trialOf: (split: string, method: Method) => Trial,
  store: TrialStore,
): Promise<{ methods: FoldMethod[]; weights: ChosenWeights[] }> {
  const scores = new Map<string, Record<string, FoldScores>>();
  const weights: ChosenWeights[] = [];
  for (const [split, sides] of splits) {
    const add = (method: string, rows: Rows) => {
      const { accuracy, correct: _, ...others } = scoreSongs(sides.test, labels, rows);
      scores.set(method, { ...scores.get(method), [split]: { accuracy: accuracy.value, ...others } });
    };
    const columns = await store.read(trialOf(split, foldBaselines.get("columns")!));
    for (const method of methods) {
      const lyrics = await store.read(trialOf(split, method)), name = nameOf(method);
      if (lyrics === null) continue;
      if (method.kind !== "network" || columns === null) {
        add(bilingual(name), lyrics.test.shares);
        continue;
      }
      const { results, alphas, stacking } = await combine(name, sides, labels, { lyrics, columns });
      for (const { method, probabilities } of results) add(method, probabilities);
      weights.push({ split, transformer: bilingual(name), alphas, stackingC: stacking.C });
    }
  }
  const order = methods.map((method) => bilingual(nameOf(method)));
  const place = (method: string) => order.indexOf(method) < 0 ? order.length : order.indexOf(method);
  const measured = [...scores].map(([method, bySplit]) => ({ method, bySplit }));
  return { methods: measured.sort((a, b) => place(a.method) - place(b.method)), weights };
}

/** One line of {@link compareFolds}. */
export interface FoldComparison extends FoldMethod {
  /** Over the random folds the method has; null where it has none. */
  accuracy: PairedInterval | null;
  macroF1: PairedInterval | null;
  calibrationError: PairedInterval | null;
  /** Accuracy minus the other's, over the folds that both have; null without a common fold. */
  toBaseline: PairedInterval | null;
  toBest: PairedInterval | null;
}

/**
 * Means over random folds, and each method's paired difference to a baseline and to the best method (of those that have
 * the most folds, the one with the largest mean accuracy).
 *
 * @param methods in the order to be shown
 * @param options.folds names of the random folds; other splits are carried along
 * @param options.baseline the method that differences are taken to
 * @returns the lines and the best method's name
 * @throws RangeError when no method has a fold, or the baseline is not among the methods
 */
export function compareFolds(
  methods: readonly FoldMethod[],
  { folds, baseline }: { folds: readonly string[]; baseline: string },
): { lines: FoldComparison[]; best: string } {
  const reference = methods.find(({ method }) => method === baseline);
  if (reference === undefined) {
    throw new RangeError(`compareFolds: the baseline "${baseline}" is not among the methods.`);
  }
  const ofFolds = ({ bySplit }: FoldMethod) => folds.filter((fold) => bySplit[fold] !== undefined);
  const mean = (of: FoldMethod, field: keyof FoldScores) => {
    const values = ofFolds(of).map((fold) => of.bySplit[fold]![field]);
    return values.length === 0 ? null : pairedInterval(values);
  };
  const most = Math.max(...methods.map((of) => ofFolds(of).length));
  if (most === 0) throw new RangeError("compareFolds: no method has a result on any of the folds.");
  const best = methods.filter((of) => ofFolds(of).length === most)
    .reduce((a, b) => mean(b, "accuracy")!.value > mean(a, "accuracy")!.value ? b : a);
  const difference = (of: FoldMethod, other: FoldMethod) => {
    const common = ofFolds(of).filter((fold) => other.bySplit[fold] !== undefined);
    if (of === other || common.length === 0) return null;
    return pairedInterval(common.map((fold) => of.bySplit[fold]!.accuracy - other.bySplit[fold]!.accuracy));
  };
  return {
    lines: methods.map((of) => ({
      ...of,
      accuracy: mean(of, "accuracy"),
      macroF1: mean(of, "macroF1"),
      calibrationError: mean(of, "calibrationError"),
      toBaseline: difference(of, reference),
      toBest: difference(of, best),
    })),
    best: best.method,
  };
}

/** The comparison as a text table; differences in points (hundredths), with their 95 % intervals. */
export function foldsText(
  { lines, best }: { lines: readonly FoldComparison[]; best: string },
  { baseline, others }: { baseline: string; others: readonly string[] },
): string {
  const points = (interval: PairedInterval | null) => interval === null ? "–" : differenceText(interval);
  const number = (value: number | undefined) => value?.toFixed(3) ?? "–";
  return textTable([
    [
      "방법 · method",
      "폴드 · folds",
      "정확도 · accuracy",
      "macro-F1",
      "보정 오차 · ECE",
      // a name in both languages has its own dot
      ...[baseline, best].map((name) => `${name.split(" · ")[0]} 대비 · to ${name.split(" · ").at(-1)}`),
      ...others.flatMap((split) => [`${split}: 정확도 · accuracy`, "macro-F1"]),
    ],
    ...lines.map((line) => [
      line.method,
      String(line.accuracy?.count ?? 0),
      number(line.accuracy?.value),
      number(line.macroF1?.value),
      number(line.calibrationError?.value),
      points(line.toBaseline),
      points(line.toBest),
      ...others.flatMap((
        split,
      ) => [number(line.bySplit[split]?.accuracy), number(line.bySplit[split]?.macroF1)]),
    ]),
  ]);
}
