/** Downloads that survive cut connections and busy servers, and whose bytes are checked before they count. */

import { createHash } from "node:crypto";
import { UserError } from "../../ground/pure.ts";

/** How long to bear with a network or a server. */
export interface Patience {
  /** How often in a row to try again without a byte gained. */
  retries: number;
  /** The pause before the first new try, in milliseconds; it doubles with each. */
  pauseMs: number;
  /** Silence, in milliseconds, after which a connection counts as dead. */
  silenceMs: number;
}

/** 0.5, 1, 2, 4, 8 seconds between tries. */
export const defaultPatience: Patience = { retries: 5, pauseMs: 500, silenceMs: 60_000 };

/** No answer at all: no network, no such host, a closed port, silence. */
export class NetworkError extends UserError {
  /** What happened, without the advice that the message adds. */
  readonly reason: string;

  constructor(reason: string, advice = "", options?: ErrorOptions) {
    super(`${reason} ${advice}`.trim(), options);
    this.reason = reason;
  }
}

/** A server is asked to come back this much later at most, in milliseconds. */
const longestPauseMs = 60_000;

/**
 * Fetches, and tries again where there is no answer or one that says "later" (408, 429 and 5xx), waiting as long as
 * `Retry-After` asks. Any other answer, and the last of these, is returned.
 *
 * @throws NetworkError where no try got an answer.
 */
export async function fetchPatiently(url: string, init: RequestInit, patience: Patience): Promise<Response> {
  for (let failures = 0;; failures++) {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(silent(patience)), patience.silenceMs);
    let askedMs = 0;
    try {
      const response = await fetch(url, { ...init, signal: silence.signal });
      const later = response.status === 408 || response.status === 429 || response.status >= 500;
      if (!later || failures >= patience.retries) return response;
      await response.body?.cancel();
      askedMs = Number(response.headers.get("Retry-After") ?? 0) * 1000 || 0;
    } catch (cause) {
      if (failures >= patience.retries) {
        const error = cause as Error;
        throw new NetworkError(error.cause instanceof Error ? error.cause.message : error.message, "", {
          cause,
        });
      }
    } finally {
      clearTimeout(timer);
    }
    await pause(failures, patience, askedMs);
  }
}

function pause(failures: number, patience: Patience, askedMs = 0): Promise<void> {
  const ms = Math.min(longestPauseMs, Math.max(askedMs, patience.pauseMs * 2 ** failures));
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function silent({ silenceMs }: Patience): Error {
  return new UserError(`no byte for ${silenceMs / 1000} s`);
}

/** The next chunk of a body; undefined at its end. Throws where it is silent for too long or breaks off. */
async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  patience: Patience,
): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent(patience)), patience.silenceMs);
  });
  try {
    return (await Promise.race([reader.read(), silence])).value;
  } finally {
    clearTimeout(timer);
  }
}

/** A checksum as the Hub gives it: SHA-256 of the bytes, or git's SHA-1 of them as a blob. */
export interface Digest {
  algorithm: "sha256" | "git-sha1";
  hex: string;
}

/** A file to download. */
export interface Download {
  /** What to call it in errors. */
  name: string;
  size: number;
  digest: Digest;
  /** Asks for the bytes from `offset` on; an answer other than 200, 206 and 416 is to be thrown as an error. */
  request(offset: number): Promise<Response>;
  /** Told of bytes that arrived: negative where some count no longer. */
  onBytes(count: number): void;
}

/**
 * Downloads into `path` by way of `path + ".incomplete"`, which a later call continues after a cut. The bytes are checked
 * for size and digest; where they are wrong the download is started over once.
 *
 * @throws NetworkError where the connection keeps breaking; an error with both digests where the bytes stay wrong.
 */
export async function downloadFile(path: string, download: Download, patience: Patience): Promise<void> {
  const partial = `${path}.incomplete`;
  const { name, size, digest } = download;
  let have = sizeOf(partial);
  download.onBytes(have);
  if (size === 0) Deno.writeFileSync(partial, new Uint8Array());
  let failures = 0;
  let begunAnew = false;
  while (true) {
    if (have < size) {
      const problem = await append(partial, have, download, patience);
      const had = have;
      have = sizeOf(partial);
      if (have < size) {
        if (have > had) failures = 0;
        if (failures >= patience.retries) {
          throw new NetworkError(
            `The download of ${name} keeps breaking off, now after ${have} of ${size} bytes (${problem}).`,
            `Run it again: it continues from there.`,
          );
        }
        await pause(failures++, patience);
        continue;
      }
    }
    const actual = have === size ? digestOf(partial, size, digest.algorithm) : `none, with ${have} bytes`;
    if (actual === digest.hex) break;
    Deno.removeSync(partial);
    download.onBytes(-have);
    have = 0;
    if (begunAnew) {
      throw new UserError(
        `${name} arrived with wrong bytes twice: its ${digest.algorithm} should be ${digest.hex} for ${size} bytes ` +
          `and is ${actual}. A proxy or mirror may be altering it; nothing was kept.`,
      );
    }
    begunAnew = true;
  }
  Deno.renameSync(partial, path);
}

/** Appends what the server sends, up to one chunk too many. Returns why it ended early, or "". */
async function append(
  partial: string,
  have: number,
  download: Download,
  patience: Patience,
): Promise<string> {
  const response = await download.request(have);
  if (response.status === 416) { // the server's file is shorter than what is here
    await response.body?.cancel();
    Deno.truncateSync(partial, 0);
    download.onBytes(-have);
    return "the server has less than that";
  }
  if (response.body === null) return "the server sent nothing";
  const reader = response.body.getReader();
  using file = Deno.openSync(partial, { write: true, create: true });
  try {
    if (response.status === 206 && response.headers.get("Content-Range")?.startsWith(`bytes ${have}-`)) {
      file.seekSync(have, Deno.SeekMode.Start);
    } else { // the server sends all of it
      file.truncateSync(0);
      download.onBytes(-have);
      have = 0;
    }
    while (have <= download.size) {
      let chunk: Uint8Array | undefined;
      try {
        chunk = await readChunk(reader, patience);
      } catch (error) {
        return (error as Error).message;
      }
      if (chunk === undefined) return have < download.size ? "the server ended it" : "";
      for (let done = 0; done < chunk.length;) done += file.writeSync(chunk.subarray(done));
      have += chunk.length;
      download.onBytes(chunk.length);
    }
    return "";
  } finally {
    file.syncSync();
    await reader.cancel().catch(() => {}); // it has broken off already, or is of no more use
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function digestOf(path: string, size: number, algorithm: Digest["algorithm"]): string {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-sha1") hash.update(`blob ${size}\0`);
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(1 << 20);
  for (let count = file.readSync(buffer); count !== null; count = file.readSync(buffer)) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.digest("hex");
}
