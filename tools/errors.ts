/** How a command that fails tells it: a sentence and an exit code, the same way for all of them. */
import { inBoth, UserError } from "../lib/ground/mod.ts";
import { alone, SharedError, type Team } from "../lib/team/mod.ts";

/** What a person is shown of an error, and the exit code: 2 where they can mend it, 1 for a fault of the program, 130 when they stopped it. */
export interface Told {
  text: string;
  code: 1 | 2 | 130;
}

/** Something of this machine or its files that stops a program: a person can mend it, though no code of ours has said how. */
const systemErrors: readonly [RegExp, string][] = [
  [/os error 28\b|ENOSPC|StorageFull/, "The disk is full: make room."],
  [/os error 30\b|EROFS/, "That place is read-only: choose another."],
  [/os error 24\b|EMFILE/, "Too many files are open on this machine (ulimit -n)."],
  [/os error 2\b|ENOENT/, "There is no such file or folder: check the path."],
  [/os error 13\b|os error 1\b|EACCES|EPERM/, "It may not be read or written by you: check its permissions."],
  [/os error 20\b|ENOTDIR/, "A part of that path is a file, not a folder."],
  [/os error 21\b|EISDIR/, "That is a folder, where a file is needed."],
  [/os error 36\b|ENAMETOOLONG/, "That name is too long."],
];

/**
 * What to tell of an error.
 *
 * @param words turns names of settings into the words of the command at hand
 */
export function toldOf(error: unknown, words: (text: string) => string = (text) => text): Told {
  // what went wrong first is the reason, not what could not be closed after it
  if (error instanceof SuppressedError) return toldOf(error.suppressed, words);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UserError) {
    const hint = systemErrors.find(([pattern]) => pattern.test(message))?.[1];
    const plain = words(message.replaceAll(/ \(os error \d+\)/g, ""));
    return { text: hint === undefined ? plain : `${plain.replace(/\.?$/, ".")} ${hint}`, code: 2 };
  }
  if (error instanceof DOMException && error.name === "AbortError") return { text: message, code: 130 };
  // Deno's errors of the file system have a code; ours and TypeScript's have none
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const system = systemErrors.find(([pattern]) => pattern.test(`${message} ${code}`));
  if (error instanceof Error && /os error \d+/.test(message) && system !== undefined) {
    return { text: `${message.replace(/ \(os error \d+\)/, "")}. ${system[1]}`, code: 2 };
  }
  const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
  return { text: `${name}${message}\n${faultText}`, code: 1 };
}

const faultText = "This is a fault of the program, not yours; --debug shows where it stands, for a report.";

let telling: ((text: string) => string) | null = null;

/**
 * From now on whatever ends this process by an error is told as {@link toldOf} has it, on standard error; with `--debug` among the
 * arguments the stack stands below. `readOptions` calls it for every command.
 */
export function tellErrors(words: (text: string) => string = (text) => text): void {
  if (telling === null) {
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      endWith(event.reason);
    });
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      endWith(event.error ?? event.message);
    });
  }
  telling = words;
}

/** Whether the stack of an error is asked for. */
export const isDebugging = (args: readonly string[] = Deno.args): boolean => args.includes("--debug");

let team: Team = alone;

/** From now on an error that ends this process ends the whole team: the others would wait for it. */
export function endTogether(others: Team): void {
  team = others;
}

/** Tells an error and ends the process. */
export function endWith(error: unknown): never {
  const { text, code } = toldOf(error, telling ?? undefined);
  const isOthers = error instanceof SharedError && team.rank > 0;
  if (!isOthers) {
    console.error(team.rank > 0 ? `Process ${team.rank} on ${team.host}: ${text}` : inBoth(text));
  }
  if (isDebugging()) console.error(`\n${Deno.inspect(error)}`);
  // the end of one ends all: the first is to have told it before
  if (isOthers) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  else team.abort(code);
  Deno.exit(code);
}
