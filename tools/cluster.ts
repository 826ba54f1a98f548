/** Commands whose trials may run on a Ray cluster. */
import { UserError } from "../lib/ground/mod.ts";
import { type ClusterOptions, clusterVariable } from "../lib/trials/mod.ts";
import type { clusterOptions, Values } from "./options.ts";
import { ensureRay } from "./setup.ts";

/** The cluster that options ask for, `null` for none. */
export function clusterOf(options: Values<typeof clusterOptions>): ClusterOptions | null {
  const { cluster: address, workers, cores = 2, gpus = 0 } = options;
  if (address === undefined) {
    const given = (["workers", "cores", "gpus"] as const).find((name) => options[name] !== undefined);
    if (given === undefined) return null;
    throw new UserError(`--${given} is for trials on a cluster: give --cluster, too.`);
  }
  if (address !== "local" && address !== "auto" && !/^[^\s/:]+:\d{1,5}$/.test(address)) {
    throw new UserError(`--cluster ${address} is none of local, auto and HOST:PORT, 10.0.0.1:6379 for one.`);
  }
  if (workers !== undefined && address !== "local") {
    throw new UserError(
      "--workers is for --cluster local: a cluster runs as many networks at a time as it has --cores for.",
    );
  }
  const usual = Math.max(1, Math.floor(navigator.hardwareConcurrency / cores));
  return { address, workers: workers ?? usual, cores, gpus };
}

/** Has all trials of this process, and of what it starts, run on the cluster that options ask for: Ray is installed where it is not there. */
export async function useCluster(options: Values<typeof clusterOptions>): Promise<void> {
  const chosen = clusterOf(options);
  if (chosen === null) return;
  await ensureRay();
  Deno.env.set(clusterVariable, JSON.stringify(chosen));
}
