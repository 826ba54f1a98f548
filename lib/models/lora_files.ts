/** Adapters in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`, which each side opens of the other. */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { UserError, writeJson } from "../ground/mod.ts";
import { type ClassRows, ConfigReader, type JsonObject, pickRows, type Task } from "./config.ts";
import { listed, readJsonObject } from "./files/file_bytes.ts";
import { openCheckpoint, type TensorFile, writeSafetensors } from "./files/mod.ts";
import { adaptedLayers, adapterParameters, detachLora, linearLayers, placeAdapters } from "./lora.ts";
import type { LoraConfig } from "./lora_config.ts";
import type { Model } from "./model.ts";

const configFile = "adapter_config.json";
/** Where the config of the model that was trained is kept beside its adapters. */
export const adaptedConfigFile = "model_config.json";
/** Where that config keeps the way from the adapter's folder to its base's, by which both are found when they move together. */
export const besideField = "base_model_beside";

/** That field, for an adapter whose base is a folder. */
export function baseBeside({ base }: LoraConfig, folder: string): JsonObject {
  return base !== null && isAbsolute(base) ? { [besideField]: relative(resolve(folder), base) } : {};
}

/** In the order of preference, PEFT's. */
const weightFiles = ["adapter_model.safetensors", "adapter_model.bin"];
/** What PEFT puts before a parameter's name. */
const prefix = "base_model.model.";

/** PEFT's name for a task; it has none for masked language models. */
const taskTypes: Record<Task, string | null> = {
  "sequence-classification": "SEQ_CLS",
  "causal-lm": "CAUSAL_LM",
  "masked-lm": null,
};

/** Fields of `adapter_config.json` that change no result of an adapter whose weights are read from a file. */
const harmless = new Set([
  "auto_mapping",
  "eva_config",
  "inference_mode",
  "megatron_core",
  "peft_version",
  "qalora_group_size",
  "revision",
  "runtime_config",
  "task_type",
]);

/** Fields that {@link readLoraConfig} reads. */
const honoured = new Set([
  "base_model_name_or_path",
  "bias",
  "init_lora_weights",
  "lora_alpha",
  "lora_dropout",
  "modules_to_save",
  "peft_type",
  "r",
  "rank_pattern",
  "alpha_pattern",
  "target_modules",
  "exclude_modules",
  "use_rslora",
]);

/** Whether a folder holds an adapter, not a whole model. */
export function isLoraFolder(folder: string): boolean {
  return existsSync(join(folder, configFile));
}

/**
 * Reads `adapter_config.json`.
 *
 * @throws Error naming the file and a field that is wrong, or that asks for something not implemented (DoRA, biases,
 * embeddings, adapters that come with a changed base…)
 */
export function readLoraConfig(folder: string): LoraConfig {
  const path = join(folder, configFile), json = readJsonObject(path), reader = new ConfigReader(json, path);
  reader.only("peft_type", "LORA");
  reader.only("bias", "none");
  // others change the base model's weights before training
  reader.only("init_lora_weights", true, false, "gaussian", "eva", "orthogonal");
  const wrong = (field: string, wanted: string) =>
    new UserError(`${path}: "${field}" is ${JSON.stringify(json[field])}; it must be ${wanted}.`);
  const names = (field: string): string[] | string => {
    const value = json[field] ?? [];
    if (typeof value === "string") return value;
    if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
    throw wrong(field, "a list of names or a regular expression");
  };
  const numbers = (field: string): Record<string, number> => {
    const value = json[field] ?? {};
    if (typeof value === "object" && Object.values(value).every((one) => typeof one === "number")) {
      return value as Record<string, number>;
    }
    throw wrong(field, "an object of numbers by names");
  };
  const modulesToSave = names("modules_to_save");
  if (typeof modulesToSave === "string") throw wrong("modules_to_save", "a list of names");
  const { base_model_name_or_path: base, revision } = json;
  const config: LoraConfig = {
    rank: reader.integer("r", 8),
    alpha: reader.number("lora_alpha", 8),
    dropout: reader.rate("lora_dropout", 0),
    targets: names("target_modules"),
    excludes: names("exclude_modules"),
    modulesToSave,
    rankPattern: numbers("rank_pattern"),
    alphaPattern: numbers("alpha_pattern"),
    rankStabilized: reader.boolean("use_rslora", false),
    base: typeof base !== "string" || base === ""
      ? null
      : typeof revision === "string"
      ? `${base}@${revision}`
      : base,
  };
  for (const [field, value] of Object.entries(json)) {
    const empty = value === null || value === false ||
      (typeof value === "object" && Object.keys(value as object).length === 0);
    if (empty || honoured.has(field) || harmless.has(field)) continue;
    throw new UserError(
      `${path}: "${field}" is ${JSON.stringify(value)}, which is not implemented; only its absence is.`,
    );
  }
  return config;
}

/**
 * How many classes the head tells apart that is saved with an adapter; `null` where none is.
 *
 * @param head the names of a model's parameters by class, of which the file may have one
 */
export function classesOfAdapter(folder: string, head: readonly string[]): number | null {
  using file = openAdapter(folder);
  const names = new Set(file.names());
  const key = head.map((name) => prefix + name).find((key) => names.has(key));
  return key === undefined ? null : file.info(key).shape[0] ?? null;
}

