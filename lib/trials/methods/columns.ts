/** All columns of the table together in one linear model: lyrics, artist, year, album, length, Latin letters. */
import { meanOf } from "../../ground/mod.ts";
import {
  alignProbabilities,
  fitLogisticRegression,
  fitNgrams,
  type FitProgress,
  linearProbabilities,
  type LogisticRegression,
  selectRows,
  sideBySide,
  type SparseMatrix,
  sparseMatrix,
  type TfidfVectorizer,
  transformTexts,
} from "../../evaluation/mod.ts";
import type { Song } from "../../songs/mod.ts";
import {
  type ColumnPart,
  columnParts,
  type Predictions,
  type RunContext,
  type Sides,
  type Trial,
} from "../trial.ts";

/** A number's mean and standard deviation over the training songs that have it. */
interface Scale {
  mean: number;
  deviation: number;
}

/** What training songs say about how to turn columns into numbers: plain data. */
export interface ColumnVectorizer {
  /** Character 2- to 4-grams within words, as the text baseline has them. */
  lyrics: TfidfVectorizer;
  /** Column of each artist of the training songs. */
  artists: Map<string, number>;
  /** Column of each album of the training songs. */
  albums: Map<string, number>;
  /** Column of each five-year period of the training songs, by its first year. */
  periods: Map<string, number>;
  year: Scale;
  length: Scale;
  latin: Scale;
}

/** One sparse matrix a part, rows are songs. */
export type ColumnBlocks = Record<ColumnPart, SparseMatrix>;

/**
 * Learns the terms, artists, albums and scales of **training songs** and gives their matrices. Song by song:
 *
 * - lyrics: sublinear TF-IDF of character 2- to 4-grams that occur in at least 2 songs (where none does, of all), rows of length 1;
 * - artist: 2 for each artist, so that the penalty holds its coefficients a quarter as tightly (of 1, 2 and 3 the best on
 *   held-out training songs of real charts); album: 1 for the album; unknown ones nothing;
 * - year, length (ln(1 + characters)), Latin (the Latin share of all letters): (value − mean) / standard deviation over
 *   the training songs, scikit-learn's `StandardScaler`; a missing year is 0, the mean. The year's five-year period
 *   (2000 to 2004) has a 1 beside it, since genres come and go.
 *
 * @throws RangeError on no songs or songs without any word
 * @example
 * ```ts
 * const { vectorizer, blocks } = fitColumns(sides.train);
 * const testBlocks = columnBlocks(vectorizer, sides.test);
 * ```
 */
export function fitColumns(train: readonly Song[]): { vectorizer: ColumnVectorizer; blocks: ColumnBlocks } {
  const { vectorizer: lyrics, matrix } = fitNgrams(train.map((song) => song.lyrics));
  const vectorizer: ColumnVectorizer = {
    lyrics,
    artists: columnsOfNames(train.flatMap((song) => song.artists)),
    albums: columnsOfNames(train.flatMap((song) => song.albumId ?? [])),
    periods: columnsOfNames(train.flatMap(periodOf)),
    year: scaleOf(train.map((song) => song.date.year)),
    length: scaleOf(train.map(({ lyrics }) => logLength(lyrics))),
    latin: scaleOf(train.map(({ lyrics }) => latinShare(lyrics))),
  };
  return { vectorizer, blocks: { lyrics: matrix, ...otherBlocks(vectorizer, train) } };
}

/** The matrices of other songs, with what was learned from training songs. */
export function columnBlocks(vectorizer: ColumnVectorizer, songs: readonly Song[]): ColumnBlocks {
  return {
    lyrics: transformTexts(vectorizer.lyrics, songs.map((song) => song.lyrics)),
    ...otherBlocks(vectorizer, songs),
  };
}

function otherBlocks(vectorizer: ColumnVectorizer, songs: readonly Song[]): Omit<ColumnBlocks, "lyrics"> {
  const { artists, albums, periods, year, length, latin } = vectorizer;
  return {
    artist: oneHot(artists, songs.map((song) => song.artists), artistWeight),
    album: oneHot(albums, songs.map(({ albumId }) => albumId === null ? [] : [albumId])),
    year: sideBySide([
      scaled(year, songs.map((song) => song.date.year)),
      oneHot(periods, songs.map(periodOf)),
    ]),
    length: scaled(length, songs.map(({ lyrics }) => logLength(lyrics))),
    latin: scaled(latin, songs.map(({ lyrics }) => latinShare(lyrics))),
  };
}

/** The Latin share of a text's letters, 0 to 1; 0 where there are none. */
export function latinShare(text: string): number {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters === 0 ? 0 : (text.match(/\p{Script=Latin}/gu)?.length ?? 0) / letters;
}

const artistWeight = 2;

const periodOf = ({ date: { year } }: Song): string[] => year === null ? [] : [String(year - year % 5)];

const logLength = (text: string): number => Math.log1p([...text].length);

function columnsOfNames(names: readonly string[]): Map<string, number> {
  return new Map([...new Set(names)].map((name, column) => [name, column]));
}

