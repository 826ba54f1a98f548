/**
 * Texts of any size, tokenized once: rows of token ids in files of some megabytes each, read again row by row, so that a
 * training's memory does not grow with its texts.
 *
 * ```
 * texts.json         what the rows are made of: sources, tokenizer, layout
 * 00000.ids          ids of the rows, one after the other, 16 bits each (32 for vocabularies above 65,536)
 * 00000.json         of which source, after how many of its texts, lengths of the rows; there when the ids are whole
 * ```
 */
import { dirname, join } from "node:path";
import { fingerprint, readIfThere, removeIfThere, UserError, writeWhole } from "../ground/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Example } from "./batches.ts";
import type { Examples } from "./examples.ts";
import { type RowLayout, RowPacker, RunningTexts, tokenizerFingerprint } from "./text_rows.ts";

/** Texts from one place. */
export interface TextSource {
  /** Names it in messages: a file's path. */
  name: string;
  /** How often its rows come in an epoch, each time with masks of their own. */
  times: number;
  /** Whether its texts follow one another (the lines of a book): as many as a row holds are then read as one. */
  running?: true;
  /** Where all of its texts belong; absent where a share of them validates. */
  side?: "train" | "validation";
  /** Changes with its texts. */
  fingerprint: string;
  /** Bytes, for the time left. */
  bytes: number;
  /** All of its texts, each time in the same order. */
  texts(): AsyncIterable<string> | Iterable<string>;
}

/** What is known of a source's rows once they are made. */
export interface CachedSource {
  name: string;
  times: number;
  texts: number;
  /** Of the texts that validate. */
  validationTexts: number;
  /** Of the texts that train; where all validate, of those. */
  rows: number;
  tokens: number;
  /** Those of the tokens that the tokenizer does not know. */
  unknown: number;
}

/** How rows are made. */
export interface CacheOptions {
  layout: RowLayout;
  /** The share of texts, told by their content, that validates, of sources that do not say where theirs belong. */
  validationShare: number;
  seed: number;
  /** Whether rows of other texts that are there stay: a training's, which goes on with them. They are made again by default. */
  keepOthers?: boolean;
  /** Tokens after which a part is written: what a cut-off run makes a second time at most. */
  partTokens?: number;
  /** Is told, some times a second, how many bytes of the sources are done; may end the work by throwing. */
  onProgress?: (bytes: number) => void | Promise<void>;
  /** Asks the work to end: what is made stays, and the next call goes on from there. */
  signal?: AbortSignal;
}

/** The rows of all sources. */
export interface TextCache {
  train: Examples;
  validation: Examples;
  sources: CachedSource[];
  close(): void;
}

/** A file of rows. */
interface Part {
  source: number;
  side: "train" | "validation";
  /** Texts of the source that are in this part or before it. */
  texts: number;
  ownTexts: number;
  bytes: number;
  unknown: number;
  lengths: RowLengths;
}

/** Tokens of a part where nothing else is asked for: some two megabytes. */
const usualPart = 1 << 20;

const aboutFile = "texts.json";

/**
 * Makes the rows of some sources in a folder, or finds them there. A call that was cut off, whatever the way, is continued
 * by the next; rows of other sources, another tokenizer or layout are made again.
 *
 * @param folder belongs to the cache alone
 * @throws UserError where rows of others are there, and are to stay
 * @throws DOMException "AbortError" where the signal asked for an end
 */
export async function cacheTexts(
  folder: string,
  sources: readonly TextSource[],
  tokenizer: Tokenizer,
  options: CacheOptions,
): Promise<TextCache> {
  const { layout, validationShare, seed, partTokens = usualPart } = options;
  const wide = tokenizer.vocabSize > 65_536;
  const identity = JSON.stringify({
    version: 1,
    sources: sources.map(({ name: _, times: __, texts: ___, ...rest }) => rest),
    tokenizer: tokenizerFingerprint(tokenizer),
    layout,
    validationShare,
    seed,
    partTokens,
  });
  await Deno.mkdir(folder, { recursive: true });
  const found = await readIfThere(join(folder, aboutFile));
  if (found !== null && found !== identity && options.keepOthers) {
    throw new UserError(
      `${
        dirname(folder)
      } has another run: it reads other texts, or by another tokenizer, --max-length or --seed. Give another ` +
        "--output; or --anew, which keeps that run elsewhere and starts over.",
    );
  }
  if (found !== identity) {
    await removeIfThere(folder);
    await Deno.mkdir(folder, { recursive: true });
    await writeWhole(join(folder, aboutFile), identity);
  }
  const parts = await readParts(folder, layout);
  for (let source = 0; source < sources.length; source++) {
    await makeParts(folder, parts, source, sources, tokenizer, options, wide);
  }
  return openCache(parts, sources, options, identity, rowReader(folder, wide));
}

