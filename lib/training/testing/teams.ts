/** Starts processes that train together, for tests: by MPICH, which is installed in an environment of its own when it is not there. */
import { fileURLToPath } from "node:url";
import { ensureMpi } from "../../../tools/setup.ts";

const worker = fileURLToPath(new URL("./team_worker.ts", import.meta.url));

/** MPICH's `mpiexec`, or `null` where it cannot be had, which is said. */
export const mpiexec: string | null = Deno.build.os === "linux"
  ? await ensureMpi().catch((error) => {
    console.log(`Skipped: MPICH cannot be installed (${(error as Error).message.split("\n")[0]}).`);
    return null;
  })
  : null;

/** Runs the worker in so many processes at once. */
export async function runTeam(size: number, scenario: string, folder: string) {
  const { code, stdout, stderr } = await new Deno.Command(mpiexec!, {
    args: ["-n", String(size), Deno.execPath(), "run", "-A", "--no-check", worker, scenario, folder],
    stdin: "null",
  }).output();
  const [out, text] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { code, out, text };
}
