/** What is wrong with a file of songs, line by line. */
import { UserError } from "../ground/mod.ts";

/** One thing wrong with a file of songs. */
export interface SongsProblem {
  /**
   * Line of the file, from 1, where the record (or the broken quote) starts; null where the whole file is meant.
   */
  line: number | null;
  /** Name of the column, or the character's place in the line for a broken quote; null where no column is meant. */
  column: string | number | null;
  /** The value as the file has it; null where there is none. */
  value: string | null;
  /** What is wrong, as the end of a sentence. */
  what: string;
  /** What to do about it, as a sentence. */
  remedy: string;
}

const shownProblems = 5;

/** A problem of a whole file. */
export function wholeFile(what: string, remedy: string): SongsProblem {
  return { line: null, column: null, value: null, what, remedy };
}

/** A value on one line of a message, cut where it is long. */
export function quoted(value: string): string {
  const characters = [...value];
  return JSON.stringify(characters.length > 60 ? characters.slice(0, 60).join("") + "…" : value);
}

function sentence({ line, column, value, what, remedy }: SongsProblem): string {
  const where = [
    line === null ? "" : `line ${line}`,
    column === null ? "" : `column ${column}`,
    value === null ? "" : `value ${quoted(value)}`,
  ].filter((part) => part !== "").join(", ");
  return `${where === "" ? "" : where + ": "}${what}. ${remedy}`;
}

/**
 * A file of songs that cannot be used as it stands. The message names file, line, column and value of the first
 * five problems and says what to do; `problems` holds all of them.
 *
 * @example
 * ```ts
 * try {
 *   await readSongs("songs.csv");
 * } catch (error) {
 *   if (error instanceof SongsError) console.table(error.problems);
 *   else throw error;
 * }
 * ```
 */
export class SongsError extends UserError {
  override readonly name = "SongsError";
  /** The file, as it was named to the reader. */
  readonly file: string;
  /** Everything that is wrong, in the file's order; never empty. */
  readonly problems: readonly SongsProblem[];

  constructor(file: string, problems: readonly SongsProblem[], options?: ErrorOptions) {
    const lines = problems.slice(0, shownProblems).map(sentence);
    if (problems.length > shownProblems) {
      lines.push(`… and ${problems.length - shownProblems} more problems like these.`);
    }
    super(
      problems.length === 1
        ? `${file}: ${lines[0]}`
        : `${file}: ${problems.length} problems.\n${lines.map((line) => `  - ${line}`).join("\n")}`,
      options,
    );
    this.file = file;
    this.problems = problems;
  }
}
