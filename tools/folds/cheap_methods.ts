/** The methods without a transformer: baselines, and linear models on parts of the table. */
import { majorityClass, type Rows, textBaseline } from "../../lib/evaluation/mod.ts";
import {
  artistMajority,
  artistSongsOf,
  COLUMN_NAMES,
  COLUMN_PARTS,
  columnBlocks,
  type ColumnPart,
  columnsProbabilities,
  fitArtistPrior,
  fitColumns,
  fitColumnsModel,
} from "../../lib/ideas/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import type { FoldSplit } from "./splits.ts";

/** What the differences are taken to. */
export const BASELINE = "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression";

const simple = {
  "majority": "최다 장르 · majority class",
  "naive-bayes": "나이브 베이즈 · naive Bayes",
  "artist": "가수의 최다 장르 · artist's most frequent genre",
} as const;

/** The linear models: what each looks at. */
const linear: Readonly<Record<string, { method: string; parts: readonly ColumnPart[] }>> = {
  "tfidf": { method: BASELINE, parts: ["lyrics"] },
  "lyrics-artist": { method: "가사 + 가수, 선형 · lyrics + artist, linear", parts: ["lyrics", "artist"] },
  "columns": { method: "모든 열, 선형 · all columns, linear", parts: COLUMN_PARTS },
  ...Object.fromEntries(COLUMN_PARTS.map((left) => [`columns-without-${left}`, {
    method: `  − ${COLUMN_NAMES[left]}`,
    parts: COLUMN_PARTS.filter((part) => part !== left),
  }])),
};

/** The methods' names for a reader, by the names that the command takes; in the table's order. */
export const cheapMethods: Readonly<Record<string, string>> = {
  ...simple,
  ...Object.fromEntries(Object.entries(linear).map(([name, { method }]) => [name, method])),
};

/** Probabilities of validation and test songs, rows [song][genre]. */
export interface Answers {
  validation: Rows;
  test: Rows;
}

/** Runs methods by name on one split; what several of them need is made once. */
export function cheapRunner(
  { rows: { train, validation, test } }: FoldSplit,
  labels: readonly string[],
): (name: string, onIteration?: (iteration: number) => void) => Promise<Answers> {
  const genres = train.map((song) => song.genres[0]!);
  const both = (of: (songs: Song[]) => Rows): Answers => ({ validation: of(validation), test: of(test) });
  const tabulate = () => {
    const { vectorizer, blocks } = fitColumns(train);
    return {
      train: blocks,
      validation: columnBlocks(vectorizer, validation),
      test: columnBlocks(vectorizer, test),
    };
  };
  let tables: ReturnType<typeof tabulate> | undefined;
  return async (name, onIteration) => {
    if (name === "majority") {
      return both((songs) => majorityClass(genres, songs.length, { classes: labels }).probabilities);
    }
    if (name === "artist") {
      const prior = fitArtistPrior(artistSongsOf(train, labels), { classes: labels.length });
      return both((songs) =>
        Array.from(
          artistMajority(prior, songs.map(({ artists }) => artists)),
          (genre) => labels.map((_, k) => k === genre ? 1 : 0),
        )
      );
    }
    if (name === "naive-bayes") {
      const { probabilities } = await textBaseline({
        train: { texts: train.map(({ lyrics }) => lyrics), labels: genres },
        test: { texts: [...validation, ...test].map(({ lyrics }) => lyrics) },
      }, { method: "naive-bayes", classes: labels });
      return {
        validation: probabilities.slice(0, validation.length),
        test: probabilities.slice(validation.length),
      };
    }
    tables ??= tabulate();
    const model = await fitColumnsModel(tables.train, train, labels, {
      parts: linear[name]!.parts,
      ...(onIteration && { onIteration }),
    });
    return {
      validation: columnsProbabilities(model, tables.validation),
      test: columnsProbabilities(model, tables.test),
    };
  };
}
