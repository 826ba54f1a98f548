/** Whether something, the project's own code too, is the same as before, or as elsewhere. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn } from "./files.ts";

/**
 * The SHA-256, in hexadecimal, of pieces in a row: texts in UTF-8, bytes as they are.
 *
 * @example
 * ```ts
 * fingerprint(["가사", "\n"]).slice(0, 16)
 * ```
 */
export function fingerprint(pieces: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The SHA-256 of a file, in hexadecimal, read piece by piece. */
export async function fileFingerprint(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

let known: Promise<string> | undefined;

/** A hash of the code of lib/ and of the packages' versions, tests aside: the same wherever the project stands. */
export function codeFingerprint(): Promise<string> {
  return known ??= hashed(dirname(dirname(fileURLToPath(import.meta.url))));
}

async function hashed(lib: string): Promise<string> {
  const names = (await filesIn(lib)).filter((name) =>
    /\.(ts|py|cc|h)$/.test(name) && !/_test\.ts$/.test(name)
  );
  const paths = [join(dirname(lib), "deno.lock"), ...names.map((name) => join(lib, name))];
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  return fingerprint(texts.flatMap((text, i) => [names[i - 1] ?? "", "\n", text])).slice(0, 12);
}
