/** Runs other programs for the set-up: quiet while they work, telling when they fail. */

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** A program that ended with an error; `output` is all it wrote. */
export class ProgramError extends Error {
  constructor(command: string, readonly how: string, readonly output: string) {
    const tail = output.trim().split("\n").slice(-12).join("\n");
    super(`${command} ${how}.${tail === "" ? "" : `\n${tail}`}`);
  }
}

/**
 * Runs a program to its end.
 *
 * Its standard input is a pipe that closes when this process ends, however that happens: `runTied` (python.ts) watches it.
 *
 * @returns what it wrote to its standard output.
 * @throws ProgramError when it cannot be started or fails.
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, ...options, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (error) {
    throw new ProgramError(
      command,
      "cannot be started",
      error instanceof Error ? error.message : String(error),
    );
  }
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  await child.stdin.close().catch(() => {});
  if (!status.success) {
    const how = status.signal === null
      ? `ended with exit code ${status.code}`
      : `was ended by ${status.signal}`;
    throw new ProgramError([command, ...args].join(" "), how, stderr + stdout);
  }
  return stdout;
}

/** Whether a program can be started and succeeds. */
export async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
}

/** Waits for all, also when one fails: nothing still writes when the error is told. */
export async function allOf(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