function openAdapter(folder: string): TensorFile {
  const name = weightFiles.find((name) => existsSync(join(folder, name)));
  if (name === undefined) {
    throw new UserError(`${folder} holds no adapter: looked for ${weightFiles.join(", ")}.`);
  }
  return openCheckpoint(join(folder, name));
}

/**
 * Puts a folder's adapter beside the layers of its base model, with its values; it can be trained further.
 *
 * @param model the base, loaded for the adapter's task
 * @param rows where the model's classes stand in the adapter's head; by default as they are
 * @returns the names of the parameters that were read, the head's among them
 * @throws Error naming the folder and what is missing, left over, mis-shaped or not implemented
 * @example
 * ```ts
 * const { model } = loadCheckpoint("path/to/base", { labels });
 * loadLora(model, "path/to/adapter");
 * ```
 */
export function loadLora(model: Model, folder: string, rows: ClassRows = "same"): string[] {
  placeAdapters(model, readLoraConfig(folder), (_, rank, width) => new Float32Array(rank * width));
  try {
    return restoreLora(model, folder, rows);
  } catch (error) {
    detachLora(model);
    throw error;
  }
}

/**
 * Reads the values of a model's adapters, and of the modules that are saved with them, from a folder that {@link saveLora}
 * wrote of the same adapters.
 *
 * @param rows where the model's classes stand in the head there: as they are, at these rows, or nowhere: the head stays as it is
 * @returns the names of the parameters that were read
 * @throws Error naming the folder and what is missing, left over or mis-shaped
 */
export function restoreLora(model: Model, folder: string, rows: ClassRows = "same"): string[] {
  using file = openAdapter(folder);
  const head = new Set(headNames(model)), stored = new Set(file.names());
  const wanted = adapterParameters(model).filter(({ name }) => {
    const isLeft = rows === "other" && head.has(name);
    if (isLeft) stored.delete(prefix + name);
    return !isLeft;
  });
  const problems = wanted.flatMap(({ name, shape }) => {
    const key = prefix + name;
    if (!stored.delete(key)) return [`${key} [${shape}] is missing`];
    const there = file.info(key).shape;
    return String(there) === String(shape) ? [] : [`${key} is [${there}] there and [${shape}] by the model`];
  });
  // PEFT writes the weight of an adapted decoder, too
  const bases = new Map(
    linearLayers(model).map(({ name, weight }) => [`${prefix}${name}.base_layer.weight`, weight]),
  );
  for (const key of stored) {
    const base = model.parameters.get(bases.get(key) ?? "");
    if (base !== undefined && String(base.shape) === String(file.info(key).shape)) {
      base.assign(file.read(key));
    } else problems.push(`${key} has no place in the model`);
  }
  if (problems.length > 0) {
    const what = `this ${model.architecture.modelType} for ${model.task}`;
    throw new UserError(`The adapter in ${file.path} does not fit ${what}:${listed(problems)}`);
  }
  for (const parameter of wanted) {
    const values = file.read(prefix + parameter.name);
    const isTurned = typeof rows !== "string" && head.has(parameter.name);
    parameter.assign(isTurned ? pickRows(values, rows) : values);
  }
  return wanted.map(({ name }) => name);
}

/** The parameters of a head whose rows are the classes. */
function headNames({ architecture, config, task }: Model): string[] {
  return architecture.parameters(config, task).flatMap(({ name, byClass }) => byClass ? [name] : []);
}

/**
 * Writes `adapter_config.json` and `adapter_model.safetensors`, which Python's `PeftModel.from_pretrained(base, folder)` opens.
 *
 * @throws Error when the model has no adapter
 */
export async function saveLora(model: Model, folder: string): Promise<void> {
  const { lora } = model;
  if (lora === undefined) throw new UserError("LoRA: the model has no adapters to save.");
  await Deno.mkdir(folder, { recursive: true });
  await writeSafetensors(
    join(folder, "adapter_model.safetensors"),
    adapterParameters(model).map((parameter) => ({
      name: prefix + parameter.name,
      dtype: "F32",
      shape: parameter.shape,
      data: () => parameter.data(),
    })),
  );
  await writeJson(join(folder, configFile), peftConfig(model, lora));
}

function peftConfig(model: Model, config: LoraConfig): JsonObject {
  const [, id, revision] = config.base?.match(/^([\w.-]+\/[\w.-]+)@(.+)$/) ?? [];
  const list = (names: readonly string[] | string) => names.length === 0 ? null : names;
  return {
    peft_type: "LORA",
    task_type: taskTypes[model.task],
    base_model_name_or_path: id ?? config.base,
    revision: revision ?? null,
    inference_mode: true,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    // what "all-linear" means differs from library to library, the layers' names do not
    target_modules: config.targets === "all-linear" ? adaptedLayers(model) : config.targets,
    exclude_modules: list(config.excludes),
    modules_to_save: list(config.modulesToSave),
    rank_pattern: config.rankPattern,
    alpha_pattern: config.alphaPattern,
    use_rslora: config.rankStabilized,
    bias: "none",
    fan_in_fan_out: false,
    init_lora_weights: true,
  };
}
