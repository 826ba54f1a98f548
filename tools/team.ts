/** Commands that several processes run together: `mpiexec -n 2 deno task train …`. */
import { join } from "node:path";
import { UserError } from "../lib/ground/mod.ts";
import { joinTeam, launchedSize, type Team } from "../lib/team/mod.ts";
import { endTogether } from "./errors.ts";
import { inProject } from "./setup/paths.ts";

/** The commands that do one piece of work in several processes. */
export const teamCommands: readonly string[] = ["train", "pretrain"];

/** Where `deno task setup -- --mpi` puts MPICH. */
export const mpiFolder = inProject(".venv-mpi");

/** @throws UserError where several processes were started together to do what one does */
export function checkLaunched(command: string): void {
  if (launchedSize() === 1 || teamCommands.includes(command)) return;
  throw new UserError(
    `deno task ${command} was started ${launchedSize()} times at once, and each would do the same work: start it alone. ` +
      `Several processes work together in ${teamCommands.join(" and ")}.`,
  );
}

/**
 * Joins the processes that were started together with this one, if any. Of a team only the first speaks; an error of one ends all.
 *
 * @example `using team = joinOthers();`
 */
export function joinOthers(): Team {
  const team = joinTeam([join(mpiFolder, "lib")]);
  endTogether(team);
  if (team.size === 1) return team;
  const hosts = Map.groupBy(team.gather(team.host), (host) => host);
  if (team.rank === 0) {
    console.log(
      `${team.size} processes train together: ` +
        `${[...hosts].map(([host, those]) => `${those.length} on ${host}`).join(", ")}`,
    );
  } else {
    for (const speak of ["log", "info", "warn"] as const) console[speak] = () => {};
  }
  return team;
}

/** Ends the process together with the others: nobody is ended by force for it. */
export function leave(team: Team, code: number): never {
  team[Symbol.dispose]();
  Deno.exit(code);
}
