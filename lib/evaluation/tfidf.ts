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

/** How texts become terms and terms become numbers: scikit-learn's `TfidfVectorizer`, under its names and defaults. */
export interface TfidfOptions {
  /**
   * `"word"` (default): terms are runs of at least two letters, digits or underscores of any script (Python's `\w\w+`).
   * `"char_wb"`: character n-grams within words, each word padded with a space on both sides.
   */
  analyzer?: "word" | "char_wb";
  /** Shortest and longest n-gram, in words or characters; [1, 1] by default. */
  ngramRange?: readonly [number, number];
  /** Leave out terms that occur in fewer texts; 1 by default. */
  minDf?: number;
  /** Keep only so many terms, those that occur most often over all texts (of equals the first by code point). */
  maxFeatures?: number;
  /** true (default): texts are put in lower case first. */
  lowercase?: boolean;
  /** A term's count c becomes 1 + ln c; false by default. */
  sublinearTf?: boolean;
  /** true (default): a term's count is multiplied by its inverse document frequency. */
  useIdf?: boolean;
  /** true (default): idf = ln((1 + texts) / (1 + texts with the term)) + 1; false: without the ones inside. */
  smoothIdf?: boolean;
  /** `"l2"` (default): each row has length 1; `"none"`: rows stay. With `useIdf: false` and `"none"`: plain counts. */
  norm?: "l2" | "none";
}

/** A fitted vectorizer: plain data, to be given to {@link transformTexts}. */
export interface TfidfVectorizer {
  options: Required<Omit<TfidfOptions, "maxFeatures">>;
  /** The terms, one per column, by code point. */
  terms: string[];
  /** Column of each term. */
  columnOf: Map<string, number>;
  /** Inverse document frequency of each term; all 1 without `useIdf`. */
  idf: Float64Array;
}

/**
 * Learns terms and their inverse document frequencies from training texts and gives the texts' matrix: equal to
 * scikit-learn's `TfidfVectorizer(...).fit_transform(texts)`.
 *
 * Where several terms are equally frequent at the cut of `maxFeatures`, scikit-learn keeps any of them and this the
 * first ones. Characters newer than Python's Unicode tables may be letters here and not there.
 *
 * @param texts training texts only: terms counted on test texts would leak
 * @returns the vectorizer and the matrix [texts, terms]
 * @throws RangeError on no texts, impossible options, or when no term remains
 * @example
 * ```ts
 * const { vectorizer, matrix } = fitTfidf(lyrics, { analyzer: "char_wb", ngramRange: [2, 4], minDf: 2 });
 * const others = transformTexts(vectorizer, ["밤하늘의 별을 세다가"]);
 * ```
 */
export function fitTfidf(
  texts: readonly string[],
  options: TfidfOptions = {},
): { vectorizer: TfidfVectorizer; matrix: SparseMatrix } {
  const settings: TfidfVectorizer["options"] = {
    analyzer: options.analyzer ?? "word",
    ngramRange: options.ngramRange ?? [1, 1],
    minDf: options.minDf ?? 1,
    lowercase: options.lowercase ?? true,
    sublinearTf: options.sublinearTf ?? false,
    useIdf: options.useIdf ?? true,
    smoothIdf: options.smoothIdf ?? true,
    norm: options.norm ?? "l2",
  };
  checkOptions(texts, settings, options.maxFeatures);
  const seen = new Map<string, number>();
  const counts = countTerms(texts, settings, (term) => {
    let id = seen.get(term);
    if (id === undefined) seen.set(term, id = seen.size);
    return id;
  });
  const documentFrequency = new Int32Array(seen.size);
  const frequency = new Float64Array(seen.size);
  counts.columnIndices.forEach((id, i) => {
    documentFrequency[id]!++;
    frequency[id]! += counts.values[i]!;
  });

  let terms = [...seen.keys()].filter((_, id) => documentFrequency[id]! >= settings.minDf);
  sortByCodePoint(terms);
  if (options.maxFeatures !== undefined && terms.length > options.maxFeatures) {
    const kept = new Set(
      [...terms].sort((a, b) => frequency[seen.get(b)!]! - frequency[seen.get(a)!]!).slice(
        0,
        options.maxFeatures,
      ),
    );
    terms = terms.filter((term) => kept.has(term));
  }
  if (terms.length === 0) {
    throw new RangeError(
      `fitTfidf: no term occurs in ${settings.minDf} of the ${texts.length} texts; lower minDf, ` +
        `or check that the texts are not empty.`,
    );
  }

  const columnOf = new Map(terms.map((term, column) => [term, column]));
  const newColumn = new Int32Array(seen.size).fill(-1);
  const idf = new Float64Array(terms.length).fill(1);
  const smooth = settings.smoothIdf ? 1 : 0;
  terms.forEach((term, column) => {
    const id = seen.get(term)!;
    newColumn[id] = column;
    if (settings.useIdf) {
      idf[column] = Math.log((texts.length + smooth) / (documentFrequency[id]! + smooth)) + 1;
    }
  });
  const vectorizer = { options: settings, terms, columnOf, idf };
  return { vectorizer, matrix: weigh(selectColumns(counts, newColumn, terms.length), vectorizer) };
}

