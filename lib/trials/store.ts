/** Where predictions are kept: each trial's in a file named after everything that decides them. */
import { dirname, join } from "node:path";
import type { Rows } from "../evaluation/mod.ts";
import {
  fileFingerprint,
  fingerprint as digest,
  holdFolder,
  isThere,
  removeIfThere,
  UserError,
  writeJson,
} from "../ground/mod.ts";
import { configNames, localFolder, openSafetensors, writeSafetensors } from "../models/mod.ts";
import type { Song } from "../songs/mod.ts";
import { bundledTokenizer, decisiveFields, tokenizerOf } from "../training/mod.ts";
import type { Answers, Method, Predictions, Trial } from "./trial.ts";

/** Keeps predictions by trial. */
export interface TrialStore {
  /** `null` where the trial was not run. */
  read(trial: Trial): Promise<Predictions | null>;
  write(trial: Trial, predictions: Predictions): Promise<void>;
  /** Where a training may keep its checkpoints, to go on from; `null` where nothing is kept. */
  workFolder(trial: Trial): Promise<string | null>;
}

/** Predictions that last as long as the process. */
export function memoryStore(): TrialStore {
  const kept = new Map<string, Predictions>();
  return {
    read: async (trial) => kept.get(await identityOf(trial)) ?? null,
    write: async (trial, predictions) => void kept.set(await identityOf(trial), predictions),
    workFolder: () => Promise.resolve(null),
  };
}

/**
 * Predictions in safetensors files of a folder: shares and logits of validation and test songs, and what they are of in the header.
 *
 * @param output a run's folder; the files stand in `trials/` of it
 */
export function trialStore(output: string): TrialStore {
  const pathOf = async (trial: Trial) => join(output, "trials", await fileNameOf(trial));
  return {
    async read(trial) {
      const path = `${await pathOf(trial)}.safetensors`;
      return await isThere(path) ? readPredictions(path, trial) : null;
    },
    async write(trial, predictions) {
      const path = await pathOf(trial);
      await Deno.mkdir(join(output, "trials"), { recursive: true });
      await writePredictions(`${path}.safetensors`, predictions, await identityOf(trial));
      await removeIfThere(path);
    },
    workFolder: pathOf,
  };
}

/** A file's name, without its ending: what a person can tell it by, and a hash of everything that decides the predictions. */
export async function fileNameOf(trial: Trial): Promise<string> {
  const { method, sides } = trial;
  const word = method.kind === "network" ? method.source.split(/[/\\]/).at(-1)! : method.kind;
  const hash = digest([await identityOf(trial)]).slice(0, 16);
  return `${word.replace(/[^\w.-]/g, "_")}-${sides.train.length}-songs-${hash}`;
}

const identities = new WeakMap<Trial, Promise<string>>();

/** Everything that decides a trial's predictions, as JSON. */
export function identityOf(trial: Trial): Promise<string> {
  let identity = identities.get(trial);
  if (identity === undefined) identities.set(trial, identity = identify(trial));
  return identity;
}

async function identify({ method, labels, sides, seed }: Trial): Promise<string> {
  const songs = [sides.train, sides.validation, sides.test].map(fingerprint);
  if (method.kind !== "network") {
    return JSON.stringify({ method, labels, songs, files: await filesOf(method) });
  }
  const { seed: _, ...recipe } = decisiveFields(method.recipe);
  const chosen = sides.validation.length > 0
    ? recipe
    : { ...recipe, bestMetric: undefined, evaluateEverySteps: undefined };
  return JSON.stringify({
    method: { ...method, tokenizer: undefined, recipe: chosen },
    labels,
    songs,
    seed,
    files: await filesOf(method),
  });
}

