/** What an answerer makes of contexts with and without some of a song's fields. */
import type { Song } from "../songs/mod.ts";
import type { Recipe } from "../training/mod.ts";
import { type Answerer, type AnswerOptions, answerSongs } from "./answerer.ts";
import { type QaField, qaFields, type QaFormat, qaPrompt } from "./prompt.ts";
import { judge, type Verdict } from "../trials/mod.ts";

/** The contexts that are compared, and what each leaves out. */
export const qaContexts: readonly { name: string; leaveOut: readonly QaField[] }[] = [
  { name: "모든 칸 · all fields", leaveOut: [] },
  { name: "가수 없이 · without artist", leaveOut: ["artist"] },
  { name: "날짜 없이 · without date", leaveOut: ["date"] },
  { name: "가수·날짜 없이 · without artist and date", leaveOut: ["artist", "date"] },
  { name: "가사만 · lyrics alone", leaveOut: qaFields.filter((field) => field !== "lyrics") },
];

/** Judges an answerer's rankings of songs. @param options.name the method's name */
export async function judgeAnswers(
  answerer: Answerer,
  songs: readonly Song[],
  { name, ...options }: AnswerOptions & { name: string },
): Promise<Verdict> {
  const answers = await answerSongs(answerer, songs, options);
  return judge(name, answerer.format.genres, songs, answers.map(({ probabilities }) => probabilities));
}

/**
 * Judges one answerer's rankings in every context of {@link qaContexts}, so that what helps is visible.
 *
 * @param options.name goes before each context's name
 * @param options.onProgress is told how many questions are answered
 * @example
 * ```ts
 * await show(verdictTable(await judgeContexts(answerer, sides.test)));
 * ```
 */
export async function judgeContexts(
  answerer: Answerer,
  songs: readonly Song[],
  options: {
    name?: string;
    precision?: Recipe["precision"];
    onProgress?: (done: number) => void | Promise<void>;
  } = {},
): Promise<Verdict[]> {
  const { name: prefix = "질문·답 · QA", precision = "auto", onProgress } = options;
  const verdicts: Verdict[] = [];
  for (const [i, { name, leaveOut }] of qaContexts.entries()) {
    verdicts.push(
      await judgeAnswers(answerer, songs, {
        name: `${prefix}: ${name}`,
        leaveOut,
        precision,
        ...(onProgress && { onProgress: (done) => onProgress(i * songs.length + done) }),
      }),
    );
  }
  return verdicts;
}

/**
 * A question and its right answer as text, for people: the lyrics after some lines are left out.
 *
 * @param options.lines of lyrics that are shown, 4 by default
 */
export function promptText(
  song: Song,
  format: QaFormat,
  options: { leaveOut?: readonly QaField[]; lines?: number } = {},
): string {
  const { head, lyrics, tail } = qaPrompt(song, format, options.leaveOut);
  const lines = lyrics.split("\n"), most = options.lines ?? 4;
  const shown = lines.length <= most ? lines : [...lines.slice(0, most), "…"];
  return `${head}${shown.join("\n")}${tail} ${song.genres[0] ?? ""}`;
}
