/** A text and the encoding its bytes were in. */
import { UserError } from "../ground/errors.ts";

export interface DecodedText {
  text: string;
  encoding: "UTF-8" | "UTF-16" | "CP949";
}

/** Bytes that are in none of the known encodings; `line` is where UTF-8 breaks, from 1. */
export class DecodeError extends UserError {
  override readonly name = "DecodeError";
  constructor(readonly line: number, message: string) {
    super(message);
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

/**
 * Turns a file's bytes into text and says which encoding they were in. A byte order mark decides for UTF-8 or
 * UTF-16; without one, bytes that are strictly valid UTF-8 are UTF-8, and others that are strictly valid CP949
 * (the Korean Windows code page, which contains EUC-KR) are CP949.
 *
 * @throws {DecodeError} where the bytes are neither, or are plainly not text.
 *
 * @example
 * ```ts
 * import { decodeText } from "./decode.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(decodeText(new Uint8Array([0xb0, 0xa1])), { text: "가", encoding: "CP949" });
 * ```
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [first, second, third, fourth] = bytes;
  if (first === 0x50 && second === 0x4b && third === 3 && fourth === 4) {
    throw new DecodeError(1, "this is a zip archive (an Excel workbook is one), not text");
  }
  if (first === 0xff && second === 0xfe) return utf16(bytes, "utf-16le");
  if (first === 0xfe && second === 0xff) return utf16(bytes, "utf-16be");
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw new DecodeError(lineAt(bytes, nul), `byte ${nul} is zero, which no text has`);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    try {
      return { text: new TextDecoder("euc-kr", { fatal: true }).decode(bytes), encoding: "CP949" };
    } catch {
      const utf8 = validPrefix(bytes, "utf-8"), cp949 = validPrefix(bytes, "euc-kr");
      throw new DecodeError(
        lineAt(bytes, utf8),
        `neither UTF-8 (wrong from byte ${utf8}, line ${lineAt(bytes, utf8)}) ` +
          `nor CP949 (wrong from byte ${cp949}, line ${lineAt(bytes, cp949)})`,
      );
    }
  }
}

function utf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): DecodedText {
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding: "UTF-16" };
  } catch {
    throw new DecodeError(1, "it begins as UTF-16 but does not go on as UTF-16");
  }
}

function lineAt(bytes: Uint8Array, at: number): number {
  let line = 1;
  for (const byte of bytes.subarray(0, at)) if (byte === 0x0a) line++;
  return line;
}
