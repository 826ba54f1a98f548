/**
 * What a newcomer meets, in Korean before the English: a phrase book, looked up where errors, notes and first and last lines are told, so that
 * the rooms speak one language. What it does not have stays as it is.
 */
import { phrases, words } from "./phrase_book.ts";

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A phrase as a pattern at the beginning of a text. */
function patternOf(english: string): RegExp {
  const source = english.split(/(\{n?\})/).map((piece, i, all) =>
    piece === "{n}" ? "(\\d(?:[\\d,.]*\\d)?)" : piece === "{}"
      // an option in front is what the sentence is about
      ? `${i === 1 && all[0] === "" ? "(?!--[\\w-]+: )" : ""}(${
        i === all.length - 2 && all.at(-1) === "" ? ".+" : ".+?"
      })`
      : escaped(piece)
  ).join("");
  return new RegExp(`^${source}(?=[\\s.;:]|$)`);
}

const book = phrases.map(([english, korean]) => ({ pattern: patternOf(english), korean }));

const inKorean = (text: string): string =>
  words.reduce((text, [pattern, korean]) => text.replaceAll(pattern, korean), text);

/** What a sentence speaks of, in front of it: an option, a file, a place in a table. */
const aboutPattern =
  /^(?:--[\w-]+|standard input|line \d+[^:]*|column [^:]*|[^\s:"]+|[^\n:"]+\.[a-z]\w{0,8}): /;

const aboutInKorean = (about: string): string =>
  about.replace(/\bline (\d+)/, "$1번째 줄").replace(/\bcolumn (\d+)/, "$1번째 글자").replace(
    /\bcolumn ([^,:]+)/,
    "$1 열",
  ).replace(/\bvalue /, "값 ")
    .replace(/^standard input/, "표준 입력").replace(/^Recipe\b/, "레시피");

/** A line in Korean as far as the book has it, from its beginning; `null` where it does not. */
function koreanLine(line: string): string | null {
  let rest = line.replace(/^\s*(?:[-–] )?/, ""), said = "";
  for (;;) {
    rest = rest.replace(/^[.\s]+/, "");
    const found = book.map(({ pattern, korean }) => ({ match: rest.match(pattern), korean })).find((
      { match },
    ) => match !== null);
    if (found !== undefined) {
      const [whole, ...holes] = found.match!;
      const sentence = found.korean.replaceAll(
        /\{(\d)\}/g,
        (_, place) => inKorean(holes[Number(place) - 1]!),
      );
      said += `${said === "" || said.endsWith(" ") ? "" : " "}${sentence}`;
      rest = rest.slice(whole.length);
      if (rest === "") break;
      continue;
    }
    const about = said === "" || said.endsWith(": ") ? rest.match(aboutPattern)?.[0] : undefined;
    if (about === undefined) break;
    said += aboutInKorean(about);
    rest = rest.slice(about.length);
  }
  return said === "" || said.endsWith(": ") ? null : said;
}

/**
 * A text for people in Korean with the English below it, line by line as far as the book goes; as it is where the book does not have it, or where it is in both already.
 *
 * @example
 * ```ts
 * import { inBoth } from "./phrases.ts";
 *
 * inBoth("Report: outputs/report.html"); // "보고서 · Report: outputs/report.html"
 * ```
 */
export function inBoth(text: string): string {
  const lines = text.split("\n"), korean = lines.map(koreanLine);
  const first = korean.findIndex((line) => line !== null);
  // a kernel says its errors in both itself
  if (korean.every((line) => line === null || text.includes(line))) return text;
  // a name for what follows stands beside the other
  const [, label, said] = text.match(/^([^:.\n]+)(: [^\n]*)$/) ?? [];
  const name = label !== undefined && korean[0]!.endsWith(said!) ? korean[0]!.slice(0, -said!.length) : ":";
  if (!name.includes(":")) return `${name} · ${text}`;
  return [...lines.slice(0, first), ...korean.filter((line) => line !== null), ...lines.slice(first)].join(
    "\n",
  );
}

/** Prints a line for people, in both languages. */
export const tell = (text: string): void => console.log(inBoth(text));
