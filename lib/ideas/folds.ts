/** Methods compared over the folds of a cross-validation: means, and paired intervals of their differences. */
import { type PairedInterval, pairedInterval, textTable } from "../evaluation/mod.ts";

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
  const points = (interval: PairedInterval | null) => {
    if (interval === null) return "–";
    const [mean, low, high] = [interval.value, interval.low, interval.high].map(signed);
    return Number.isFinite(interval.low) ? `${mean} [${low}, ${high}]` : mean!;
  };
  const number = (value: number | undefined) => value?.toFixed(3) ?? "–";
  return textTable([
    [
      "방법 · method",
      "folds",
      "accuracy",
      "macro-F1",
      "ECE",
      `to ${baseline}`,
      `to ${best}`,
      ...others.flatMap((split) => [`${split}: accuracy`, "macro-F1"]),
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

/** A difference of shares in points: `0.0123` as `+1.2`. */
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;
