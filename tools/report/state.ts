/** How far a run came: what of it is done, what ended it, and so why a section of its report has nothing to show. */
import { withParticle } from "../../lib/subjects/mod.ts";
import type { ReportData } from "./data.ts";
import { type Html, markup } from "./html.ts";
import type { RanNotebook, RunRecord } from "./record.ts";

/** What a run did not get to. */
export interface Unfinished {
  /** The notebook that did not run to its end; `null` where the run was ended between two. */
  stopped: RanNotebook | null;
  /** Names of those that did not begin. */
  notRun: string[];
}

/** What is not done of a run of all notebooks; `null` where all is, or there is no record of it. */
export function unfinishedOf(record: RunRecord | null): Unfinished | null {
  if (record === null) return null;
  const { notebooks, planned = [] } = record;
  const stopped = notebooks.find(({ done }) => !done) ?? null;
  const begun = new Set(notebooks.map(({ name }) => name));
  const notRun = planned.filter((name) => !begun.has(name));
  return stopped === null && notRun.length === 0 ? null : { stopped, notRun };
}

/** What ended a notebook, in one line. */
function endOf({ name, stopped }: RanNotebook): { korean: string; english: string } {
  if (stopped === undefined) {
    return {
      korean: `${withParticle(name, "이/가")} 끝나지 않았습니다`,
      english: `${name} did not run to its end`,
    };
  }
  const place = stopped.cell === null
    ? ["", ""]
    : [` ${stopped.cell}번째 셀에서`, ` in cell ${stopped.cell}`];
  const korean = `${withParticle(name, "이/가")}${place[0]} 멈췄습니다`;
  if (stopped.name === "Interrupted") return { korean, english: `${name} was stopped${place[1]}` };
  // the first line: a stack may follow
  const message = `${stopped.name}: ${stopped.message}`.split("\n")[0]!;
  return { korean, english: `${name} failed${place[1]}: ${message}` };
}

/** A note above all sections where the run is not whole: what ended it, what did not run, which sections are missing. */
export function stateNote(data: ReportData, missing: readonly string[]): Html | null {
  const unfinished = unfinishedOf(data.record);
  const interrupted = data.training?.ended === "interrupted";
  if (unfinished === null && !interrupted) return null;
  const { stopped, notRun } = unfinished ?? { stopped: null, notRun: [] };
  const end = stopped === null ? null : endOf(stopped);
  // what a cell itself ended with it would end with again
  const goesOn = stopped?.stopped === undefined ||
    ["Interrupted", "DeadKernel"].includes(stopped.stopped.name);
  return markup`<div class="missing-note" id="unfinished"><p><b>이 실행은 아직 끝나지 않았습니다 · This run is not finished.</b></p>
${end && markup`<p>${end.korean} · ${end.english}.</p>`}
${
    interrupted && stopped === null
      ? markup`<p>학습이 중간에 멈췄습니다 · The training was stopped.</p>`
      : null
  }
${
    notRun.length === 0
      ? null
      : markup`<p>실행하지 않은 노트북 · Notebooks that did not run: ${notRun.join(", ")}.</p>`
  }
${
    missing.length === 0
      ? null
      : markup`<p>그래서 이 보고서에는 다음이 없습니다 · So this report is without: ${
        missing.join("; ")
      }.</p>`
  }
${
    goesOn
      ? markup`<p>같은 명령을 다시 실행하면 이어서 합니다 · The same command goes on from there.</p>`
      : null
  }</div>`;
}

/**
 * Why a run did not leave what a section is made of.
 *
 * @param notebook how the name of the notebook that leaves it begins (`05`); `null` where none does
 */
export function whyMissing(record: RunRecord | null, notebook: string | null): string {
  const unknown = "이 실행에는 없습니다 · This run did not leave it";
  if (record === null || notebook === null) return unknown;
  const ran = record.notebooks.find(({ name }) => name.startsWith(notebook));
  if (ran?.done) return unknown;
  if (ran !== undefined) {
    const { korean, english } = endOf(ran);
    return `${korean} · ${english}`;
  }
  const name = record.planned?.find((name) => name.startsWith(notebook)) ?? notebook;
  const before = record.notebooks.find(({ done }) => !done);
  return `${withParticle(name, "을/를")} 실행하지 않았습니다 · ${name} did not run` +
    (before ? `, for ${endOf(before).english}` : "");
}
