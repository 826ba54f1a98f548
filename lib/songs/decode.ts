/** The encoding of a text file, found from its bytes. */
import { UserError } from "../ground/mod.ts";

/** The encodings that a text file may be in. */
export type TextEncoding = "UTF-8" | "UTF-16" | "CP949";

/** A text and the encoding its bytes were in. */
export interface DecodedText {
  text: string;
  encoding: TextEncoding;
}

/** How to decode a text: the encoding as a reader of the file is told it, and as TextDecoder knows it. */
export interface SniffedEncoding {
  encoding: TextEncoding;
  label: "utf-8" | "utf-16le" | "utf-16be" | "euc-kr";
}

/** Bytes that are no text in one of the known encodings. */
export class DecodeError extends UserError {
  override readonly name = "DecodeError";
  /**
   * @param line where UTF-8 breaks, from 1
   * @param remedy what to do, as a sentence
   */
  constructor(readonly line: number, message: string, readonly remedy = "Save the file as text in UTF-8.") {
    super(message);
  }
}

const lfsPointer = "version https://git-lfs.github.com/spec/";

/** What files that are no text begin with, and what to do with them. */
const otherFiles: readonly { begins: readonly number[]; what: string; remedy: string }[] = [
  {
    begins: [...lfsPointer].map((letter) => letter.charCodeAt(0)),
    what: "this is a Git LFS pointer, which stands for a file that was not downloaded",
    remedy: "Run git lfs pull in the folder it came from, which puts the file itself here.",
  },
  {
    begins: [0x50, 0x4b, 3, 4],
    what: "this is a zip archive (an Excel workbook is one), not text",
    remedy: "Open it in Excel and save it as CSV UTF-8; or unpack the archive.",
  },
  {
    begins: [0xd0, 0xcf, 0x11, 0xe0],
    what: "this is a document of an older Office (an .xls workbook is one), not text",
    remedy: "Open it in Excel and save it as CSV UTF-8.",
  },
  {
    begins: [0x1f, 0x8b],
    what: "this is packed with gzip",
    remedy: "Unpack it first, for example with gunzip.",
  },
  {
    begins: [0x50, 0x41, 0x52, 0x31],
    what: "this is a Parquet file, not text",
    remedy: "Only a table of songs may be Parquet: save this as text in UTF-8.",
  },
  { begins: [0xff, 0xfe, 0, 0], what: "this is UTF-32", remedy: "Save the file as text in UTF-8." },
];

/** Bytes looked at at once: where they break is searched in one piece only. */
const pieceBytes = 1 << 16;

/** How many first bytes decide what kind of file it is. */
const headSize = Math.max(...otherFiles.map(({ begins }) => begins.length));

/** One encoding that the bytes may be in, until they are not valid in it. */
class Candidate {
  private readonly decoder: TextDecoder;
  /** Where the bytes stop being valid; null while they are. */
  brokenAt: number | null = null;

  constructor(readonly label: SniffedEncoding["label"]) {
    this.decoder = new TextDecoder(label, { fatal: true });
  }

  /** @param before the bytes just before the chunk, from where a character surely begins; `at`: where they stand. */
  push(chunk: Uint8Array, before: Uint8Array, at: number, isLast: boolean): void {
    if (this.brokenAt !== null) return;
    try {
      this.decoder.decode(chunk, { stream: !isLast });
    } catch {
      this.brokenAt = at + validPrefix(joined(before, chunk), this.label);
    }
  }
}

