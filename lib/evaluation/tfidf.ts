/** Texts as weighted counts of their n-grams, as scikit-learn's `TfidfVectorizer` makes them. */
import { compareCodePoints } from "./labels.ts";

/** A sparse matrix by rows (CSR): row r holds `values[i]` at column `columnIndices[i]` for i from `rowStarts[r]` on. */
export interface SparseMatrix {
  rows: number;
  columns: number;
  /** [rows + 1] */
  rowStarts: Int32Array;
  /** [non-zeros], ascending within a row */
  columnIndices: Int32Array;
  /** [non-zeros] */
  values: Float64Array;
}

/** How the counts of terms become numbers: scikit-learn's `TfidfVectorizer` with `analyzer="char_wb"`, under its names. */
export interface TfidfOptions {
  /** Shortest and longest n-gram in characters; [2, 4] by default. */
  ngramRange?: readonly [number, number];
  /** Leave out terms that occur in fewer texts; 2 by default. Where none remains, as in a handful of short texts, all stay. */
  minDf?: number;
  /** A term's count c becomes 1 + ln c; true by default. */
  sublinearTf?: boolean;
  /** true (default): a term's count is multiplied by its inverse document frequency, ln((1 + texts) / (1 + texts with the term)) + 1. */
  useIdf?: boolean;
  /** `"l2"` (default): each row has length 1; `"none"`: rows stay. With `useIdf: false` and `"none"`: plain counts. */
  norm?: "l2" | "none";
}

/** A fitted vectorizer: plain data, to be given to {@link transformTexts}. */
export interface TfidfVectorizer {
  options: Required<TfidfOptions>;
  /** The terms, one per column, by code point. */
  terms: string[];
  /** Column of each term. */
  columnOf: Map<string, number>;
  /** Inverse document frequency of each term; all 1 without `useIdf`. */
  idf: Float64Array;
}

/**
 * Learns terms and their inverse document frequencies from training texts and gives the texts' matrix: equal to
 * scikit-learn's `TfidfVectorizer(...).fit_transform(texts)`. The terms suit Korean lyrics: character 2- to 4-grams within words, for
 * particles and endings cling to the word, each word padded with a space on both sides; texts are put in lower case first.
 *
 * Characters newer than Python's Unicode tables may be letters here and not there.
 *
 * @param texts training texts only: terms counted on test texts would leak
 * @returns the vectorizer and the matrix [texts, terms]
 * @throws RangeError on no texts, or texts without any word
 * @example
 * ```ts
 * const { vectorizer, matrix } = fitNgrams(lyrics);
 * const others = transformTexts(vectorizer, ["밤하늘의 별을 세다가"]);
 * ```
 */
export function fitNgrams(
  texts: readonly string[],
  options: TfidfOptions = {},
): { vectorizer: TfidfVectorizer; matrix: SparseMatrix } {
  const settings: TfidfVectorizer["options"] = {
    ngramRange: [2, 4],
    minDf: 2,
    sublinearTf: true,
    useIdf: true,
    norm: "l2",
    ...options,
  };
  if (texts.length === 0) throw new RangeError("fitNgrams: there are no texts to learn terms from.");
  const seen = new Map<string, number>();
  const counts = countTerms(texts, settings, (term) => {
    let id = seen.get(term);
    if (id === undefined) seen.set(term, id = seen.size);
    return id;
  });
  if (seen.size === 0) throw new RangeError("fitNgrams: none of the texts has a word.");
  const documentFrequency = new Int32Array(seen.size);
  for (const id of counts.columnIndices) documentFrequency[id]!++;
  const often = [...seen.keys()].filter((_, id) => documentFrequency[id]! >= settings.minDf);
  const terms = often.length > 0 ? often : [...seen.keys()];
  sortByCodePoint(terms);

  const columnOf = new Map(terms.map((term, column) => [term, column]));
  const newColumn = new Int32Array(seen.size).fill(-1);
  const idf = new Float64Array(terms.length).fill(1);
  terms.forEach((term, column) => {
    const id = seen.get(term)!;
    newColumn[id] = column;
    if (settings.useIdf) idf[column] = Math.log((texts.length + 1) / (documentFrequency[id]! + 1)) + 1;
  });
  const vectorizer = { options: settings, terms, columnOf, idf };
  return { vectorizer, matrix: weigh(selectColumns(counts, newColumn, terms.length), vectorizer) };
}

/**
 * Texts as a matrix [texts, terms] with a fitted vectorizer's terms; unknown terms are left out, and a text without any
 * known term is a row of zeros. Equal to scikit-learn's `transform`.
 */
export function transformTexts(vectorizer: TfidfVectorizer, texts: readonly string[]): SparseMatrix {
  const counts = countTerms(texts, vectorizer.options, (term) => vectorizer.columnOf.get(term) ?? -1);
  return weigh({ ...counts, columns: vectorizer.terms.length }, vectorizer);
}

