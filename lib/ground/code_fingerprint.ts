/** Which version of the project's code this is, where several machines are to run the same. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn } from "./files.ts";
import { fingerprint } from "./fingerprint.ts";

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