const fileOf = (folder: string, part: number, kind: "ids" | "json") =>
  join(folder, `${String(part).padStart(5, "0")}.${kind}`);

/** The parts that are whole, in order. */
async function readParts(folder: string, layout: RowLayout): Promise<Part[]> {
  const parts: Part[] = [];
  for (;;) {
    const text = await readIfThere(fileOf(folder, parts.length, "json"));
    if (text === null) return parts;
    const { lengths, ...part } = JSON.parse(text);
    parts.push({ ...part, lengths: rowLengths(layout, lengths) });
  }
}

/** Whether a text validates: by its content, so that equal ones are on one side. */
function validates(text: string, { side }: TextSource, seed: number, share: number): boolean {
  if (side !== undefined) return side === "validation";
  const hash = fingerprint([`${seed}|${text.replace(/\s+/g, " ").trim()}`]);
  return parseInt(hash.slice(0, 8), 16) / 2 ** 32 < share;
}

/** Adds the parts of one source that are not there. */
async function makeParts(
  folder: string,
  parts: Part[],
  source: number,
  sources: readonly TextSource[],
  tokenizer: Tokenizer,
  { layout, validationShare, seed, partTokens = usualPart, onProgress, signal }: CacheOptions,
  wide: boolean,
): Promise<void> {
  // a source's parts: its training rows as they come, then those that validate
  const mine = parts.filter((part) => part.source === source);
  if (mine.some(({ side }) => side === "validation")) return;
  const before = sources.slice(0, source).reduce((sum, { bytes }) => sum + bytes, 0);
  const start = mine.at(-1)?.texts ?? 0;
  // those that fall back on bytes know everything
  const unknownId = tokenizer.specialId("unk") ?? -1;
  const unknownOf = (ids: readonly number[]) => {
    let count = 0;
    for (const id of ids) if (id === unknownId) count++;
    return count;
  };
  let texts = 0, tokens = 0, told = performance.now(), bytes = mine.at(-1)?.bytes ?? 0;
  let part = { rows: [] as number[][], ownTexts: 0, unknown: 0 };
  const validation = { rows: [] as number[][], ownTexts: 0, unknown: 0 };
  const packer = new RowPacker(layout, (row) => part.rows.push(row));
  const validationPacker = new RowPacker(layout, (row) => validation.rows.push(row));
  const write = async (side: Part["side"], { rows, ownTexts, unknown }: typeof part) => {
    const number = parts.length, length = rows.reduce((sum, row) => sum + row.length, 0);
    const ids = wide ? new Uint32Array(length) : new Uint16Array(length);
    let place = 0;
    for (const row of rows) {
      ids.set(row, place);
      place += row.length;
    }
    const made = { source, side, texts, ownTexts, bytes, unknown, lengths: rows.map((row) => row.length) };
    await Deno.writeFile(fileOf(folder, number, "ids"), new Uint8Array(ids.buffer));
    await writeWhole(fileOf(folder, number, "json"), JSON.stringify(made));
    parts.push({ ...made, lengths: rowLengths(layout, made.lengths) });
  };
  const { running } = sources[source]!;
  const packed = running
    ? [new RunningTexts(layout, packer), new RunningTexts(layout, validationPacker)]
    : [packer, validationPacker];
  for await (const text of sources[source]!.texts()) {
    texts++;
    const toValidation = validates(text, sources[source]!, seed, validationShare);
    if (texts <= start && !toValidation) continue;
    if (texts > start) bytes += utf8Length(text) + 1;
    const { ids } = tokenizer.encode(text, { addSpecialTokens: false });
    const into = toValidation ? validation : part;
    into.ownTexts++;
    into.unknown += unknownOf(ids);
    packed[toValidation ? 1 : 0]!.add(ids);
    if (texts <= start) continue;
    tokens += ids.length;
    if (tokens >= partTokens) {
      packed[0]!.finish();
      await write("train", part);
      part = { rows: [], ownTexts: 0, unknown: 0 };
      tokens = 0;
    }
    if (performance.now() - told > 200) {
      await onProgress?.(before + bytes);
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      told = performance.now();
    }
  }
  for (const packer of packed) packer.finish();
  if (part.rows.length > 0) await write("train", part);
  await write("validation", validation);
  await onProgress?.(before + sources[source]!.bytes);
}

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // a surrogate is half of four bytes
    if (code >= 0xd800 && code < 0xe000) bytes += 1;
    else if (code >= 0x800) bytes += 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}

