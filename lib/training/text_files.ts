/** Text files as sources of texts, read in pieces: a file may be larger than the memory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fingerprint, UserError } from "../ground/mod.ts";
import { openText, type TextFile } from "../songs/mod.ts";
import type { TextSource } from "./text_cache.ts";

/** How text files are read. */
export interface TextFileOptions {
  /** How often their rows come in an epoch; 1 by default. */
  times?: number;
  /** Whether the lines of a file follow one another, as a book's do. */
  running?: boolean;
  /** Is told of files in another encoding than UTF-8; by default they are warned of. */
  onNote?: (note: string) => void;
}

/**
 * A text file, or the `.txt` files of a folder, as sources: paragraphs with empty lines between them, or, where a file has
 * none, a text a line.
 *
 * @throws UserError where there is no such file, where it holds no text, or bytes that are none
 */
export async function textFiles(
  path: string,
  options: TextFileOptions = {},
): Promise<TextSource[]> {
  const { isDirectory } = await Deno.stat(path).catch(() => {
    throw new UserError(`${path} is not there: --text takes a text file, or a folder of .txt files.`);
  });
  if (!isDirectory) return [await textFile(path, options)];
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && /\.txt$/i.test(name)) names.push(name);
  }
  if (names.length === 0) {
    throw new UserError(`${path} has no .txt file: name the files themselves with --text FILE.`);
  }
  const sources: TextSource[] = [];
  for (const name of names.sort()) sources.push(await textFile(join(path, name), options));
  return sources;
}

/**
 * Texts in memory as a source: the lyrics of a table.
 *
 * @param options.side where all of them belong; absent where a share validates
 */
export function textSource(
  name: string,
  texts: readonly string[],
  { times = 1, side }: { times?: number; side?: "train" | "validation" } = {},
): TextSource {
  return {
    name,
    times,
    ...(side !== undefined && { side }),
    // nearly: it is for the time left
    bytes: texts.reduce((sum, { length }) => sum + length, 0),
    fingerprint: fingerprint(texts.values().map((text) => `${text.length} ${text}`)),
    texts: () => texts,
  };
}

async function textFile(
  path: string,
  { times = 1, running = false, onNote }: TextFileOptions,
): Promise<TextSource> {
  const file = await openText(path, { onNote }),
    hash = createHash("sha256"),
    { size: bytes } = await Deno.stat(path);
  let paragraphs = false, texts = 0, empty = false;
  for await (const line of linesOf(file)) {
    hash.update(line).update("\n");
    if (line.trim() === "") empty = texts > 0;
    else {
      paragraphs ||= empty;
      texts++;
    }
  }
  if (texts === 0) throw new UserError(`${path} holds no text.`);
  return {
    name: path,
    times,
    ...(running && { running }),
    bytes,
    fingerprint: hash.digest("hex"),
    texts: paragraphs ? () => paragraphsOf(file) : () => linesWithText(file),
  };
}

/** The lines of a file, without their ends. */
async function* linesOf({ parts }: TextFile): AsyncGenerator<string> {
  let rest = "";
  for await (const part of parts()) {
    const lines = (rest + part).split(/\r?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

async function* linesWithText(file: TextFile): AsyncGenerator<string> {
  for await (const line of linesOf(file)) if (line.trim() !== "") yield line;
}

async function* paragraphsOf(file: TextFile): AsyncGenerator<string> {
  let lines: string[] = [];
  for await (const line of linesOf(file)) {
    if (line.trim() !== "") lines.push(line);
    else if (lines.length > 0) {
      yield lines.join("\n");
      lines = [];
    }
  }
  if (lines.length > 0) yield lines.join("\n");
}
