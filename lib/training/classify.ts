/** The genres of one song's lyrics, by name: what a program asks that has a text and no table. */
import { UserError } from "../ground/mod.ts";
import { cleanLyrics, hasWords, type Song } from "../songs/mod.ts";
import { type Classifier, classifySongs } from "./fine_tune.ts";

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
  const date = { text: "", year: null, month: null, day: null };
  const [first = ""] = lyrics.split("\n");
  return { id, songName: first, adults: null, artists: [], albumId: null, date, genres: [], lyrics };
}

/**
 * The genres of one song by its lyrics, the likeliest first. For many songs at once `classifySongs` is faster.
 *
 * @param lyrics line breaks, entities and the like are cleaned as in a table
 * @param options.top how many genres; default all
 * @throws UserError where the lyrics hold no letter or digit
 * @example
 * ```ts ignore
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
