/** Positioned reads from a file, with errors that name it, and files that appear whole or not at all. */

import { basename, dirname, join } from "node:path";
import { cannotWrite, UserError } from "../../ground/pure.ts";

/** A file open for reading at any position. */
export interface FileBytes {
  readonly path: string;
  /** Bytes in the file when it was opened. */
  readonly size: number;
  /** Fills `target` from `position` on. Throws, naming the file, where it ends before. */
  readInto(target: Uint8Array<ArrayBuffer>, position: number): void;
  /** Releases the file. Harmless when repeated. */
  close(): void;
}

/** Opens a file for positioned reads. Throws where it is missing, unreadable or a folder. */
export function openFileBytes(path: string): FileBytes {
  let file: Deno.FsFile | null;
  let size: number;
  try {
    file = Deno.openSync(path, { read: true });
    const info = file.statSync();
    if (info.isDirectory) {
      file.close();
      throw new UserError("it is a folder");
    }
    size = info.size;
  } catch (cause) {
    throw new UserError(`Cannot open ${path}: ${(cause as Error).message}`, { cause });
  }
  return {
    path,
    size,
    readInto(target, position) {
      if (file === null) throw new UserError(`${path} has been closed; open it again to read from it.`);
      file.seekSync(position, Deno.SeekMode.Start);
      let done = 0;
      while (done < target.length) {
        const count = file.readSync(target.subarray(done));
        if (count === null || count === 0) {
          throw new UserError(
            `${path} ends after ${file.statSync().size} bytes, where ${position + target.length} are ` +
              "needed: the file is truncated. Download or copy it again.",
          );
        }
        done += count;
      }
    },
    close() {
      file?.close();
      file = null;
    },
  };
}

/** A file being written beside its final place. */
export interface PendingFile {
  write(bytes: Uint8Array): void;
  /** Brings the bytes to the disk and closes the file, which still has its temporary name. */
  finish(): void;
  /** Gives the finished file its final name, replacing what was there. */
  publish(): void;
  /** Closes and deletes the temporary file. Harmless after `publish`. */
  discard(): void;
}

/**
 * Starts a file under a temporary name in the folder of `path`, so that `path` never holds half a file:
 * `write`, `finish`, `publish`; on any failure `discard`. Throws where the folder is missing or read-only.
 */
export function startFile(path: string): PendingFile {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  let file: Deno.FsFile | null;
  try {
    file = Deno.openSync(temporary, { write: true, createNew: true });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
  const close = () => {
    file?.close();
    file = null;
  };
  return {
    write(bytes) {
      try {
        for (let done = 0; done < bytes.length;) done += file!.writeSync(bytes.subarray(done));
      } catch (cause) {
        throw cannotWrite(path, cause);
      }
    },
    finish() {
      file!.syncSync();
      close();
    },
    publish() {
      Deno.renameSync(temporary, path);
      syncFolder(dirname(path));
    },
    discard() {
      close();
      try {
        Deno.removeSync(temporary);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

/** Brings a folder's list of names to the disk, where the system lets folders be opened (not on Windows). */
function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return;
  using folder = Deno.openSync(path, { read: true });
  folder.syncSync();
}

/**
 * What a file that is not the expected format seems to be, as a sentence to add to an error, or "". Knows the
 * mistakes people make: a Git LFS pointer instead of the file, a web page saved under the file's name, another format.
 */
export function guessWrongFormat(file: FileBytes): string {
  const start = new Uint8Array(Math.min(file.size, 64));
  file.readInto(start, 0);
  const text = String.fromCharCode(...start);
  const guess = guessWrongText(text);
  if (guess !== "") return guess;
  if (text.startsWith("PK\x03\x04")) return " It looks like a zip archive, as PyTorch's .bin files are.";
  if (/^.{8}\{/s.test(text)) return " It looks like a safetensors file.";
  return "";
}

/** The same of the beginning of a text: what stands in place of any file. */
export function guessWrongText(text: string): string {
  if (text.startsWith("version https://git-lfs")) {
    return " It is a Git LFS pointer, not the file itself: run `git lfs pull` in its folder, or download the file.";
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    return " It is a web page, probably an error message saved under this name: download the file again.";
  }
  return "";
}

/**
 * The JSON object that a file holds; a mark of the byte order at its beginning, which Windows' editors write, is passed over.
 *
 * @throws UserError that names the file where it is not there, is no JSON or no object
 */
export function readJsonObject(path: string): Record<string, unknown> {
  let text = "", json: unknown;
  try {
    text = Deno.readTextFileSync(path).replace(/^\ufeff/, "");
    json = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UserError(`${path} cannot be read as JSON: ${why}.${guessWrongText(text)}`, { cause });
  }
  if (isRecord(json)) return json;
  throw new UserError(`${path} holds ${JSON.stringify(json).slice(0, 40)}, not an object.`);
}

/** Whether a value out of JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Problems as lines of a message, the first twenty. */
export function listed(lines: readonly string[]): string {
  const shown = lines.slice(0, 20).map((line) => `\n  ${line}`).join("");
  return shown + (lines.length > 20 ? `\n  and ${lines.length - 20} more` : "");
}
