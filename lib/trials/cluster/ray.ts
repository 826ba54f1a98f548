/**
 * Trials on a Ray cluster: each a task, with the cores and GPUs that it asks for, on whichever node has them. Ray itself is Python's; a driver
 * beside this process (driver.py) speaks for it.
 */
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeFingerprint, isThere, linesOf, removeIfThere, UserError, writeWhole } from "../../ground/mod.ts";
import { checkNetworks } from "../methods/network.ts";
import { fingerprint, identityOf, readPredictions } from "../store.ts";
import type { Predictions, RunContext, Runner, Sides, Trial } from "../trial.ts";
import type { DiskMark, Job, Said } from "./job.ts";

/** A cluster, and what a trial asks of it. */
export interface ClusterOptions {
  /** `local`: workers of this machine; `auto`: the cluster that this machine belongs to; else such a cluster's `HOST:PORT`. */
  address: string;
  /** Of `local`: how many networks at a time. */
  workers: number;
  /** Cores that a network asks for; other methods ask for one. */
  cores: number;
  /** GPUs that a network asks for. */
  gpus: number;
}

/** The environment's name for a cluster, {@link ClusterOptions} as JSON, on which all trials of a process run. */
export const clusterVariable = "KOBERT_CLUSTER";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The Python of the environment that has Ray, which the set-up makes when first asked for it. */
const rayPython = join(root, ".venv-ray", "bin", "python");

/** What the driver answers. */
type Answer =
  | { ready: { nodes: number; cpus: number; mostCpus: number; mostGpus: number } }
  | { unreachable: string }
  | { said: number; line: Said }
  | { done: number; file: string }
  | { failed: number; why: string; user: boolean };

/** A trial under way. */
interface Running {
  context: RunContext;
  resolve(file: string): void;
  reject(error: unknown): void;
}

/** All trials wait in Ray's queue, so that a cluster which grows sees how many there are. */
const inQueue = 10_000;

/**
 * A runner that hands trials to a Ray cluster. It connects with the first, and lets go of the cluster when it is disposed of, or the process ends.
 *
 * The predictions are those of a run on this machine. A node, or a worker, that dies is replaced by Ray, and its trial goes on from its last
 * checkpoint where the store's disk is shared, else starts again.
 *
 * @example
 * ```ts
 * await using runner = rayRunner({ address: "local", workers: 2, cores: 1, gpus: 0 });
 * const trials = [1, 2, 3].map((seed) => ({ method: words(), labels, sides, seed }));
 * const predictions = await runTrials(trials, { store: trialStore("outputs/run"), runner });
 * ```
 */
export function rayRunner(options: ClusterOptions): Runner & AsyncDisposable {
  let driver: Promise<Driver> | undefined;
  return {
    atOnce: inQueue,
    async check(trials) {
      await checkNetworks(trials);
      // a cluster that was lost, or not there, may be there now
      if (await driver?.then(({ isOpen }) => isOpen, () => false) === false) driver = undefined;
    },
    async run(trial, context) {
      return await (await (driver ??= Driver.start(options))).run(trial, context);
    },
    async [Symbol.asyncDispose]() {
      await (await driver?.catch(() => undefined))?.end();
    },
  };
}

