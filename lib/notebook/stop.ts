/**
 * Stopping long work from outside so that it ends by itself and saves what it has.
 *
 * There are three ways to ask: Ctrl-C in a terminal; Jupyter's stop button; an empty file `outputs/STOP` of the project (from any
 * file browser or shell), where neither reaches the process. A cell that waits cannot be stopped from outside: JavaScript is
 * never interrupted in an `await`, so the work must look.
 *
 * The stop button needs a kernel with `"interrupt_mode": "signal"`, which sends SIGINT. It would end a Deno kernel; with this
 * module imported it asks running work to stop and the kernel lives. (By message, Deno 2.7.14 cancels a cell only while it computes,
 * and one that waits hangs for good, with every cell after it.)
 */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { inKernel } from "./kernel.ts";

/** Listens for the wish to stop. */
export interface StopListener extends Disposable {
  /** Aborts when stopping is asked for: for `fineTune`, `fetch` and whatever else takes a signal. */
  readonly signal: AbortSignal;
  /** Whether stopping was asked for. Sees the file even where the work never lets timers run. */
  requested(): boolean;
  /** Ends the listening: Ctrl-C ends the process again. */
  close(): void;
}

/** The file that stops work. */
export const stopFilePath: string = fileURLToPath(new URL("../../outputs/STOP", import.meta.url));

const pollMs = 300;

/** Who asks to stop, in Korean. */
const inKorean: Readonly<Record<string, string>> = {
  "the notebook's stop button": "노트북의 정지 버튼",
  "the file STOP": "STOP 파일",
};

/** The one who listens now: one piece of work goes on at a time. */
let listening: { stop(how: string): void; close(): void } | null = null;

// An interrupt must not end the kernel while no work listens either: it comes late, or by mistake.
if (inKernel()) {
  Deno.addSignalListener("SIGINT", () => {
    if (listening === null) {
      console.error(
        "지금은 멈출 수 있는 작업이 없습니다. 셀이 멈춰 있으면 커널을 다시 시작하세요.\n" +
          "Nothing that could stop runs here. A cell that hangs ends by restarting the kernel.",
      );
    } else listening.stop("the notebook's stop button");
  });
}

/**
 * Listens for Ctrl-C, Jupyter's stop button and the stop file until it is closed, or until the next one listens: work that begins
 * takes the place of the work before. The first Ctrl-C asks the work to stop, a second ends the process. A stop file is removed when it has
 * been seen, and when it is older than the work.
 *
 * @param options.file the stop file, `outputs/STOP` by default
 * @example
 * ```ts
 * using stop = listenForStop();
 * for (let step = 0; step < 3 && !stop.requested(); step++) await new Promise((next) => setTimeout(next, 1));
 * ```
 */
export function listenForStop(options: { file?: string } = {}): StopListener {
  const { file = stopFilePath } = options;
  listening?.close();
  removed(file);
  const controller = new AbortController();
  const stop = (how: string) => {
    if (controller.signal.aborted) return;
    console.error(
      `멈춥니다(${
        inKorean[how] ?? how
      }). 지금까지 한 것은 남습니다.\nStopping, by ${how}; what is done will be kept.`,
    );
    controller.abort(new DOMException(`Stopped by ${how}.`, "AbortError"));
  };
  let lookedAt = Date.now();
  const look = () => {
    lookedAt = Date.now();
    if (removed(file)) stop(`the file ${basename(file)}`);
  };
  const interrupted = () => {
    if (controller.signal.aborted) Deno.exit(130);
    stop("Ctrl-C (once more to end at once)");
  };
  const timer = setInterval(look, pollMs);
  Deno.unrefTimer(timer);
  if (!inKernel()) Deno.addSignalListener("SIGINT", interrupted);
  const close = () => {
    if (listening?.close !== close) return;
    listening = null;
    clearInterval(timer);
    if (!inKernel()) Deno.removeSignalListener("SIGINT", interrupted);
  };
  listening = { stop, close };
  return {
    signal: controller.signal,
    requested: () => {
      if (listening?.close === close && Date.now() - lookedAt >= pollMs) look();
      return controller.signal.aborted;
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Removes a file. @returns whether it was there. */
function removed(file: string): boolean {
  try {
    Deno.removeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