function oneHot(
  columns: ReadonlyMap<string, number>,
  names: readonly (readonly string[])[],
  weight = 1,
): SparseMatrix {
  const known = (of: readonly string[]) => of.flatMap((name) => columns.get(name) ?? []);
  return sparseMatrix(
    names.map((of) => new Map(known(of).map((column) => [column, weight]))),
    columns.size,
  );
}

function scaleOf(values: readonly (number | null)[]): Scale {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { mean: 0, deviation: 1 };
  const mean = meanOf(known);
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function scaled({ mean, deviation }: Scale, values: readonly (number | null)[]): SparseMatrix {
  return sparseMatrix(
    values.map((value) => new Map(value === null ? [] : [[0, (value - mean) / deviation]])),
    1,
  );
}

/** A linear model on some of the parts. */
export interface ColumnsModel {
  parts: readonly ColumnPart[];
  /** The genres, in the order of the probabilities' columns. */
  labels: readonly string[];
  regression: LogisticRegression;
}

/** Options of {@link fitColumnsModel}. */
export interface ColumnsModelOptions {
  /** The parts it looks at; all by default. */
  parts?: readonly ColumnPart[];
  /** Of the regression's gradient, 1e-4 by default, scikit-learn's own. */
  tolerance?: number;
  /** Told (and awaited) how far the regression is. */
  onFit?: (progress: FitProgress) => void | Promise<void>;
}

/**
 * Multinomial logistic regression on parts of the table. A song of several genres is an example of each, weighing 1
 * together.
 *
 * @param blocks the training songs' matrices, of {@link fitColumns}
 * @param songs the training songs
 * @param labels the genres; a song's other ones are left out
 * @throws RangeError where no part is asked for, or the songs have none of the genres
 * @example
 * ```ts
 * const { vectorizer, blocks } = fitColumns(sides.train);
 * const model = await fitColumnsModel(blocks, sides.train, labels);
 * const withoutArtist = await fitColumnsModel(blocks, sides.train, labels, {
 *   parts: columnParts.filter((part) => part !== "artist"),
 * });
 * const probabilities = columnsProbabilities(model, columnBlocks(vectorizer, sides.test));
 * ```
 */
export async function fitColumnsModel(
  blocks: ColumnBlocks,
  songs: readonly Song[],
  labels: readonly string[],
  options: ColumnsModelOptions = {},
): Promise<ColumnsModel> {
  const { parts = columnParts, tolerance = 1e-4, onFit } = options;
  const examples = songs.flatMap(({ genres }, row) => {
    const known = genres.filter((genre) => labels.includes(genre));
    return known.map((genre) => ({ row, genre, weight: 1 / known.length }));
  });
  const matrix = selectRows(sideBySide(parts.map((part) => blocks[part])), examples.map(({ row }) => row));
  const regression = await fitLogisticRegression(matrix, examples.map(({ genre }) => genre), {
    C: 3, // as the text baseline's
    tolerance,
    sampleWeight: examples.map(({ weight }) => weight),
    ...(onFit && { onProgress: onFit }),
  });
  return { parts, labels, regression };
}

/** P(genre | song), rows [song][label]; 0 for a genre that no training song has. */
export function columnsProbabilities(model: ColumnsModel, blocks: ColumnBlocks): Float64Array[] {
  const matrix = sideBySide(model.parts.map((part) => blocks[part]));
  const { regression, labels } = model;
  return alignProbabilities(linearProbabilities(regression, matrix), regression.classes, labels);
}

/** The matrices of a split's sides: what several methods on the same songs need is made once. */
const tables = new WeakMap<Sides, { train: ColumnBlocks; validation: ColumnBlocks; test: ColumnBlocks }>();

function tablesOf(sides: Sides) {
  let found = tables.get(sides);
  if (found === undefined) {
    const { vectorizer, blocks } = fitColumns(sides.train);
    const of = (songs: readonly Song[]) => columnBlocks(vectorizer, songs);
    tables.set(sides, found = { train: blocks, validation: of(sides.validation), test: of(sides.test) });
  }
  return found;
}

/** Learns and answers by a linear model on parts of the table. */
export async function runColumns(
  { labels, sides }: Trial,
  { parts, tolerance }: { parts: readonly ColumnPart[]; tolerance: number },
  { onFit }: RunContext,
): Promise<Predictions> {
  const startedAt = performance.now();
  const { train, validation, test } = tablesOf(sides);
  const model = await fitColumnsModel(train, sides.train, labels, { parts, tolerance, onFit });
  const fittedAt = performance.now();
  const answersOf = (blocks: ColumnBlocks) => ({ shares: columnsProbabilities(model, blocks), logits: null });
  const answers = { validation: answersOf(validation), test: answersOf(test) };
  return {
    each: false,
    ...answers,
    cost: {
      seconds: (fittedAt - startedAt) / 1000,
      answerSeconds: (performance.now() - fittedAt) / 1000,
      steps: 0,
      tokens: 0,
      parameters: (parts.reduce((sum, part) => sum + train[part].columns, 0) + 1) * labels.length,
    },
  };
}
