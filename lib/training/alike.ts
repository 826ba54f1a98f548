/** How the processes of a team stay alike: the same training at the start, the same parameters all along. */
import { codeFingerprint, differences } from "../ground/mod.ts";
import { agreed, agreedNumber, SharedError, type Team } from "../team/mod.ts";
import { gatherMoments } from "./gradients.ts";
import type { Learner } from "./learner.ts";
import { type Plan, weightsFingerprint } from "./plan.ts";

/** @throws {SharedError} for every member of a team where one has another recipe, other data, another model or other code than the first */
export async function checkAlike(team: Team, plan: Pick<Plan, "identity">): Promise<void> {
  if (team.size === 1) return;
  const identity = { ...plan.identity, code: await codeFingerprint(), deno: Deno.version.deno };
  const all: { host: string; identity: unknown }[] = team.gather(
    JSON.stringify({ host: team.host, identity }),
  )
    .map((text) => JSON.parse(text));
  const [first] = all;
  const lines = all.flatMap(({ host, identity }, rank) =>
    differences(first!.identity, identity).map((line) =>
      `  process ${rank} on ${host}: ` +
      `${line.replace(/ there, (.*) here$/, ` for the first on ${first!.host}, $1 here`)}\n`
    )
  );
  if (lines.length === 0) return;
  throw new SharedError(
    `The ${team.size} processes would not train the same:\n${lines.join("")}Give each the same ` +
      "table, model, settings and version of the project.",
  );
}

/** Gives everyone in the team the first one's place in the plan, parameters, moments and means, which a checkpoint gave it. */
export function shareState({ team, model, optimizer, state, means }: Learner): void {
  if (team.size === 1) return;
  Object.assign(state, agreed(team, state));
  for (const parameter of state.step === 0 ? [] : model.parameters.values()) {
    const steps = agreedNumber(team, optimizer.stepsOf(parameter));
    // what is not trained is as it was for everyone
    if (steps === 0) continue;
    const value = parameter.data();
    const [m, v] = [optimizer.momentData(parameter, "m"), optimizer.momentData(parameter, "v")];
    for (const { buffer, byteOffset, byteLength } of [value, m, v]) {
      team.broadcast(new Uint8Array(buffer, byteOffset, byteLength));
    }
    if (team.rank === 0) continue;
    parameter.assign(value);
    optimizer.restoreMoments(parameter, { m, v, steps });
  }
  for (const name of agreed(team, [...means.keys()])) {
    const mean = means.get(name) ?? new Float32Array(model.parameters.get(name)!.size);
    team.broadcast(new Uint8Array(mean.buffer, mean.byteOffset, mean.byteLength));
    means.set(name, mean);
  }
}

/** Sees whether everyone in the team has the same parameters, and gives all the first one's where not. @returns whether they differed */
export function makeAlike(learner: Learner): boolean {
  const { team, model } = learner;
  if (team.size === 1) return false;
  const prints = team.gather(weightsFingerprint(model.parameters.values()));
  if (prints.every((print) => print === prints[0])) return false;
  gatherMoments(team, learner.optimizer, model.parameters.values());
  shareState(learner);
  return true;
}
