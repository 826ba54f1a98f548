/** Starts a program in this one's place: same terminal, its exit code, and an interrupt that reaches it once. */

/**
 * Runs a program with this process's input and output to its end.
 *
 * Ctrl-C in a terminal goes to the program itself, as to every process there; this one only stays and waits. A signal sent to this process alone
 * is handed on.
 *
 * @returns its exit code; 128 and the signal's number when a signal ended it.
 */
export async function launch(command: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = new Deno.Command(command, {
    args,
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const inTerminal = Deno.stdin.isTerminal();
  const forget = onInterrupt((_times, signal) => {
    if (signal === "SIGTERM" || !inTerminal) child.kill(signal);
  });
  const status = await child.status;
  forget();
  return status.code;
}

/**
 * Calls `act` at an interrupt (Ctrl-C) or a request to end, instead of ending the process; `times` counts from 1, so that a command ends cleanly at
 * the first and at once at the second. The signals of one Ctrl-C (the terminal's own, and those that task runners hand on) count once: what
 * follows within a second is one.
 *
 * @returns a function that puts the default back.
 * @example `const forget = onInterrupt((times) => times === 1 ? trainer.stop() : Deno.exit(130));`
 */
export function onInterrupt(act: (times: number, signal: "SIGINT" | "SIGTERM") => void): () => void {
  const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  let times = 0;
  let last = -Infinity;
  const listeners = signals.map((signal) => {
    const listener = () => {
      const now = performance.now();
      if (now - last < 1000) return;
      last = now;
      act(++times, signal);
    };
    Deno.addSignalListener(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
