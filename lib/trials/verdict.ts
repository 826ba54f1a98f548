/** What a method's genre probabilities are worth on songs: both accuracies, macro-F1, the scores of each genre. */
import {
  checkProbabilities,
  type ClassificationReport,
  classificationReport,
  type ConfusionMatrix,
  confusionMatrix,
  instanceAccuracy,
  type LabelledAccuracy,
  macroF1Name,
  type Rows,
  songAccuracyLabel,
} from "../evaluation/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import { writeResults } from "./store.ts";
import { bilingual, nameOf } from "./names.ts";
import { type RunOptions, runTrials } from "./run.ts";
import { credit } from "./scores.ts";
import { type Method, type Sides, words } from "./trial.ts";

/** A method and how well it tells the genres of some songs. */
export interface Verdict {
  method: string;
  /** As the study counts: once for each pair of a song's genres and artists. */
  perInstance: LabelledAccuracy;
  /** Once a song, right if any of its genres. */
  perSong: LabelledAccuracy;
  /** Once a song, of the genre it is credited with: the predicted one where right, else its first in the order of the labels. */
  macroF1: number;
  /** As `macroF1`; its `absent` counts the genres that no song has. */
  report: ClassificationReport;
  /** As `macroF1`. */
  confusion: ConfusionMatrix;
}

/**
 * Judges genre probabilities. Songs with a genre outside `labels` count as wrong for that genre.
 *
 * @param labels the genres, in the order of the probabilities' columns
 * @param probabilities one row a song, in the songs' order
 * @throws RangeError when there is no song, or rows and songs differ in number
 */
export function judge(
  method: string,
  labels: readonly string[],
  songs: readonly Song[],
  probabilities: Rows,
): Verdict {
  if (probabilities.length !== songs.length) {
    throw new RangeError(`judge: ${probabilities.length} rows of probabilities for ${songs.length} songs.`);
  }
  checkProbabilities("judge", probabilities);
  const { right, answers, credited, labels: all } = credit(songs, labels, probabilities);
  const answerOf = new Map(songs.map(({ id }, i) => [id, answers[i]!]));
  const rows = instances(songs, { oversample: true });
  const report = classificationReport(credited, answers, { labels: all });
  const correct = right.filter(Boolean).length;
  return {
    method,
    perInstance: instanceAccuracy(
      rows.map(({ genre }) => genre),
      rows.map(({ songId }) => answerOf.get(songId)!),
    ),
    perSong: { value: correct / songs.length, correct, count: songs.length, label: songAccuracyLabel },
    macroF1: report.macro.f1,
    report,
    confusion: confusionMatrix(credited, answers, { labels: all }),
  };
}

/**
 * The honest bar: the majority class, the artist's most frequent genre, and n-grams of the lyrics by two learners, of which now the one does
 * better, now the other.
 */
export const baselineMethods: readonly Method[] = [
  { kind: "majority", way: "oversampling" },
  { kind: "artist" },
  words(),
  words({ learner: "bayes" }),
];

/** A method's verdict, and what it answered. */
export interface JudgedMethod {
  method: Method;
  verdict: Verdict;
  /** Rows [song][genre] of the test songs. */
  shares: Rows;
}

/**
 * Methods without a network on the same split, judged on the test songs.
 *
 * @param methods {@link baselineMethods} by default
 */
export async function judgeBaselines(
  labels: readonly string[],
  sides: Sides,
  { methods = baselineMethods, ...options }: RunOptions & { methods?: readonly Method[] } = {},
): Promise<JudgedMethod[]> {
  const predictions = await runTrials(
    methods.map((method) => ({ method, labels, sides, seed: 0 })),
    options,
  );
  return methods.map((method, i) => {
    const { shares } = predictions[i]!.test;
    return { method, verdict: judge(bilingual(nameOf(method)), labels, sides.test, shares), shares };
  });
}

/** Verdicts on the same songs as rows of a table: both accuracies (labelled) and macro-F1, whose column says what it leaves out. */
export function verdictTable(verdicts: readonly Verdict[]): Record<string, string>[] {
  const macroName = macroF1Name(Math.max(0, ...verdicts.map(({ report }) => report.absent)));
  return verdicts.map(({ method, perInstance, perSong, macroF1 }) => ({
    "방법 · method": method,
    "인스턴스별 정확도 · accuracy per instance": perInstance.value.toFixed(3),
    "곡별 정확도 · accuracy per song": perSong.value.toFixed(3),
    [macroName]: macroF1.toFixed(3),
  }));
}

/** Writes verdicts as JSON, by method: both accuracies, macro-F1, every genre's scores, the confusion matrix. */
export async function writeVerdicts(path: string, verdicts: readonly Verdict[]): Promise<void> {
  await writeResults(
    path,
    Object.fromEntries(
      verdicts.map((verdict) => [verdict.method, verdictRecord(verdict)]),
    ),
  );
}

/** A verdict as it stands in a file of results, without its method's name. */
export function verdictRecord({ perInstance, perSong, macroF1, report, confusion }: Verdict) {
  return {
    accuracyPerInstance: perInstance,
    accuracyPerSong: perSong,
    macroF1,
    perGenre: report.perLabel,
    confusion: { labels: confusion.labels, counts: confusion.counts },
  };
}
