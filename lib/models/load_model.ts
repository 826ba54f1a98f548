/** A model from wherever it is: a folder or the Hub, whole or as an adapter to another. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../ground/pure.ts";
import { inspectCheckpoint, loadCheckpoint, type LoadReport, readConfig } from "./checkpoint.ts";
import {
  classRows,
  ConfigReader,
  isMultiLabelConfig,
  type JsonObject,
  numberedLabels,
  poolingField,
  poolingOf,
  type Task,
} from "./config.ts";
import { resolveModel, type ResolveOptions } from "./hub.ts";
import {
  adaptedConfigFile,
  besideField,
  classesOfAdapter,
  isLoraFolder,
  loadLora,
  readLoraConfig,
} from "./lora_files.ts";
import { describeModel, type Model, type ModelOptions, setPooling } from "./model.ts";

/** How {@link loadModel} is told. */
export interface LoadOptions extends ModelOptions {
  /** How models of the Hub are downloaded. */
  hub?: ResolveOptions;
  /** The base model of an adapter, where it is not what `adapter_config.json` says. */
  base?: string;
}

/** A model and where it came from. */
export interface LoadedModel {
  model: Model;
  report: LoadReport;
  /** The folder that was asked for: the adapter's, where it is one. */
  folder: string;
  /** Where the model itself is: the same, or the adapter's base. */
  base: string;
  /** What finds it again from anywhere: the folder's full path, or its id on the Hub. */
  name: string;
}

/**
 * Loads a model from a folder or from the Hub. A folder with an adapter (`adapter_config.json`) has its base model loaded,
 * from where that file says, and the adapter put beside its layers.
 *
 * @param source a folder, or `owner/name[@revision]`
 * @throws Error when it, or an adapter's base, is not found or does not fit
 * @example
 * ```ts
 * const { model } = await loadModel("outputs/lora/best");
 * ```
 */
export async function loadModel(source: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const { hub, base: givenBase, ...rest } = options;
  const { folder, commit } = await resolveModel(source, hub);
  const name = commit === null ? resolve(folder) : source;
  if (!isLoraFolder(folder)) return { ...loadCheckpoint(folder, rest), folder, base: folder, name };
  const base = await findBase(folder, givenBase, hub);
  const { [besideField]: _, ...json } = adaptedConfig(folder);
  const theirs = labelsOfAdapter(folder, base.folder, json, rest.task);
  const { model, report } = loadCheckpoint(base.folder, {
    ...rest,
    labels: rest.labels ?? theirs?.labels,
    multiLabel: rest.multiLabel ?? theirs?.multiLabel,
  });
  // what the training kept beside the classes
  for (const [field, value] of Object.entries(json)) model.json[field] ??= value;
  if (poolingField in json) {
    setPooling(model, poolingOf(new ConfigReader(json, join(folder, adaptedConfigFile))));
  }
  const rows = theirs === null ? "same" : classRows(theirs.labels, rest.labels);
  const read = new Set(loadLora(model, folder, rows));
  model.lora = { ...model.lora!, base: base.name };
  const initialised = report.initialised.filter((name) => !read.has(name));
  // of two heads the adapter's counts
  if (theirs !== null) delete report.otherHead;
  if (rows === "other" && initialised.length > 0) report.otherHead = theirs!.labels.join(", ");
  return { model, report: { ...report, initialised }, folder, base: base.folder, name };
}

/**
 * The classes that a saved classifier tells apart, in the order of its logits: read from its files, without an engine.
 *
 * @param source as {@link loadModel} takes it
 * @throws Error when it, or an adapter's base, is not found or does not fit
 * @example
 * ```ts
 * const genres = await savedLabels("outputs/run/best");
 * ```
 */
export async function savedLabels(source: string, { hub, base }: LoadOptions = {}): Promise<string[]> {
  const { folder } = await resolveModel(source, hub);
  if (!isLoraFolder(folder)) return [...inspectCheckpoint(folder).labels];
  const { folder: whole } = await findBase(folder, base, hub);
  return labelsOfAdapter(folder, whole, adaptedConfig(folder))?.labels ??
    [...inspectCheckpoint(whole).labels];
}

/**
 * The folder of an adapter's base model.
 *
 * @throws Error when nobody says which that is, or it cannot be had
 */
export async function resolveBase(
  folder: string,
  { base, hub }: Pick<LoadOptions, "base" | "hub"> = {},
): Promise<string> {
  return (await findBase(folder, base, hub)).folder;
}

/** An adapter's base: its folder, and the name that finds it from anywhere. */
async function findBase(
  folder: string,
  given: string | undefined,
  hub: ResolveOptions | undefined,
): Promise<{ folder: string; name: string }> {
  const candidates = given !== undefined ? [given] : basesOf(folder);
  const base = candidates.find((path) => existsSync(path)) ?? candidates[0]!;
  try {
    const found = await resolveModel(base, hub);
    return { folder: found.folder, name: found.commit === null ? resolve(found.folder) : base };
  } catch (error) {
    const looked = candidates.length > 1 ? ` (looked for it at ${candidates.join(" and ")})` : "";
    throw new UserError(
      `${folder} is an adapter to ${base}, which cannot be had${looked}: ${(error as Error).message} ` +
        `If that model has moved, write its new place into ${join(folder, "adapter_config.json")}, as ` +
        `"base_model_name_or_path".`,
      { cause: error },
    );
  }
}

/**
 * Where an adapter's base may be: the place that adapter_config.json names, from here or from the adapter's folder, and
 * where it stood to that folder when it was saved: both may have moved together.
 */
function basesOf(folder: string): string[] {
  const { base } = readLoraConfig(folder);
  if (base === null) {
    throw new UserError(
      `${join(folder, "adapter_config.json")} does not say which model it adapts: write its folder, ` +
        `or its id on the Hub, there as "base_model_name_or_path".`,
    );
  }
  const { [besideField]: beside } = adaptedConfig(folder);
  const places = [
    base,
    ...(isAbsolute(base) ? [] : [join(folder, base)]),
    ...(typeof beside === "string" ? [join(folder, beside)] : []),
  ];
  return places.filter((place, i) => places.findIndex((other) => resolve(other) === resolve(place)) === i);
}

/** The config that is kept beside an adapter; empty where Python saved it. */
function adaptedConfig(folder: string): JsonObject {
  const path = join(folder, adaptedConfigFile);
  return existsSync(path) ? readConfig(folder, path) : {};
}

/**
 * The classes that an adapter's head tells apart: as the config beside it has them, else as many as the head has, by the names
 * of its base where they are as many; `null` where it has no head.
 */
function labelsOfAdapter(
  folder: string,
  base: string,
  json: JsonObject,
  task: Task = "sequence-classification",
): { labels: string[]; multiLabel?: boolean } | null {
  if (task !== "sequence-classification") return null;
  const config = new ConfigReader(json, join(folder, adaptedConfigFile));
  if (config.hasLabels) return { labels: config.labels(), multiLabel: isMultiLabelConfig(config) };
  const path = join(base, "config.json"), stored = readConfig(base, path);
  const { specs } = describeModel(stored, path, { task, labels: numberedLabels(2) });
  const classes = classesOfAdapter(folder, specs.flatMap(({ name, byClass }) => byClass ? [name] : []));
  if (classes === null) return null;
  const labels = new ConfigReader(stored, path).labels();
  return { labels: labels.length === classes ? labels : numberedLabels(classes) };
}
