/** What a method's genre probabilities are worth on songs: both accuracies, macro-F1, the scores of each genre. */
import { dirname } from "node:path";
import {
  argmax,
  type ClassificationReport,
  classificationReport,
  type ConfusionMatrix,
  confusionMatrix,
  creditedGenres,
  instanceAccuracy,
  type LabelledAccuracy,
  macroF1Name,
  majorityClass,
  type Rows,
  type SongAccuracy,
  songAccuracy,
  textBaseline,
} from "../evaluation/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import { artistMajority, fitArtistPrior } from "./artist_prior.ts";

/** A method and how well it tells the genres of some songs. */
export interface Verdict {
  method: string;
  /** As the study counts: once for each pair of a song's genres and artists. */
  perInstance: LabelledAccuracy;
  /** Once a song, right if any of its genres. */
  perSong: SongAccuracy;
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
  const columns = new Map(labels.map((label, i) => [label, i]));
  const answers = songs.map((_, i) => labels[argmax(probabilities[i]!)]!);
  const answerOf = new Map(songs.map(({ id }, i) => [id, answers[i]!]));
  const rowOf = new Map(songs.map(({ id }, i) => [id, probabilities[i]!]));
  const rows = instances(songs, { oversample: true });
  const truth = rows.map(({ genre }) => genre);
  const predicted = rows.map(({ songId }) => answerOf.get(songId)!);
  const unknown = [...new Set(truth.filter((genre) => !columns.has(genre)))];
  const all = [...labels, ...unknown];
  const credited = creditedGenres(songs.map(({ genres }) => inOrder(genres, all)), answers);
  const report = classificationReport(credited, answers, { labels: all });
  const known = songs.filter(({ genres }) => genres.some((genre) => columns.has(genre)));
  const perSong = songAccuracy({
    songIds: known.map(({ id }) => id),
    genres: known.map(({ genres }) => genres.flatMap((genre) => columns.get(genre) ?? [])),
    probabilities: known.map(({ id }) => rowOf.get(id)!),
  });
  return {
    method,
    perInstance: instanceAccuracy(truth, predicted),
    perSong: { ...perSong, count: songs.length, value: perSong.correct / songs.length },
    macroF1: report.macro.f1,
    report,
    confusion: confusionMatrix(credited, answers, { labels: all }),
  };
}

/** Names in the order in which a list has them. */
function inOrder(names: readonly string[], list: readonly string[]): string[] {
  return list.filter((name) => names.includes(name));
}

/**
 * The honest bar on the same split: the majority class, the artist's most frequent genre, TF-IDF with logistic regression.
 *
 * @param labels the genres, in the order of the probabilities' columns
 * @param onProgress is told of the regression's iterations
 * @returns verdicts on the test songs, and the regression's probabilities of them
 */
export async function judgeBaselines(
  labels: readonly string[],
  train: readonly Song[],
  test: readonly Song[],
  onProgress?: (iteration: number) => void | Promise<void>,
): Promise<Verdict[]> {
  const rows = instances(train, { oversample: true });
  const majority = majorityClass(rows.map(({ genre }) => genre), test.length, { classes: labels });
  const prior = fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });
  const byArtist = artistMajority(prior, test.map(({ artists }) => artists));
  const regression = await textBaseline({
    train: { texts: rows.map(({ text }) => text), labels: rows.map(({ genre }) => genre) },
    test: { texts: test.map(({ lyrics }) => lyrics) },
  }, {
    classes: labels,
    tolerance: 1e-5,
    ...(onProgress &&
      { onProgress: ({ stage, iteration }) => stage === "fit" ? onProgress(iteration) : undefined }),
  });
  return [
    judge("최다 장르 · majority class", labels, test, majority.probabilities),
    judge("가수의 최다 장르 · artist's most frequent genre", labels, test, oneHot(byArtist, labels.length)),
    judge("TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression", labels, test, regression.probabilities),
  ];
}

/** Songs as the artist idea takes them: artists, and a song's share of each genre; a genre outside `labels` is left out. */
export function artistSongsOf(
  songs: readonly Song[],
  labels: readonly string[],
): { artists: string[][]; genres: number[][] } {
  return {
    artists: songs.map(({ artists }) => artists),
    genres: songs.map(({ genres }) => {
      const known = genres.filter((genre) => labels.includes(genre));
      return labels.map((label) => known.includes(label) ? 1 / known.length : 0);
    }),
  };
}

/** Rows that are sure of a class. */
function oneHot(classes: ArrayLike<number>, width: number): Float64Array[] {
  return Array.from(classes, (chosen) => new Float64Array(width).map((_, i) => i === chosen ? 1 : 0));
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
  const byMethod = Object.fromEntries(
    verdicts.map(({ method, perInstance, perSong, macroF1, report, confusion }) => {
      const { value, correct, count, label } = perSong;
      return [method, {
        accuracyPerInstance: perInstance,
        accuracyPerSong: { value, correct, count, label },
        macroF1,
        perGenre: report.perLabel,
        confusion: { labels: confusion.labels, counts: confusion.counts },
      }];
    }),
  );
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(byMethod, null, 2) + "\n");
}