/**
 * {@link fitTfidf} with the terms that suit Korean lyrics: character 2- to 4-grams within words, for particles and endings cling
 * to the word, that occur in at least 2 texts; where none does, as in a handful of short texts, all of them. Sublinear
 * TF-IDF. What is given in `options` replaces that field alone.
 *
 * @throws RangeError on no texts, impossible options, or texts without any word
 */
export function fitNgrams(
  texts: readonly string[],
  options: TfidfOptions = {},
): { vectorizer: TfidfVectorizer; matrix: SparseMatrix } {
  const settings: TfidfOptions = {
    analyzer: "char_wb",
    ngramRange: [2, 4],
    minDf: 2,
    sublinearTf: true,
    ...options,
  };
  const documents = new Map<string, number>();
  const repeats = texts.some((text) =>
    typeof text === "string" && [...new Set(termsOf(text, settings))].some((term) => {
      const count = (documents.get(term) ?? 0) + 1;
      documents.set(term, count);
      return count >= settings.minDf!;
    })
  );
  return fitTfidf(texts, repeats ? settings : { ...settings, minDf: 1 });
}

/**
 * Texts as a matrix [texts, terms] with a fitted vectorizer's terms; unknown terms are left out, and a text without any
 * known term is a row of zeros. Equal to scikit-learn's `transform`.
 */
export function transformTexts(vectorizer: TfidfVectorizer, texts: readonly string[]): SparseMatrix {
  const counts = countTerms(texts, vectorizer.options, (term) => vectorizer.columnOf.get(term) ?? -1);
  return weigh({ ...counts, columns: vectorizer.terms.length }, vectorizer);
}

/**
 * The terms of one text in order, repeats included, as the vectorizer sees them.
 *
 * @example
 * ```ts
 * termsOf("눈이 와", { analyzer: "char_wb", ngramRange: [2, 2] }); // [" 눈", "눈이", "이 ", " 와", "와 "]
 * ```
 */
export function termsOf(
  text: string,
  options: Pick<TfidfOptions, "analyzer" | "ngramRange" | "lowercase">,
): string[] {
  const { analyzer = "word", ngramRange = [1, 1], lowercase = true } = options;
  const folded = lowercase ? text.toLowerCase() : text;
  return analyzer === "word"
    ? wordNgrams(folded, ngramRange)
    : wordsOf(folded).flatMap((word) => characterNgrams(word, ngramRange));
}

/** Python's `\s`, which lacks U+FEFF and has the separators U+001C to U+001F and U+0085. */
// deno-lint-ignore no-control-regex
const pythonWhitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

function wordsOf(text: string): string[] {
  return text.split(pythonWhitespace).filter((word) => word !== "");
}

function wordNgrams(text: string, [shortest, longest]: readonly [number, number]): string[] {
  const words = text.match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  const ngrams: string[] = [];
  for (let n = shortest; n <= Math.min(longest, words.length); n++) {
    for (let i = 0; i + n <= words.length; i++) {
      ngrams.push(n === 1 ? words[i]! : words.slice(i, i + n).join(" "));
    }
  }
  return ngrams;
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
    const folded = options.lowercase ? text.toLowerCase() : text;
    const runs = options.analyzer === "word"
      ? [idsOf(wordNgrams(folded, options.ngramRange))]
      : wordsOf(folded).map(
        (word) => {
          let ids = idsOfWord.get(word);
          if (!ids) idsOfWord.set(word, ids = idsOf(characterNgrams(word, options.ngramRange)));
          return ids;
        },
      );
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

function checkOptions(
  texts: readonly string[],
  { ngramRange: [shortest, longest], minDf }: TfidfVectorizer["options"],
  maxFeatures: number | undefined,
): void {
  if (texts.length === 0) throw new RangeError("fitTfidf: there are no texts to learn terms from.");
  texts.forEach((text, i) => {
    if (typeof text !== "string") {
      throw new TypeError(
        `fitTfidf: texts[${i}] is ${text}, not a string; fill missing lyrics with "" or drop them.`,
      );
    }
  });
  const whole = (value: number) => Number.isInteger(value) && value >= 1;
  if (!whole(shortest) || !whole(longest) || shortest > longest) {
    throw new RangeError(
      `fitTfidf: ngramRange is [${shortest}, ${longest}]; give [shortest, longest], both at least 1.`,
    );
  }
  if (!whole(minDf) || (maxFeatures !== undefined && !whole(maxFeatures))) {
    throw new RangeError(
      `fitTfidf: minDf is ${minDf} and maxFeatures ${maxFeatures}; give whole numbers of at least 1 (minDf counts texts).`,
    );
  }
}
