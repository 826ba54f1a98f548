/** `history.jsonl`: one line a record, appended as they come; and records as lines for people. */
import { join } from "node:path";
import { cannotWrite, ignoreNotFound } from "../ground/mod.ts";
import type { EvaluationRecord, HistoryRecord, StepRecord } from "./types.ts";

/** The history of a run, in memory and, with an output folder, in `history.jsonl`. */
export class Journal {
  private constructor(
    readonly records: HistoryRecord[],
    private readonly path = "",
    private readonly file: Deno.FsFile | null = null,
  ) {}

  /**
   * Keeps the records up to a step and cuts off what was written after it: a resumed run writes that again.
   *
   * @param output the folder of `history.jsonl`; nothing is written without
   */
  static async open(output: string | undefined, step: number): Promise<Journal> {
    if (output === undefined) return new Journal([]);
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
    return new Journal(records, path, file);
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
    const bytes = new TextEncoder().encode(JSON.stringify(record) + "\n");
    try {
      for (let done = 0; this.file !== null && done < bytes.length;) {
        done += this.file.writeSync(bytes.subarray(done));
      }
    } catch (error) {
      throw cannotWrite(this.path, error);
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

/** `90 s`, `12 min`, `3 h 20 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000), minutes = Math.round(seconds / 60);
  if (seconds < 120) return `${seconds} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A step: loss, rate, speed and the time left.
 *
 * @param from the step and time the speed is counted from
 */
export function stepLine(
  record: StepRecord,
  steps: number,
  from: { step: number; elapsedMs: number },
): string {
  const { step, epoch, loss, learningRate, gradientNorm, elapsedMs } = record;
  const msPerStep = (elapsedMs - from.elapsedMs) / (step - from.step);
  return `스텝 · step ${step}/${steps}  에폭 · epoch ${epoch.toFixed(2)}  손실 · loss ${loss.toFixed(4)}  ` +
    `학습률 · learning rate ${learningRate.toExponential(2)}  기울기 · gradient norm ${
      gradientNorm.toFixed(2)
    }  ` +
    `${(1000 / msPerStep).toPrecision(3)} steps/s  남은 시간 · left ${duration(msPerStep * (steps - step))}`;
}

/** An evaluation: the epoch's training and validation figures. */
export function evaluationLine({ epoch, train, validation, best, averagedEpochs }: EvaluationRecord): string {
  const of = ({ loss, accuracy }: { loss: number; accuracy: number }) =>
    `손실 · loss ${loss.toFixed(4)} 정확도 · accuracy ${accuracy.toFixed(4)}`;
  const kept = averagedEpochs !== undefined
    ? `  (에폭 ${averagedEpochs}개의 평균을 남김 · mean of ${averagedEpochs} epochs' parameters: kept)`
    : best
    ? "  (지금까지 최고 · best so far)"
    : "";
  return `에폭 · epoch ${epoch.toFixed(2)}  학습 · train ${of(train)}` +
    (validation === null ? "" : `  검증 · validation ${of(validation)}${kept}`);
}