/** Python's `\s`, which lacks U+FEFF and has the separators U+001C to U+001F and U+0085. */
// deno-lint-ignore no-control-regex
const pythonWhitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

function wordsOf(text: string): string[] {
  return text.split(pythonWhitespace).filter((word) => word !== "");
}

/** A word shorter than n (with its padding) counts once, whole, and ends the longer n-grams: scikit-learn's rule. */
function characterNgrams(word: string, [shortest, longest]: readonly [number, number]): string[] {
  const characters = [" ", ...word, " "];
  const ngrams: string[] = [];
  for (let n = shortest; n <= longest; n++) {
    for (let i = 0; i === 0 || i + n <= characters.length; i++) {
      ngrams.push(characters.slice(i, i + n).join(""));
    }
    if (n >= characters.length) break;
  }
  return ngrams;
}

/** Counts of each text's terms; `idOf` gives a term's column or −1 for a term to leave out. */
function countTerms(
  texts: readonly string[],
  options: TfidfVectorizer["options"],
  idOf: (term: string) => number,
): SparseMatrix {
  const rowStarts = new Int32Array(texts.length + 1);
  const columnParts: Int32Array[] = [];
  const valueParts: Float64Array[] = [];
  // A word's n-grams are looked up once: words repeat far more often than they are new.
  const idsOfWord = new Map<string, Int32Array>();
  const idsOf = (terms: string[]) => Int32Array.from(terms, idOf).filter((id) => id >= 0);
  let columns = 0;
  let countOf = new Int32Array(1024);
  texts.forEach((text, row) => {
    const runs = wordsOf(text.toLowerCase()).map((word) => {
      let ids = idsOfWord.get(word);
      if (!ids) idsOfWord.set(word, ids = idsOf(characterNgrams(word, options.ngramRange)));
      return ids;
    });
    const touched: number[] = [];
    for (const ids of runs) {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (id >= columns) {
          columns = id + 1;
          if (columns > countOf.length) {
            const grown = new Int32Array(2 * columns);
            grown.set(countOf);
            countOf = grown;
          }
        }
        if (countOf[id]!++ === 0) touched.push(id);
      }
    }
    const columnIndices = Int32Array.from(touched).sort();
    valueParts.push(Float64Array.from(columnIndices, (id) => countOf[id]!));
    columnParts.push(columnIndices);
    for (const id of touched) countOf[id] = 0;
    rowStarts[row + 1] = rowStarts[row]! + touched.length;
  });
  const columnIndices = new Int32Array(rowStarts[texts.length]!);
  const values = new Float64Array(columnIndices.length);
  columnParts.forEach((part, row) => columnIndices.set(part, rowStarts[row]!));
  valueParts.forEach((part, row) => values.set(part, rowStarts[row]!));
  return { rows: texts.length, columns, rowStarts, columnIndices, values };
}

/** The matrix with each column moved to `newColumn[column]`, or dropped where that is −1. */
function selectColumns(matrix: SparseMatrix, newColumn: Int32Array, columns: number): SparseMatrix {
  const kept = matrix.columnIndices.reduce((sum, column) => sum + (newColumn[column]! >= 0 ? 1 : 0), 0);
  const rowStarts = new Int32Array(matrix.rows + 1);
  const columnIndices = new Int32Array(kept);
  const values = new Float64Array(kept);
  const valueAt = new Float64Array(columns);
  let end = 0;
  for (let row = 0; row < matrix.rows; row++) {
    const start = end;
    for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
      const column = newColumn[matrix.columnIndices[i]!]!;
      if (column < 0) continue;
      columnIndices[end++] = column;
      valueAt[column] = matrix.values[i]!;
    }
    columnIndices.subarray(start, end).sort();
    for (let i = start; i < end; i++) values[i] = valueAt[columnIndices[i]!]!;
    rowStarts[row + 1] = end;
  }
  return { rows: matrix.rows, columns, rowStarts, columnIndices, values };
}

/** Turns counts into weights in place: sublinear, times idf, rows to length 1. */
function weigh(counts: SparseMatrix, { options, idf }: TfidfVectorizer): SparseMatrix {
  const { values, columnIndices, rowStarts } = counts;
  for (let row = 0; row < counts.rows; row++) {
    let square = 0;
    for (let i = rowStarts[row]!; i < rowStarts[row + 1]!; i++) {
      const frequency = options.sublinearTf ? 1 + Math.log(values[i]!) : values[i]!;
      const weight = frequency * idf[columnIndices[i]!]!;
      values[i] = weight;
      square += weight * weight;
    }
    if (options.norm === "none" || square === 0) continue;
    const length = Math.sqrt(square);
    for (let i = rowStarts[row]!; i < rowStarts[row + 1]!; i++) values[i]! /= length;
  }
  return counts;
}

function sortByCodePoint(terms: string[]): void {
  if (terms.some((term) => /[\ud800-\udfff]/.test(term))) terms.sort(compareCodePoints);
  else terms.sort();
}
