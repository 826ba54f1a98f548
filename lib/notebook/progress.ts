/** How far long work is: a bar below the cell, a line in a terminal, now and then a line in a log. */
import displayWidth from "string-width";
import { grouped } from "../ground/mod.ts";
import { display, inKernel } from "./kernel.ts";
import { escapeHtml } from "./table.ts";

export interface ProgressOptions {
  /** What is to be done, in units; `null` where it is not known. */
  total: number | null;
  /** What goes on. @example "학습 · training" */
  label: string;
  /** What is counted, in the plural. @example "songs" */
  unit?: string;
  /** Units done before, by an earlier run: they count as done, but not into the rate. */
  done?: number;
  /** In a notebook a bar takes the place of an earlier one of the same name. Default: a place of its own. */
  place?: string;
}

/** A bar in progress. Nothing that goes wrong in showing it reaches the work. */
export interface ProgressBar {
  /** Sets how much is done, with a few words that follow the numbers (the loss). */
  update(done: number, note?: string): void;
  /** Some more is done, one unit by default. */
  advance(by?: number, note?: string): void;
  /** Shows the last state, which stays. Afterwards the other calls do nothing. */
  finish(note?: string): Promise<void>;
}

/** Where a bar is shown. */
export interface ProgressScreen {
  /** Least time from one showing to the next, in ms. */
  everyMs: number;
  show(state: ProgressState, last: boolean): void | Promise<void>;
}

/** What there is to show. */
export interface ProgressState {
  label: string;
  unit: string;
  done: number;
  total: number | null;
  note: string;
  elapsedMs: number;
  /** Units a second over the last half minute; over the whole time in the last state; `null` before the first. */
  rate: number | null;
  finished: boolean;
}

/**
 * A progress bar with rate and time left: below the cell in a notebook (at most five times a second), rewriting one line in a
 * terminal, a line every ten seconds in a log.
 *
 * @throws RangeError when `total` is not a number of units
 * @example
 * ```ts
 * const bar = progressBar({ total: 3, label: "토큰화 · tokenizing", unit: "songs" });
 * for (let song = 0; song < 3; song++) bar.advance();
 * await bar.finish();
 * ```
 */
export function progressBar(options: ProgressOptions): ProgressBar {
  return progressOn(inKernel() ? kernelScreen(options.place) : terminalScreen(), options);
}

/** How far back the rate looks, in ms. */
const rateWindow = 30_000;

/** {@link progressBar} on any screen and by any clock. */
export function progressOn(
  screen: ProgressScreen,
  options: ProgressOptions,
  now: () => number = () => performance.now(),
): ProgressBar {
  const { total, label, unit = "", done: before = 0 } = options;
  if (total !== null && !(total >= 0 && Number.isFinite(total))) {
    throw new RangeError(
      `progressBar "${label}": total is ${total}; give the number of units, or null where it is not known.`,
    );
  }
  const start = now();
  const samples = [{ at: start, done: before }];
  let done = before;
  let note = "";
  let finished = false;
  let shownAt = -Infinity;
  let showing: Promise<void> | null = null;

  const state = (): ProgressState => {
    const at = now();
    const from = finished ? { at: start, done: before } : samples[0]!;
    const rate = done > from.done && at > from.at ? (done - from.done) / ((at - from.at) / 1000) : null;
    return { label, unit, done, total, note, elapsedMs: at - start, rate, finished };
  };
  const put = async (last: boolean) => {
    try {
      await screen.show(state(), last);
    } catch {
      // A screen that is gone (a closed pipe, a lost kernel) is no reason to lose the work.
    }
  };
  const showIfDue = () => {
    if (finished || showing !== null || now() - shownAt < screen.everyMs) return;
    shownAt = now();
    showing = put(false).finally(() => showing = null);
  };
  const update = (to: number, words?: string) => {
    if (finished) return;
    done = to;
    if (words !== undefined) note = words;
    const at = now();
    // A sample a second is enough for the rate.
    if (at - samples.at(-1)!.at >= 1000) samples.push({ at, done });
    while (samples.length > 2 && at - samples[1]!.at > rateWindow) samples.shift();
    showIfDue();
  };
  showIfDue();
  return {
    update,
    advance: (by = 1, words) => update(done + by, words),
    async finish(words) {
      if (finished) return;
      if (words !== undefined) note = words;
      finished = true;
      await showing;
      await put(true);
    },
  };
}

/** `75_000` as `1:15`, `3_675_000` as `1:01:15`. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The numbers of a state: share, count, rate, time. */
export function progressText(state: ProgressState): string {
  const { done, total, unit, rate, elapsedMs, note, finished } = state;
  const units = unit === "" ? "" : ` ${unit}`;
  const left = total !== null && rate !== null ? clock(Math.max(0, total - done) / rate * 1000) : null;
  const ratePart = rate === null
    ? []
    : [`${rate >= 100 ? grouped(Math.round(rate)) : rate.toPrecision(3)}${units}/s`];
  return [
    ...(total === null || total === 0 ? [] : [`${Math.floor(done / total * 100)}%`]),
    total === null ? `${grouped(done)}${units}` : `${grouped(done)}/${grouped(total)}${units}`,
    ...ratePart,
    finished ? `${clock(elapsedMs)} 걸림 · took` : left === null ? clock(elapsedMs) : `${left} 남음 · left`,
    ...(note === "" ? [] : [note]),
  ].join(" · ");
}

const share = ({ done, total }: ProgressState): number => total ? Math.min(1, Math.max(0, done / total)) : 0;

function barText(state: ProgressState, width: number): string {
  if (state.total === null) return "";
  const full = Math.round(share(state) * width);
  return ` ${"█".repeat(full)}${"░".repeat(width - full)}`;
}

/** The places that have been shown. */
const places = new Set<string>();

function kernelScreen(place: string = crypto.randomUUID()): ProgressScreen {
  const id = `progress-${place}`;
  return {
    everyMs: 200,
    async show(state) {
      const text = progressText(state);
      const bar = state.total === null ? "" : `<progress value="${share(state)}" max="1"></progress> `;
      const update = places.has(id);
      places.add(id);
      await display({
        "text/plain": `${state.label}${barText(state, 24)} ${text}`,
        // the class tells slides that it is none of the results
        "text/html": `<div class="progress">${escapeHtml(state.label)} ${bar}${escapeHtml(text)}</div>`,
      }, { id, update });
    },
  };
}

/** Standard error: a terminal's line is rewritten, a log gets a new one. Results on standard output stay clean. */
function terminalScreen(): ProgressScreen {
  const write = (text: string) => {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  };
  if (!Deno.stderr.isTerminal()) {
    return {
      everyMs: 10_000,
      show: (state) => {
        if (state.done > 0 || state.note !== "" || state.finished) {
          write(`${state.label} ${progressText(state)}\n`);
        }
      },
    };
  }
  return {
    everyMs: 100,
    show(state, last) {
      const line = `${state.label}${barText(state, 24)} ${progressText(state)}`;
      write(`\r\x1b[K${fitted(line, Deno.consoleSize().columns - 1)}${last ? "\n" : ""}`);
    },
  };
}

/** A line cut to the columns of a terminal: a longer one would not be rewritten but pile up. */
export function fitted(line: string, columns: number): string {
  let width = 0;
  let kept = "";
  for (const character of line) {
    width += displayWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return kept;
}
