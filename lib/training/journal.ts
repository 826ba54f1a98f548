/** `history.jsonl`: one line a record, appended as they come. */
import { join } from "node:path";
import { ignoreNotFound } from "../ground/mod.ts";
import type { HistoryRecord } from "./types.ts";

/** The history of a run, in memory and, with an output folder, in `history.jsonl`. */
export class Journal {
  readonly records: HistoryRecord[];
  private readonly file: Deno.FsFile | null;

  private constructor(records: HistoryRecord[], file: Deno.FsFile | null) {
    this.records = records;
    this.file = file;
  }

  /**
   * Keeps the records up to a step and cuts off what was written after it: a resumed run writes that again.
   *
   * @param output the folder of `history.jsonl`; nothing is written without
   */
  static async open(output: string | undefined, step: number): Promise<Journal> {
    if (output === undefined) return new Journal([], null);
    await Deno.mkdir(output, { recursive: true });
    const path = join(output, "history.jsonl");
    const bytes = await Deno.readFile(path).catch((error) => {
      ignoreNotFound(error);
      return new Uint8Array();
    });
    const { records, length } = readRecords(bytes, step);
    const file = await Deno.open(path, { create: true, write: true });
    // one call: there is no moment at which the kept records are not in the file
    await file.truncate(length);
    await file.seek(0, Deno.SeekMode.End);
    return new Journal(records, file);
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
    const bytes = new TextEncoder().encode(JSON.stringify(record) + "\n");
    for (let done = 0; this.file !== null && done < bytes.length;) {
      done += this.file.writeSync(bytes.subarray(done));
    }
  }

  /** Waits until all of it is on the disk. */
  async flush(): Promise<void> {
    await this.file?.sync();
  }

  close(): void {
    this.file?.close();
  }
}

/** The records up to a step, and how many of the file's bytes they are. A line that a kill cut short ends them. */
function readRecords(bytes: Uint8Array, step: number): { records: HistoryRecord[]; length: number } {
  const records: HistoryRecord[] = [];
  let length = 0;
  if (step === 0) return { records, length };
  for (;;) {
    const end = bytes.indexOf(10, length);
    if (end < 0) return { records, length };
    let record: HistoryRecord;
    try {
      record = JSON.parse(new TextDecoder().decode(bytes.subarray(length, end)));
    } catch {
      return { records, length };
    }
    if (record.step > step) return { records, length };
    records.push(record);
    length = end + 1;
  }
}
