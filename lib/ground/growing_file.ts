/** A file that long work appends to: what is on the disk and known to be good stays, whatever ends the process. */
import { basename, dirname, join } from "node:path";
import { cannotWrite, UserError } from "./errors.ts";
import { behindLinks, ignoreNotFound, readJson, removeIfThere, sync, writeAll, writeJson } from "./files.ts";

/** What is known of a file that grows. */
interface Known<Mark> {
  /** What it belongs to. */
  identity: unknown;
  /** As many of its bytes are good. */
  bytes: number;
  /** How far the work was then. */
  mark: Mark;
}

/**
 * A file in the making. It stands as `NAME.part` beside the file that it will be, with `NAME.part.json` for how far it is; both go when it
 * is whole. Work that was cut off goes on where the last {@link GrowingFile.append} ended. A link stays a link: what it leads to is written.
 *
 * @example
 * ```ts
 * using file = await GrowingFile.open<number>("rows.csv", { of: "songs.csv" });
 * for (let row = file.mark ?? 0; row < 1000; row++) await file.append(`${row}\n`, row + 1);
 * await file.finish();
 * ```
 */
export class GrowingFile<Mark> implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly file: Deno.FsFile,
    private readonly identity: unknown,
    private bytes: number,
    /** How far the work was; `null` at its beginning. */
    readonly mark: Mark | null,
  ) {}

  /** What an unfinished file belongs to, as {@link GrowingFile.open} was told; `null` where there is none. */
  static async belongsTo(path: string): Promise<unknown> {
    return (await knownIn<unknown>(behindLinks(path)))?.identity ?? null;
  }

  /** Where an unfinished file stands. */
  static unfinished(path: string): string {
    return partOf(behindLinks(path));
  }

  /**
   * Opens what an earlier process has left of a file, or begins it. The file is this process's until it is closed.
   *
   * @param identity plain data: what the contents depend on. What belongs to something else is started over
   * @param anew starts over in any case
   * @throws UserError where another process writes it
   */
  static async open<Mark>(path: string, identity: unknown, anew = false): Promise<GrowingFile<Mark>> {
    path = behindLinks(path);
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(partOf(path), { read: true, write: true, create: true });
    try {
      if (!await file.tryLock(true)) {
        throw new UserError(
          `${path} is being written by another process. Wait for it, end it, or choose another file with --output.`,
        );
      }
      const known = await knownIn<Mark>(path), { size } = await file.stat();
      const goesOn = !anew && known !== null && known.bytes <= size &&
        JSON.stringify(known.identity) === JSON.stringify(identity);
      await file.truncate(goesOn ? known.bytes : 0);
      await file.seek(0, Deno.SeekMode.End);
      if (!goesOn) await removeIfThere(knownOf(path));
      return new GrowingFile(path, file, identity, goesOn ? known.bytes : 0, goesOn ? known.mark : null);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Appends a text and waits until it is on the disk.
   *
   * @param mark plain data: how far the work is with it
   * @throws UserError where the disk does not take it; what was there before counts
   */
  async append(text: string, mark: Mark): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    try {
      await writeAll(this.file, bytes);
      await this.file.syncData();
      const known: Known<Mark> = { identity: this.identity, bytes: this.bytes + bytes.length, mark };
      await writeJson(knownOf(this.path), known);
    } catch (error) {
      throw cannotWrite(partOf(this.path), error);
    }
    this.bytes += bytes.length;
  }

  /**
   * Gives the file its name.
   *
   * @param convert writes what it will be from what it is, where these are two things
   */
  async finish(convert?: (from: string, to: string) => Promise<void>): Promise<void> {
    const from = partOf(this.path);
    if (convert === undefined) await Deno.rename(from, this.path);
    else {
      const to = join(dirname(this.path), `.${basename(this.path)}.${Deno.pid}.tmp`);
      try {
        await convert(from, to);
        await sync(to);
        await Deno.rename(to, this.path);
      } catch (error) {
        await removeIfThere(to);
        throw error;
      }
      await removeIfThere(from);
    }
    await removeIfThere(knownOf(this.path));
    await sync(dirname(this.path));
  }

  [Symbol.dispose](): void {
    this.file.close();
    if (this.bytes > 0) return;
    try {
      Deno.removeSync(partOf(this.path)); // nothing is lost with it
    } catch (error) {
      ignoreNotFound(error);
    }
  }
}

const partOf = (path: string) => `${path}.part`;
const knownOf = (path: string) => `${path}.part.json`;

/** What is known of an unfinished file; `null` where nothing is. */
const knownIn = <Mark>(path: string): Promise<Known<Mark> | null> =>
  readJson<Known<Mark>>(knownOf(path)).catch(() => null);