/** Digests of the weights and the tokenizer, where they are files of this machine. */
async function filesOf(method: Method): Promise<string[]> {
  if (method.kind === "words" && method.read !== "whole") {
    return [await filesFingerprint(method.read.tokenizer ?? bundledTokenizer)];
  }
  if (method.kind !== "network") return [];
  const { source, tokenizer } = method;
  const fromScratch = configNames.includes(source), folder = localFolder(source);
  return await Promise.all([
    ...(folder !== null ? [filesFingerprint(folder)] : []),
    ...(fromScratch || tokenizer !== undefined
      ? [filesFingerprint(await tokenizerOf(source, tokenizer))]
      : []),
  ]);
}

/** A hash of a file, or of a folder's files with their names; its folders (checkpoints) are left out. */
export async function filesFingerprint(path: string): Promise<string> {
  if (!(await Deno.stat(path)).isDirectory) return await fileFingerprint(path);
  const names = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  return digest(
    await Promise.all(names.map(async (name) => `${name} ${await fileFingerprint(join(path, name))}\n`)),
  );
}

const fingerprints = new WeakMap<readonly Song[], string>();

/** The number of songs and a hash of all that is known of them. */
export function fingerprint(songs: readonly Song[]): string {
  let known = fingerprints.get(songs);
  if (known === undefined) {
    const hash = digest(songs.map((song) => JSON.stringify(song)));
    fingerprints.set(songs, known = `${songs.length} songs, ${hash.slice(0, 16)}`);
  }
  return known;
}

/** Writes a trial's predictions into a file by which {@link trialStore} knows them. */
export async function writePredictions(
  path: string,
  predictions: Predictions,
  identity: string,
): Promise<void> {
  const { each, cost, epochs, answeredBy } = predictions;
  const tensors = (["validation", "test"] as const).flatMap((side) =>
    (["shares", "logits"] as const).flatMap((what) => {
      const rows = predictions[side][what];
      if (rows === null) return [];
      const isSingle = Array.from(rows).every((row) => row instanceof Float32Array);
      const shape = [rows.length, rows[0]?.length ?? 0];
      const data = new (isSingle ? Float32Array : Float64Array)(shape[0]! * shape[1]!);
      Array.from(rows).forEach((row, i) => data.set(Array.from(row), i * shape[1]!));
      return [{ name: `${side}.${what}`, dtype: isSingle ? "F32" as const : "F64" as const, shape, data }];
    })
  );
  await writeSafetensors(path, tensors, {
    metadata: { identity, about: JSON.stringify({ each, cost, epochs, answeredBy }) },
  });
}

/** Reads what {@link writePredictions} wrote. @throws UserError where the file is damaged */
export function readPredictions(path: string, { sides, labels }: Trial): Predictions {
  const damaged = (problem: string) =>
    new UserError(`${path} cannot be read: ${problem}. Remove it, and its trial is run again.`);
  const reading = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error));
    }
  };
  const file = reading(() => openSafetensors(path));
  try {
    const rowsOf = (name: string, count: number): Rows | null => {
      if (!file.names().includes(name)) return null;
      const { dtype, shape } = file.info(name);
      if (shape[0] !== count || (count > 0 && shape[1] !== labels.length)) {
        throw damaged(`${name} is [${shape}] for ${count} songs and ${labels.length} genres`);
      }
      const values = dtype === "F32" ? file.read(name) : file.read(name, "F64");
      return Array.from(
        { length: count },
        (_, i) => values.slice(i * labels.length, (i + 1) * labels.length),
      );
    };
    const answersOf = (side: "validation" | "test"): Answers => {
      const count = sides[side].length, shares = rowsOf(`${side}.shares`, count);
      if (shares === null) throw damaged(`it has no ${side}.shares`);
      return { shares, logits: rowsOf(`${side}.logits`, count) };
    };
    return {
      ...reading(() => JSON.parse(file.metadata.about ?? "null")),
      validation: answersOf("validation"),
      test: answersOf("test"),
    };
  } finally {
    file.close();
  }
}

/**
 * Writes results as JSON, whole or not at all, and their folder where there is none.
 *
 * @throws UserError where another process writes into the folder
 */
export async function writeResults(path: string, results: unknown): Promise<void> {
  using _ = await holdFolder(dirname(path));
  await writeJson(path, results);
}
