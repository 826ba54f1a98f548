/** A model from wherever it is: a folder or the Hub, whole or as an adapter to another. */
import { isAbsolute, join } from "node:path";
import { UserError } from "../ground/errors.ts";
import { loadCheckpoint, type LoadReport, readConfig } from "./checkpoint.ts";
import { ConfigReader, isMultiLabelConfig, type JsonObject, type Task } from "./config.ts";
import { exists } from "./files/tensor_file.ts";
import { resolveModel, type ResolveOptions } from "./hub.ts";
import { adaptedConfigFile, isLoraFolder, loadLora, readLoraConfig } from "./lora_files.ts";
import type { Model, ModelOptions } from "./model.ts";

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
}

/**
 * Loads a model from a folder or from the Hub. A folder with an adapter (`adapter_config.json`) has its base model loaded,
 * from where that file says, and the adapter put beside its layers.
 *
 * @param source a folder, or `owner/name[@revision]`
 * @throws Error when it, or an adapter's base, is not found or does not fit
 * @example `const { model } = await loadModel("outputs/lora/best");`
 */
export async function loadModel(source: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const { hub, base: givenBase, ...rest } = options;
  const { folder } = await resolveModel(source, hub);
  if (!isLoraFolder(folder)) return { ...loadCheckpoint(folder, rest), folder, base: folder };
  const base = await resolveBase(folder, {
    ...(givenBase !== undefined && { base: givenBase }),
    ...(hub && { hub }),
  });
  const config = join(folder, adaptedConfigFile);
  const json = exists(config) ? readConfig(folder, config) : {};
  const { model, report } = loadCheckpoint(base, {
    ...classesOf(json, config, rest.task),
    ...rest,
  });
  // what the training kept beside the classes
  for (const [field, value] of Object.entries(json)) model.json[field] ??= value;
  const read = new Set(loadLora(model, folder));
  const initialised = report.initialised.filter((name) => !read.has(name));
  return { model, report: { ...report, initialised }, folder, base };
}

/**
 * The folder of an adapter's base model.
 *
 * @throws Error when nobody says which that is, or it cannot be had
 */
export async function resolveBase(
  folder: string,
  { base = baseOf(folder), hub }: Pick<LoadOptions, "base" | "hub"> = {},
): Promise<string> {
  try {
    return (await resolveModel(base, hub)).folder;
  } catch (error) {
    throw new UserError(
      `${folder} is an adapter to ${base}, which cannot be had: ${(error as Error).message} ` +
        "Its adapter_config.json says where (base_model_name_or_path).",
      { cause: error },
    );
  }
}

/** Where an adapter's base is; a folder that is not here may stand as it did beside the adapter. */
function baseOf(folder: string): string {
  const { base } = readLoraConfig(folder);
  if (base === null) {
    throw new UserError(
      `${join(folder, "adapter_config.json")} does not say which model it adapts: give it (base).`,
    );
  }
  const beside = join(folder, base);
  return !exists(base) && !isAbsolute(base) && exists(beside) ? beside : base;
}

/** The classes as the config beside an adapter has them. */
function classesOf(
  json: JsonObject,
  source: string,
  task: Task = "sequence-classification",
): Pick<ModelOptions, "labels" | "multiLabel"> {
  const config = new ConfigReader(json, source);
  if (task !== "sequence-classification" || !config.hasLabels) return {};
  return { labels: config.labels(), multiLabel: isMultiLabelConfig(config) };
}