/** Rows in the files of a cache, read when they are asked for: two bytes of memory for each. */
class CachedRows implements Examples {
  readonly length: number;
  readonly lengths: RowLengths;
  readonly fingerprint: string;
  readonly checked = true;
  /** For each time that a part comes: its number, and the first of its rows here. */
  private readonly numbers: number[] = [];
  private readonly firsts: number[] = [];
  constructor(
    parts: { part: number; times: number; lengths: RowLengths }[],
    layout: RowLayout,
    fingerprint: string,
    private readonly read: RowReader["read"],
  ) {
    this.length = parts.reduce((sum, { times, lengths }) => sum + times * lengths.length, 0);
    this.lengths = rowLengths(layout, this.length);
    let row = 0;
    for (const { part, times, lengths } of parts) {
      for (let time = 0; time < times; time++) {
        this.numbers.push(part);
        this.firsts.push(row);
        this.lengths.set(lengths, row);
        row += lengths.length;
      }
    }
    this.fingerprint = `${this.length} rows, ${fingerprint}`;
  }

  at(index: number): Example {
    let low = 0, high = this.firsts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.firsts[middle]! <= index) low = middle;
      else high = middle;
    }
    let start = 0;
    for (let row = this.firsts[low]!; row < index; row++) start += this.lengths[row]!;
    const inputIds = this.read(this.numbers[low]!, start, this.lengths[index]!);
    return { songId: `row ${index + 1}`, inputIds, label: -100, weight: 1 };
  }
}

type RowLengths = Uint16Array | Uint32Array;

function tokensOf({ lengths }: Part): number {
  let tokens = 0;
  for (const length of lengths) tokens += length;
  return tokens;
}

const rowLengths = ({ maxLength }: RowLayout, from: number | readonly number[]): RowLengths => {
  const Kind = maxLength < 65_536 ? Uint16Array : Uint32Array;
  return typeof from === "number" ? new Kind(from) : Kind.from(from);
};

/** Reads rows out of a cache's files. */
interface RowReader {
  read(part: number, start: number, length: number): Int32Array;
  close(): void;
}

function rowReader(folder: string, wide: boolean): RowReader {
  const files = new Map<number, Deno.FsFile>();
  const width = wide ? 4 : 2;
  return {
    read(part, start, length) {
      let file = files.get(part);
      if (file === undefined) {
        file = Deno.openSync(fileOf(folder, part, "ids"));
        files.set(part, file);
      }
      const bytes = new Uint8Array(length * width);
      file.seekSync(start * width, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) {
        const count = file.readSync(bytes.subarray(done));
        if (count === null) {
          throw new UserError(
            `${fileOf(folder, part, "ids")} ends too early: it was changed or cut off. Delete the ` +
              `folder ${folder}; the same command makes it again.`,
          );
        }
        done += count;
      }
      return Int32Array.from(wide ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer));
    },
    close() {
      for (const file of files.values()) file.close();
      files.clear();
    },
  };
}

function openCache(
  parts: readonly Part[],
  sources: readonly TextSource[],
  { layout }: CacheOptions,
  identity: string,
  reader: RowReader,
): TextCache {
  const hash = fingerprint([identity, String(sources.map(({ times }) => times))]).slice(0, 16);
  const rowsOf = (side: Part["side"]) => {
    const chosen = parts.flatMap(({ side: of, source, lengths }, part) =>
      of === side ? [{ part, lengths, times: side === "train" ? sources[source]!.times : 1 }] : []
    );
    return new CachedRows(chosen, layout, hash, reader.read);
  };
  return {
    train: rowsOf("train"),
    validation: rowsOf("validation"),
    sources: sources.map(({ name, times }, i) => {
      const mine = parts.filter(({ source }) => source === i);
      const sum = (side: Part["side"], of: (part: Part) => number) =>
        mine.filter((part) => part.side === side).reduce((total, part) => total + of(part), 0);
      const texts = sum("train", ({ ownTexts }) => ownTexts), side = texts > 0 ? "train" : "validation";
      return {
        name,
        times,
        texts,
        validationTexts: sum("validation", ({ ownTexts }) => ownTexts),
        rows: sum(side, ({ lengths }) => lengths.length),
        tokens: sum(side, tokensOf),
        unknown: sum(side, ({ unknown }) => unknown),
      };
    }),
    close: reader.close,
  };
}
