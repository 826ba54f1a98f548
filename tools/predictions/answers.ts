/** What `predict` says of songs: a table for people, a line of JSON for programs. */
import { percent } from "../../lib/plots/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import { rankedGenres, type SongPrediction } from "../../lib/training/mod.ts";

/** A song's answer; `null` where it has no lyrics to tell by. */
type Answer = SongPrediction | null;

/**
 * The answers as rows: of one song a genre each, of several a song each.
 *
 * @param labels the genres, in the order of the probabilities
 * @param top how many genres of a song, the likeliest first
 */
export function answersTable(
  songs: readonly Song[],
  answers: readonly Answer[],
  labels: readonly string[],
  top: number,
): Record<string, string>[] {
  const [only] = answers;
  if (songs.length === 1 && only) {
    return rankedGenres(labels, only.probabilities, top).map(({ genre, probability }) => ({
      "장르 · genre": genre,
      "확률 · probability": percent(probability),
      ...(only.genres.length > 1 && { "답 · given": only.genres.includes(genre) ? "✓" : "" }),
    }));
  }
  return songs.map(({ id, songName, artists, lyrics }, i) => ({
    "곡 · song": [songName || untitled(id, lyrics), artists.join(", ")].filter((part) => part !== "").join(
      " — ",
    ),
    "예측 · predicted": answers[i]?.genres.join(", ") ?? "가사 없음 · no lyrics",
    "확률 · probabilities": answers[i] === null ? "" : rankedGenres(labels, answers[i]!.probabilities, top)
      .map(({ genre, probability }) => `${genre} ${percent(probability)}`).join(", "),
  }));
}

/** A song without a title: its id, and how its lyrics begin. */
function untitled(id: string, lyrics: string): string {
  const [line = ""] = lyrics.trim().split("\n"), letters = [...line];
  if (line === "") return id;
  return `${id}: ${letters.length > 20 ? `${letters.slice(0, 20).join("").trimEnd()}…` : line}`;
}

/**
 * A song's answer as one line of JSON: `id`, `song_name`, `artists`, `predicted` (the genres given: one, of a multi-label model all that
 * reach their threshold) and `genres`, each with its `probability`, the likeliest first. Both are empty where a song has no lyrics.
 *
 * @param top how many genres; default all
 */
export function answerLine(
  { id, songName, artists }: Song,
  answer: Answer,
  labels: readonly string[],
  top?: number,
): string {
  const genres = answer === null ? [] : rankedGenres(labels, answer.probabilities, top);
  return JSON.stringify({
    id,
    song_name: songName,
    artists,
    predicted: answer?.genres ?? [],
    genres: genres.map(({ genre, probability }) => ({ genre, probability: Number(probability.toFixed(6)) })),
  });
}
