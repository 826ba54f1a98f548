/** Stopping a training from outside: Ctrl-C, a kernel's stop, a file. */

export interface StopOptions {
  /** A file whose appearance asks for the stop: for where no signal arrives, as in a notebook. It is removed at the start. */
  stopFile?: string;
  /** How often the file is looked for. Default 500 ms. */
  everyMs?: number;
  /** Told once, when the stop is asked for. */
  onStop?: (why: string) => void;
  /** What a second signal does. Default: ends the process with 130, as a shell does. */
  exit?: () => void;
}

/**
 * Turns the first SIGINT or SIGTERM, or a file's appearance, into an abort, so that {@link train} saves a checkpoint and
 * returns; the second signal ends the process at once.
 *
 * @returns the signal to give to `train`, and what takes the listeners away again
 * @example
 * const stop = stopOnInterrupt();
 * try {
 *   await train(model, data, recipe, { output, signal: stop.signal });
 * } finally {
 *   stop.dispose();
 * }
 */
export function stopOnInterrupt(options: StopOptions = {}): { signal: AbortSignal; dispose: () => void } {
  const { stopFile, everyMs = 500, onStop, exit = () => Deno.exit(130) } = options;
  const controller = new AbortController();
  const stop = (why: string) => {
    if (controller.signal.aborted) return;
    controller.abort(why);
    onStop?.(why);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = signals.map((name) => {
    const listener = () => controller.signal.aborted ? exit() : stop(name);
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  const look = () => stopFile !== undefined && removeFile(stopFile);
  look();
  const timer = stopFile === undefined ? undefined : setInterval(() => look() && stop(stopFile), everyMs);
  return {
    signal: controller.signal,
    dispose() {
      for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
      clearInterval(timer);
    },
  };
}

/** @returns whether there was one */
function removeFile(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
