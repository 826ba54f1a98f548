/** A table in CSV that need not fit in memory: where its records stand is found once, then any of them are read. */
import { checkForm, parseRecords, separatorOf, withLineFeeds } from "./csv_text.ts";
import { type SniffedEncoding, textDecoder } from "./decode.ts";
import { SongsError, wholeFile } from "./errors.ts";
import type { TableFile, TablePart } from "./records.ts";
import { brokenText, chunksOf, sniffText } from "./text_file.ts";

/** So many records are a block: its beginning is remembered, and it is read as a whole. */
const blockRecords = 256;
/** A block of more bytes is no table's: a quote is missing in it. */
const mostBytes = 1 << 28;
/** As much of a text as shows whether it is a table, and how its columns are parted. */
const headBytes = 1 << 16;

/** Where a block begins: its byte, and its line from 1. */
interface Place {
  byte: number;
  line: number;
}

/** How options of a reader say that a table is written. */
export interface CsvFileOptions {
  /** What to call it in errors and notes. */
  name: string;
  /** What parts the columns. Default: found in the header, or named by a first line such as `sep=;`. */
  separator: string | undefined;
  /** Is told what was not as expected but could be read. */
  onNote: (note: string) => void;
}

/**
 * Opens a table in CSV. Its bytes are looked through twice: for their encoding, and for where records begin.
 *
 * @throws {SongsError} where it is not there, is empty, no text, or no table
 */
export async function openCsv(
  path: string,
  { name, separator: asked, onNote }: CsvFileOptions,
): Promise<TableFile> {
  const sniffed = await sniffText(path, { name, onNote });
  const mark = await markLength(path), width = sniffed.label.startsWith("utf-16") ? 2 : 1;
  const head = withLineFeeds(await textOf(path, sniffed, mark, headBytes, true));
  checkForm(name, head);
  const { separator, hint } = separatorOf(head, asked, (text) => onNote(`${name}: ${text}`));
  const start: Place = { byte: mark + hint * width, line: 1 };
  let scan = await scanRecords(path, sniffed, start, "\n");
  const isMacintosh = scan.lines === 0;
  if (isMacintosh) scan = await scanRecords(path, sniffed, start, "\r");
  const { blocks, rows, end } = scan;

  const recordsOf = async (from: Place, until: number): Promise<TablePart> => {
    if ((await Deno.stat(path)).size !== end) {
      throw new SongsError(name, [
        wholeFile("the file has changed since it was opened", "Begin again when nothing writes to it."),
      ]);
    }
    const isTooLong = until - from.byte > mostBytes;
    const text = await textOf(path, sniffed, from.byte, Math.min(until, from.byte + mostBytes), isTooLong);
    const part = parseRecords(name, isMacintosh ? withLineFeeds(text) : text, separator, from.line);
    if (!isTooLong) return part;
    throw new SongsError(name, [{
      ...wholeFile(
        "the records from here on are too long for songs",
        'See whether a double quote is missing: inside a quoted field write "" for a quote.',
      ),
      line: from.line,
    }]);
  };
  const { records: [header = []] } = await recordsOf(start, blocks[0]?.byte ?? end);
  return {
    name,
    header,
    separator,
    rows,
    async read(from, to) {
      const records: string[][] = [], lines: number[] = [];
      for (
        let index = Math.floor(from / blockRecords);
        index < Math.min(blocks.length, to / blockRecords);
        index++
      ) {
        const part = await recordsOf(blocks[index]!, blocks[index + 1]?.byte ?? end);
        const range = [Math.max(0, from - index * blockRecords), to - index * blockRecords] as const;
        records.push(...part.records.slice(...range));
        lines.push(...part.lines.slice(...range));
      }
      return { records, lines };
    },
  };
}

/** Finds where every {@link blockRecords}th record after the header begins, by counting quotes: a line feed inside of them ends none. */
async function scanRecords(path: string, { label }: SniffedEncoding, start: Place, lineEnd: "\n" | "\r") {
  const wide = label.startsWith("utf-16"), width = wide ? 2 : 1;
  // in CP949, too, these bytes are no part of another character
  const code = (character: string) => character.charCodeAt(0) << (label === "utf-16be" ? 8 : 0);
  const quote = code('"'), feed = code(lineEnd), white = [" ", "\t", "\r"].map(code);
  const blocks: Place[] = [];
  let rows = -1, lines = 0, isInside = false, isBlank = true, end = 0;
  let record: Place = start;
  const endRecord = () => {
    if (isBlank) return;
    if (rows >= 0 && rows % blockRecords === 0) blocks.push(record);
    rows++;
    isBlank = true;
  };
  for await (const units of unitsOf(path, wide)) {
    for (let i = Math.max(0, (start.byte - end) / width); i < units.length; i++) {
      const unit = units[i]!;
      if (unit === quote) {
        isInside = !isInside;
        isBlank = false;
      } else if (unit === feed) {
        lines++;
        if (isInside) continue;
        endRecord();
        record = { byte: end + (i + 1) * width, line: start.line + lines };
      } else if (isBlank && !white.includes(unit)) isBlank = false;
    }
    end += units.length * width;
  }
  endRecord();
  return { blocks, rows: Math.max(0, rows), lines, end };
}

/** A file's bytes, or its pairs of bytes, in pieces. */
async function* unitsOf(path: string, wide: boolean): AsyncGenerator<Uint8Array | Uint16Array> {
  let odd = new Uint8Array();
  for await (const chunk of chunksOf(path, path)) {
    if (!wide) {
      yield chunk;
      continue;
    }
    const bytes = new Uint8Array(odd.length + chunk.length);
    bytes.set(odd);
    bytes.set(chunk, odd.length);
    const even = bytes.length - bytes.length % 2;
    yield new Uint16Array(bytes.buffer, 0, even / 2);
    odd = bytes.slice(even);
  }
}

/** How many bytes a byte order mark takes. */
async function markLength(path: string): Promise<number> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(3), length = await file.read(bytes) ?? 0;
  const [a, b, c] = bytes.subarray(0, length);
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 2;
  return a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0;
}

/** The text of some bytes of a file. @param cut whether they may end inside a character */
async function textOf(
  path: string,
  sniffed: SniffedEncoding,
  from: number,
  to: number,
  cut: boolean,
): Promise<string> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(to - from);
  let length = 0;
  for (let read: number | null = 0; length < bytes.length && read !== null; length += read ?? 0) {
    read = await file.read(bytes.subarray(length));
  }
  try {
    return textDecoder(sniffed).decode(bytes.subarray(0, length), { stream: cut });
  } catch (cause) {
    throw brokenText(path, sniffed.encoding, cause);
  }
}
