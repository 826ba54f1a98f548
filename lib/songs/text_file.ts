/** Text files, read whole or a piece at a time, whatever their encoding. */
import { inBoth } from "../ground/mod.ts";
import {
  DecodeError,
  decodeText,
  EncodingSniffer,
  type SniffedEncoding,
  textDecoder,
  type TextEncoding,
} from "./decode.ts";
import { SongsError, wholeFile } from "./errors.ts";

/** Options of {@link readText} and {@link openText}. */
export interface TextFileOptions {
  /** What to call the text in messages. Default its path, or `"text"` where it is given as bytes. */
  name?: string;
  /** Is told where the file is not UTF-8. Default: printed as a warning. */
  onNote?: (note: string) => void;
}

/** A text file whose encoding is known. */
export interface TextFile {
  encoding: TextEncoding;
  /** The text in pieces, in order, from the beginning at each call; none is cut inside a character. */
  parts(): AsyncGenerator<string>;
}

/**
 * Reads a text file whole, as every file of songs, genre names or texts is read here: UTF-8 with a byte order mark or without, UTF-16,
 * CP949 (said in a note); anything else is refused.
 *
 * @param source a path, or the bytes themselves
 * @throws {SongsError} where the file is not there, is no text, or in another encoding; with line and remedy
 *
 * @example
 * ```ts
 * import { readText } from "./text_file.ts";
 * import assert from "node:assert/strict";
 *
 * const notes: string[] = [];
 * const bytes = new Uint8Array([0xb0, 0xa1]);
 * assert.equal(await readText(bytes, { name: "a.txt", onNote: (note) => notes.push(note) }), "가");
 * assert.deepEqual(notes, ["a.txt: read as CP949, for it is not UTF-8."]);
 * ```
 */
export async function readText(
  source: string | URL | Uint8Array,
  options: TextFileOptions = {},
): Promise<string> {
  const file = nameOf(source, options);
  const bytes = source instanceof Uint8Array ? source : await reading(file, () => Deno.readFile(source));
  const { text, encoding } = await decoding(file, () => decodeText(bytes));
  tell(file, encoding, options);
  return text;
}

/**
 * Opens a text file that need not fit in memory: looks it through once for its encoding, as {@link readText} does, and gives its text in
 * pieces.
 *
 * @param source the file's path
 * @throws {SongsError} as {@link readText}, before a piece is given
 *
 * @example
 * ```ts
 * const { encoding, parts } = await openText("texts.txt");
 * let characters = 0;
 * for await (const part of parts()) characters += part.length;
 * ```
 */
export async function openText(source: string | URL, options: TextFileOptions = {}): Promise<TextFile> {
  const file = nameOf(source, options);
  const sniffed = await sniffText(source, options);
  return {
    encoding: sniffed.encoding,
    async *parts() {
      const decoder = textDecoder(sniffed);
      try {
        for await (const chunk of chunksOf(file, source)) {
          const part = decoder.decode(chunk, { stream: true });
          if (part !== "") yield part;
        }
        const last = decoder.decode();
        if (last !== "") yield last;
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause;
        throw brokenText(file, sniffed.encoding, cause);
      }
    },
  };
}

/** The error of a text that breaks its encoding further on. */
export function brokenText(file: string, encoding: TextEncoding, cause: unknown): SongsError {
  const what = `it begins as ${encoding} but does not go on as ${encoding}`;
  return new SongsError(file, [wholeFile(what, "Save the file as text in UTF-8.")], { cause });
}

/** Looks a text file through for its encoding, and says where it is not UTF-8. @throws {SongsError} as {@link readText} */
export async function sniffText(
  source: string | URL,
  options: TextFileOptions = {},
): Promise<SniffedEncoding> {
  const file = nameOf(source, options);
  const sniffer = new EncodingSniffer();
  const sniffed = await decoding(file, async () => {
    for await (const chunk of chunksOf(file, source)) sniffer.push(chunk);
    return sniffer.end();
  });
  tell(file, sniffed.encoding, options);
  return sniffed;
}

function nameOf(source: string | URL | Uint8Array, options: TextFileOptions): string {
  if (options.name !== undefined || source instanceof Uint8Array) return options.name ?? "text";
  return source instanceof URL ? decodeURIComponent(source.pathname) : source;
}

function tell(file: string, encoding: TextEncoding, options: TextFileOptions): void {
  const { onNote = (note: string) => console.warn(inBoth(note)) } = options;
  if (encoding !== "UTF-8") onNote(`${file}: read as ${encoding}, for it is not UTF-8.`);
}

/** A file's bytes in pieces; one is overwritten by the next. */
export async function* chunksOf(file: string, source: string | URL): AsyncGenerator<Uint8Array> {
  using opened = await reading(file, () => Deno.open(source));
  const chunk = new Uint8Array(1 << 18);
  for (;;) {
    const length = await reading(file, () => opened.read(chunk));
    if (length === null) return;
    yield chunk.subarray(0, length);
  }
}

async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const isFolder = cause instanceof Deno.errors.IsADirectory || /is a directory/i.test(String(cause));
    const what = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : isFolder
      ? "this is a folder, not a file"
      : `the file cannot be read (${(cause as Error).message})`;
    const remedy = `Check the path; it is looked up from ${Deno.cwd()}.`;
    throw new SongsError(file, [wholeFile(what, remedy)], { cause });
  }
}

async function decoding<T>(file: string, decode: () => T | Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const { line, message: what, remedy } = cause;
    throw new SongsError(file, [{ ...wholeFile(what, remedy), line }], { cause });
  }
}