/** The number of leading bytes that are valid in the encoding, found by halving. */
function validPrefix(bytes: Uint8Array, encoding: string): number {
  const isValid = (length: number) => {
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let valid = 0, invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isValid(middle)) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The bytes after the last one that is no part of a longer character, in UTF-8 or CP949. */
function unfinished(bytes: Uint8Array): Uint8Array {
  let from = bytes.length;
  while (from > 0 && bytes[from - 1]! >= 0x41) from--;
  return bytes.slice(from);
}

function countOf(byte: number, bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/**
 * Finds the encoding of a text from its bytes, given piece by piece, so that a file of any size can be looked through before it is
 * decoded. A byte order mark decides for UTF-8 or UTF-16. Without one, bytes that are strictly valid UTF-8 are UTF-8; others that are
 * strictly valid CP949 (the Korean Windows code page, which contains EUC-KR) are CP949; and bytes of which every second one is often
 * zero, as in a table in UTF-16 with its commas and digits, are UTF-16.
 *
 * All bytes are looked at: the first letter that is not ASCII may stand at the end.
 */
export class EncodingSniffer {
  private readonly candidates = [new Candidate("utf-8"), new Candidate("euc-kr")] as const;
  /** The first bytes, until there are enough to tell by. */
  private head: Uint8Array = new Uint8Array();
  /** The bytes just before the next chunk, from where a character surely begins. */
  private tail: Uint8Array = new Uint8Array();
  private length = 0;
  private zeros = { even: 0, odd: 0, first: -1 };
  /** Lines begun before the tail. */
  private lines = 1;
  private brokenLine: number | null = null;

  /** Looks at the next bytes. @throws {DecodeError} where they are plainly no text */
  push(chunk: Uint8Array): void {
    this.look(chunk, false);
  }

  /** The encoding of all bytes given. @throws {DecodeError} where they are in none of the known encodings */
  end(): SniffedEncoding {
    this.look(new Uint8Array(), true);
    const [first, second] = this.head;
    if (first === 0xff && second === 0xfe) return { encoding: "UTF-16", label: "utf-16le" };
    if (first === 0xfe && second === 0xff) return { encoding: "UTF-16", label: "utf-16be" };
    const { even, odd, first: firstZero } = this.zeros;
    if (firstZero >= 0) {
      const [more, less] = even > odd ? [even, odd] : [odd, even];
      if (this.length % 2 === 0 && more >= this.length / 40 && less <= more / 5) {
        return { encoding: "UTF-16", label: even > odd ? "utf-16be" : "utf-16le" };
      }
      throw new DecodeError(this.brokenLine ?? 1, `byte ${firstZero} is zero, which no text has`);
    }
    const [utf8, cp949] = this.candidates;
    if (utf8.brokenAt === null) return { encoding: "UTF-8", label: "utf-8" };
    if (cp949.brokenAt === null) return { encoding: "CP949", label: "euc-kr" };
    throw new DecodeError(
      this.brokenLine!,
      `neither UTF-8 (wrong from byte ${utf8.brokenAt}, line ${this.brokenLine}) nor CP949 (wrong from byte ${cp949.brokenAt})`,
      "Save the file as text in UTF-8, or mend that line.",
    );
  }

  private look(chunk: Uint8Array, isLast: boolean): void {
    if (this.head.length < headSize) {
      this.head = joined(this.head, chunk.subarray(0, headSize - this.head.length));
      for (const { begins, what, remedy } of otherFiles) {
        if (begins.every((byte, i) => this.head[i] === byte)) throw new DecodeError(1, what, remedy);
      }
    }
    const start = this.length, tail = this.tail;
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) {
      if (this.zeros.first < 0) {
        this.zeros.first = start + at;
        this.brokenLine ??= this.lines + countOf(0x0a, chunk.subarray(0, at));
      }
      this.zeros[(start + at) % 2 === 0 ? "even" : "odd"]++;
    }
    const [utf8] = this.candidates;
    for (const candidate of this.candidates) candidate.push(chunk, tail, start - tail.length, isLast);
    if (utf8.brokenAt !== null) {
      this.brokenLine ??= this.lines + countOf(0x0a, chunk.subarray(0, Math.max(0, utf8.brokenAt - start)));
    }
    this.lines += countOf(0x0a, chunk);
    this.length += chunk.length;
    const rest = unfinished(chunk);
    this.tail = rest.length === chunk.length ? joined(tail, rest) : rest;
  }
}

/** A decoder of a sniffed encoding, for one text: it refuses bytes that are not valid, and drops a byte order mark. */
export function textDecoder({ label }: SniffedEncoding): TextDecoder {
  return new TextDecoder(label, { fatal: true });
}

/**
 * Turns a file's bytes into text and says which encoding they were in: {@link EncodingSniffer} has the rules.
 *
 * @throws {DecodeError} where the bytes are in no known encoding, or are plainly not text.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const sniffer = new EncodingSniffer();
  for (let at = 0; at < bytes.length; at += pieceBytes) sniffer.push(bytes.subarray(at, at + pieceBytes));
  const sniffed = sniffer.end();
  try {
    return { text: textDecoder(sniffed).decode(bytes), encoding: sniffed.encoding };
  } catch {
    throw new DecodeError(1, `it begins as ${sniffed.encoding} but does not go on as ${sniffed.encoding}`);
  }
}
