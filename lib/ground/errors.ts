/**
 * Whose fault an error is. This file touches nothing of Deno or Node, so that what runs in a browser may import it by itself.
 */

/**
 * Something that a person can mend: a command line, a file, a setting, the machine's set-up. The message is all that they are shown: what
 * is wrong, where, and what to do. Every other error is a fault of the program, or of something under it.
 *
 * @example
 * ```ts
 * throw new UserError("songs.csv has no column lyrics; add it.");
 * ```
 */
export class UserError extends Error {
  override readonly name: string = "UserError";
  /** How a message is said: as it is, but where nobody says it in both languages later, as in a notebook's kernel (`lib/notebook/kernel_errors.ts`). */
  static say = (message: string): string => message;

  constructor(message: string, options?: ErrorOptions) {
    super(UserError.say(message), options);
  }
}

/**
 * The error of a file that does not take what is written to it, a full disk as a rule: which file, and what the system says, whose own
 * message names a temporary file or none.
 */
export function cannotWrite(path: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const said = (cause as Error).message.replace(/: \w+ '[^\n]*'$/, "");
  return new UserError(`Cannot write ${path}: ${said}.`, { cause });
}
