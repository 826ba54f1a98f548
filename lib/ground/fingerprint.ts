/** Whether something is the same as before. */
import { createHash } from "node:crypto";

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