/** The driver beside this process. */
class Driver {
  private readonly running = new Map<number, Running>();
  private readonly sidesFiles = new Map<string, Promise<string>>();
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private count = 0;
  /** Why the cluster is gone. */
  private lost: unknown;

  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly options: ClusterOptions,
    /** Where jobs and what comes of them are put down. The driver removes it in the end. */
    private readonly folder: string,
  ) {
    this.input = child.stdin.getWriter();
  }

  static async start(options: ClusterOptions): Promise<Driver> {
    const folder = await Deno.makeTempDir({ prefix: "kobert-cluster-" });
    const settings = {
      ...options,
      folder,
      project: resolve(root),
      worker: "lib/trials/cluster/worker.ts",
      deno: Deno.execPath(),
      // what this process computes under
      env: Object.fromEntries(
        Object.entries(Deno.env.toObject()).filter(([name]) =>
          /^(MALLOC_|GLIBC_|TF_|DENO_|KOBERT_ENGINE$)/.test(name)
        ),
      ),
    };
    const child = new Deno.Command(rayPython, {
      args: [join(root, "lib", "trials", "cluster", "driver.py"), JSON.stringify(settings)],
      env: {
        RAY_USAGE_STATS_ENABLED: "0",
        // a cluster of this machine alone has a token of its own; others have, by default, that of the home folder
        ...(options.address === "local"
          ? { RAY_AUTH_MODE: "token", RAY_AUTH_TOKEN: crypto.randomUUID() }
          : await usualAuthentication()),
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const driver = new Driver(child, options, folder);
    const errors = new Response(child.stderr).text();
    const answers = linesOf(child.stdout);
    const { value: first } = await answers.next();
    const answer = first === undefined
      ? { unreachable: lastLine(await errors) }
      : JSON.parse(first) as Answer;
    if ("unreachable" in answer) {
      await driver.end();
      throw new UserError(
        `--cluster ${options.address}: the Ray cluster cannot be reached: ${answer.unreachable}. ` +
          "See that it runs (ray status on its head), that this machine belongs to it, and that here and there Ray and Python are " +
          "of the same versions, RAY_AUTH_MODE and ~/.ray/auth_token the same.",
      );
    }
    if ("ready" in answer) tellReady(answer.ready, options);
    driver.listen(answers, errors).catch((error) => driver.lose(error));
    return driver;
  }

  get isOpen(): boolean {
    return this.lost === undefined;
  }

  /** Hands what the driver answers to the trials. */
  private async listen(answers: AsyncGenerator<string>, errors: Promise<string>): Promise<void> {
    for await (const line of answers) {
      const answer = JSON.parse(line) as Answer;
      if ("said" in answer) await this.hear(answer.said, answer.line);
      else if ("done" in answer) this.running.get(answer.done)?.resolve(answer.file);
      else if ("failed" in answer) {
        this.running.get(answer.failed)?.reject(
          answer.user ? new UserError(answer.why) : new Error(answer.why),
        );
      }
    }
    this.lose(
      new UserError(
        `The connection to the Ray cluster ended: ${lastLine(await errors)}. What is done is kept; ` +
          "the same again goes on.",
      ),
    );
  }

  private lose(why: unknown): void {
    this.lost = why;
    for (const { reject } of this.running.values()) reject(why);
  }

  /** What a worker says, to those who listen to the trial here. */
  private async hear(id: number, said: Said): Promise<void> {
    const running = this.running.get(id);
    if (running === undefined) return;
    const { context: { callbacks, onNote, onFit } } = running;
    try {
      if ("note" in said) onNote(said.note);
      if ("fit" in said) await onFit(said.fit);
      for (const callback of callbacks) {
        if ("start" in said) await callback.onStart?.(said.start);
        if ("step" in said) await callback.onStep?.(said.step);
        if ("evaluation" in said) await callback.onEvaluation?.(said.evaluation);
      }
    } catch (error) {
      // who listens may end the trial
      await this.tell({ cancel: id });
      running.reject(error);
    }
  }

  private async tell(request: Record<string, unknown>): Promise<void> {
    // a driver that is gone is told by listen
    await this.input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`)).catch(() => {});
  }

  async run(trial: Trial, context: RunContext): Promise<Predictions> {
    const { sides, ...withoutSongs } = trial, { folder } = context;
    const id = ++this.count, job = join(this.folder, `${id}.json`);
    const contents: Job = {
      trial: withoutSongs,
      version: await codeFingerprint(),
      identity: await identityOf(trial),
      folder: folder === null
        ? null
        : { path: resolve(folder), mark: await markDisk(dirname(resolve(folder))) },
    };
    const songs = await this.sidesFile(sides);
    await Deno.writeTextFile(job, JSON.stringify(contents));
    const isNetwork = trial.method.kind === "network", { cores, gpus } = this.options;
    const { promise, resolve: done, reject } = Promise.withResolvers<string>();
    // whoever is first rejects it, perhaps before it is waited for
    promise.catch(() => {});
    const stop = () => {
      void this.tell({ cancel: id });
      reject(context.signal!.reason);
    };
    context.signal?.throwIfAborted();
    if (this.lost !== undefined) throw this.lost;
    this.running.set(id, { context, resolve: done, reject });
    context.signal?.addEventListener("abort", stop);
    // who waits for nothing may end
    this.child.ref();
    try {
      await this.tell({
        run: id,
        job,
        sides: songs,
        cores: isNetwork ? cores : 1,
        gpus: isNetwork ? gpus : 0,
      });
      return readPredictions(await promise, trial);
    } finally {
      context.signal?.removeEventListener("abort", stop);
      this.running.delete(id);
      if (this.running.size === 0) this.child.unref();
      for (const path of [job, `${job}.safetensors`]) await removeIfThere(path);
    }
  }

  /** The file of a trial's songs, one for all trials of the same. */
  private sidesFile(sides: Sides): Promise<string> {
    const key = [sides.train, sides.validation, sides.test].map(fingerprint).join("; ");
    let file = this.sidesFiles.get(key);
    if (file === undefined) {
      const path = join(this.folder, `sides-${this.sidesFiles.size}.json`);
      this.sidesFiles.set(key, file = Deno.writeTextFile(path, JSON.stringify(sides)).then(() => path));
    }
    return file;
  }

  /** Ends all that runs, and lets go of the cluster. */
  async end(): Promise<void> {
    this.child.ref();
    await this.input.close().catch(() => {});
    await this.child.status;
  }
}

/** What `ray start --head` takes where nothing else is said: a token of the home folder, if there is one. */
async function usualAuthentication(): Promise<Record<string, string>> {
  const path = Deno.env.get("RAY_AUTH_TOKEN_PATH") ?? join(homedir(), ".ray", "auth_token");
  const isUsual = Deno.env.get("RAY_AUTH_MODE") === undefined && await isThere(path);
  return isUsual ? { RAY_AUTH_MODE: "token" } : {};
}

const marks = new Map<string, Promise<DiskMark>>();

/** A file in a folder by which a worker sees whether its disk is this one. */
function markDisk(folder: string): Promise<DiskMark> {
  const mark = async () => {
    const mark = { path: join(folder, ".disk"), contents: crypto.randomUUID() };
    await writeWhole(mark.path, mark.contents);
    return mark;
  };
  const known = marks.get(folder) ?? mark();
  marks.set(folder, known);
  return known;
}

function tellReady(
  { nodes, cpus, mostCpus, mostGpus }: { nodes: number; cpus: number; mostCpus: number; mostGpus: number },
  { address, cores, gpus }: ClusterOptions,
): void {
  console.log(`Ray cluster ${address}: ${nodes === 1 ? "one node" : `${nodes} nodes`}, ${cpus} cores in all`);
  for (
    const [what, asked, most] of [["cores", cores, mostCpus], ["gpus", gpus, mostGpus]] as const
  ) {
    if (most >= asked) continue;
    console.log(
      `No node has the ${asked} ${what} that a network asks for (the most is ${most}): networks wait for one that has. ` +
        `--${what} asks for fewer.`,
    );
  }
}

const lastLine = (text: string): string =>
  (text.trim().split("\n").at(-1) || "it said nothing").replace(/\.$/, "");
