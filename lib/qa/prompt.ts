/**
 * A song as a question: the text that a language model reads, and the answers it is held to.
 *
 * The template, one line a column of the table, in the table's order but for the genre, which is the answer:
 *
 * ```text
 * ### 지시: 이 노래의 장르를 하나만 고르세요: 댄스, 발라드, 트로트   (or, where the genres are not told: 고르세요.)
 * ### 맥락:
 * 번호: 31716
 * 제목: 마지막 불
 * 성인: 아니요
 * 가수: 주먹밥크루, 달밤
 * 앨범: 모름
 * 날짜: 2012.06.15
 * 가사: 별 하나 없는 하늘 아래
 * 혼자인 게 문득 무섭네
 * ### 응답: 댄스
 * ```
 *
 * (Instruction, context, response, as in Stanford's Alpaca.) A value that the table lacks is `모름`, unknown; a field that is
 * left out has no line. Where a text is too long, lyrics are cut at their end, never the fields or the response.
 */
import { UserError } from "../ground/mod.ts";
import type { Song } from "../songs/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { startIds } from "../training/mod.ts";

/** The columns of the table that can stand in a context. */
export const qaFields = ["id", "song_name", "adults", "artist", "album_id", "date", "lyrics"] as const;

/** A column that can stand in a context, or be left out of it. */
export type QaField = typeof qaFields[number];

/** What a column is called in a context, and a song's value of it; empty where the table lacks it. */
const fields: Record<QaField, { name: string; valueOf: (song: Song) => string }> = {
  id: { name: "번호", valueOf: ({ id }) => id },
  song_name: { name: "제목", valueOf: ({ songName }) => songName },
  adults: { name: "성인", valueOf: ({ adults }) => adults === null ? "" : adults ? "예" : "아니요" },
  artist: { name: "가수", valueOf: ({ artists }) => artists.join(", ") },
  album_id: { name: "앨범", valueOf: ({ albumId }) => albumId ?? "" },
  date: { name: "날짜", valueOf: ({ date }) => date.year === null ? "" : date.text },
  lyrics: { name: "가사", valueOf: ({ lyrics }) => lyrics },
};

const unknown = "모름";

/** How all of a model's questions are asked. */
export interface QaFormat {
  /** The answers there are. */
  genres: readonly string[];
  /** Whether the instruction lists them: a model that learns them from many examples can do without, and reads less. */
  tellGenres: boolean;
  /** The most tokens of lyrics in a context, unless the model's length allows fewer. */
  lyricsLength: number;
}

/** A question in the three parts that are encoded by themselves, so that the cut falls between tokens. */
export interface QaPrompt {
  /** Up to the lyrics. */
  head: string;
  /** Empty where they are left out. */
  lyrics: string;
  /** What the response follows. */
  tail: string;
}

/**
 * The question of a song's genre.
 *
 * @param leaveOut fields that the context does without
 * @example
 * ```ts
 * const { head, lyrics, tail } = qaPrompt(song, { genres: ["댄스", "발라드"], tellGenres: true }, ["artist", "date"]);
 * console.log(head + lyrics + tail);
 * ```
 */
export function qaPrompt(
  song: Song,
  { genres, tellGenres }: Pick<QaFormat, "genres" | "tellGenres">,
  leaveOut: readonly QaField[] = [],
): QaPrompt {
  const lines = qaFields.filter((field) => field !== "lyrics" && !leaveOut.includes(field))
    .map((field) => `${fields[field].name}: ${fields[field].valueOf(song) || unknown}`);
  const withLyrics = !leaveOut.includes("lyrics");
  return {
    head: [
      `### 지시: 이 노래의 장르를 하나만 고르세요${tellGenres ? `: ${genres.join(", ")}` : "."}`,
      "### 맥락:",
      ...lines,
      ...(withLyrics ? [`${fields.lyrics.name}:`] : []),
    ].join("\n"),
    lyrics: withLyrics ? ` ${song.lyrics || unknown}` : "",
    tail: "\n### 응답:",
  };
}

/** Prompts and answers as a model's tokens. */
export interface QaEncoder {
  /** Each genre as a response: its tokens and the one that ends a text. */
  responses: readonly Int32Array[];
  /** @throws Error naming a song whose fields alone are too long for the model */
  context(song: Song, leaveOut?: readonly QaField[]): Int32Array;
}

/**
 * Encodes the questions of songs for a model.
 *
 * @param options.endId ends a text
 * @param options.maxLength most tokens of context and response together: the model's
 */
export function qaEncoder(
  tokenizer: Tokenizer,
  format: QaFormat,
  { endId, maxLength }: { endId: number; maxLength: number },
): QaEncoder {
  const { genres, lyricsLength } = format;
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).ids;
  const start = startIds(tokenizer);
  const responses = genres.map((genre) => Int32Array.of(...encode(` ${genre}`), endId));
  const longest = responses.reduce((most, { length }) => Math.max(most, length), 0);
  const known = new Map<string, number[]>();
  const lyricsOf = (text: string) => {
    let ids = known.get(text);
    if (ids === undefined) known.set(text, ids = encode(text).slice(0, lyricsLength));
    return ids;
  };
  return {
    responses,
    context(song, leaveOut = []) {
      const { head, lyrics, tail } = qaPrompt(song, format, leaveOut);
      const before = [...start, ...encode(head)], after = encode(tail);
      const room = maxLength - before.length - after.length - longest;
      if (room < 0) {
        throw new UserError(
          `Song ${song.id}: its question takes ${before.length + after.length + longest} tokens ` +
            `without lyrics, and the model reads ${maxLength} at most. Leave fields out, or take a ` +
            "model of longer texts.",
        );
      }
      return Int32Array.of(...before, ...lyricsOf(lyrics).slice(0, room), ...after);
    },
  };
}
