/** Starts a program in this one's place: same terminal, its exit code, and an interrupt that reaches it once. */

/**
 * Runs a program with this process's input and output to its end.
 *
 * Ctrl-C in a terminal goes to the program itself, as to every process there; this one only stays and waits. A signal sent to this process
 * alone is handed on, once for all that come within a second: task runners hand theirs on, too.
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
  let last = -Infinity;
  const listeners = signals.map((signal) => {
    const listener = () => {
      const now = performance.now();
      if (now - last < 1000) return;
      last = now;
      if (signal === "SIGTERM" || !inTerminal) child.kill(signal);
    };
    Deno.addSignalListener(signal, listener);
    return [signal, listener] as const;
  });
  const { code } = await child.status;
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  return code;
}

const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
