/** The genres of songs as a classifier tells them: of many, or of one song's lyrics. */
import { inBoth, UserError } from "../ground/mod.ts";
import { cleanLyrics, hasWords, type Song, songOf } from "../songs/mod.ts";
import { resolvePrecision } from "../engine/mod.ts";
import type { Example } from "./batches.ts";
import type { Recipe } from "./recipe.ts";
import { evaluateExamples } from "./evaluate.ts";
import { checkUnknownTokens, countTokens, type TokenCounts } from "./unknown_tokens.ts";
import { type Classifier, readingOf, scorerOf, thresholdsOf } from "./classifier.ts";
import { encoder } from "./song_examples.ts";

/** What a classifier says of one song. */
export interface SongPrediction {
  songId: string;
  /** The likeliest genre. */
  genre: string;
  /**
   * All genres given: the likeliest alone, or of a multi-label classifier those that reach their threshold, and the likeliest
   * where none does.
   */
  genres: string[];
  /** By genre, in the order of the classifier's labels; sums to 1, but for a multi-label classifier. */
  probabilities: Float32Array;
  /** The scores before the softmax or sigmoid. */
  logits: Float32Array;
}

/**
 * The genres of songs, in the order given. A song without lyrics is classified from an empty text.
 *
 * @param options.maxLength tokens of a row; by default as in the classifier's training
 * @param options.maxWindows rows that a song is read in at most; by default as in the classifier's training
 * @param options.onProgress is told how many songs are done
 * @param options.onNote is told of a noticeable share of tokens that the tokenizer does not know; by default it is warned of
 * @param options.onTokens is told the songs' tokens, and how many are unknown, and judges them itself: these are a part of many songs
 * @throws UserError where half of all tokens are unknown: the answers would be guesses
 */
export async function classifySongs(
  classifier: Classifier,
  songs: readonly Song[],
  options: {
    maxLength?: number;
    maxWindows?: number;
    batchSize?: number;
    precision?: Recipe["precision"];
    onProgress?: (done: number) => void | Promise<void>;
    onNote?: (note: string) => void;
    onTokens?: (counts: TokenCounts) => void;
  } = {},
): Promise<SongPrediction[]> {
  const { labels, model } = classifier, trained = readingOf(classifier);
  const encode = encoder(classifier, {
    maxLength: options.maxLength ?? trained.maxLength,
    maxWindows: options.maxWindows ?? trained.maxWindows,
    windowOverlap: trained.windowOverlap,
  });
  const targets = model.multiLabel ? new Float32Array(labels.length) : undefined;
  const examples = songs.map(({ id, lyrics }): Example => ({
    songId: id,
    ...encode(lyrics),
    label: 0,
    ...(targets && { targets }),
    weight: 1,
  }));
  if (options.onTokens !== undefined) options.onTokens(countTokens(classifier.tokenizer, examples));
  else {
    const note = checkUnknownTokens(classifier.tokenizer, examples);
    if (note !== null) (options.onNote ?? ((note) => console.warn(inBoth(note))))(note);
  }
  const { probabilities, logits, predicted } = await evaluateExamples(scorerOf(classifier), examples, {
    batchSize: options.batchSize ?? 32,
    precision: resolvePrecision(options.precision ?? "auto"),
    onBatch: options.onProgress,
  });
  const thresholds = thresholdsOf(classifier);
  return songs.map(({ id }, i) => {
    const genre = labels[predicted[i]!]!;
    const given = model.multiLabel ? labels.filter((_, k) => probabilities[i]![k]! >= thresholds[k]!) : [];
    return {
      songId: id,
      genre,
      genres: given.length > 0 ? given : [genre],
      probabilities: probabilities[i]!,
      logits: logits[i]!,
    };
  });
}

/** A genre and how likely it is. */
export interface GenreProbability {
  genre: string;
  /** From 0 to 1. Those of all genres sum to 1, but for a multi-label classifier, whose genres have each their own. */
  probability: number;
}

/**
 * Probabilities with the genres' names, the likeliest first.
 *
 * @param probabilities by genre, in the order of `labels`
 * @param top how many; default all
 */
export function rankedGenres(
  labels: readonly string[],
  probabilities: ArrayLike<number>,
  top: number = labels.length,
): GenreProbability[] {
  return labels.map((genre, k) => ({ genre, probability: probabilities[k]! }))
    .sort((a, b) => b.probability - a.probability).slice(0, top);
}

/**
 * Lyrics as a song of a table: cleaned as the tables are that a classifier is trained on, so that both give the same answer.
 *
 * @throws UserError where they hold no letter or digit
 */
export function songOfLyrics(text: string, id = "text-1"): Song {
  const lyrics = cleanLyrics(text);
  if (!hasWords(lyrics)) {
    throw new UserError(`The text "${text}" holds no letter or digit: there is nothing to tell a genre by.`);
  }
  const [first = ""] = lyrics.split("\n");
  return songOf({ id, songName: first, genres: [], lyrics });
}

/**
 * The genres of one song by its lyrics, the likeliest first. For many songs at once `classifySongs` is faster.
 *
 * @param lyrics line breaks, entities and the like are cleaned as in a table
 * @param options.top how many genres; default all
 * @throws UserError where the lyrics hold no letter or digit
 * @example
 * ```ts
 * import { classify, loadClassifier } from "./mod.ts";
 *
 * const classifier = await loadClassifier("outputs/run/best");
 * const [best] = await classify(classifier, "밤하늘의 별을 세다가\n너의 이름을 불러 본다");
 * console.log(`${best!.genre} ${best!.probability.toFixed(2)}`);
 * ```
 */
export async function classify(
  classifier: Classifier,
  lyrics: string,
  { top }: { top?: number } = {},
): Promise<GenreProbability[]> {
  const [prediction] = await classifySongs(classifier, [songOfLyrics(lyrics)]);
  return rankedGenres(classifier.labels, prediction!.probabilities, top);
}
