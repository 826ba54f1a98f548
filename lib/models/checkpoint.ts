/** Checkpoints in Hugging Face's layout: a model from a folder, a folder from a model. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError, writeJson } from "../ground/mod.ts";
import { tensorsFromFiles } from "../engine/mod.ts";
import type { Architecture, ParameterSpec } from "./architecture.ts";
import {
  classRows,
  ConfigReader,
  isRegressionConfig,
  type JsonObject,
  numberedLabels,
  pickRows,
} from "./config.ts";
import { listed, readJsonObject } from "./files/file_bytes.ts";
import { canonicalNames, openCheckpoint, type TensorFile, writeSafetensorsFolder } from "./files/mod.ts";
import { adaptedConfigFile, baseBeside, saveLora } from "./lora_files.ts";
import { buildModel, describeModel, type Model, type ModelDescription, type ModelOptions } from "./model.ts";

/** What a checkpoint's file and the model's parameters did not have in common. */
export interface LoadReport {
  /** Parameters that the file lacks, or has for other classes, freshly drawn: a new head. */
  initialised: string[];
  /** Names in the file that the model has no use for: another task's head. */
  unused: string[];
  /** What the checkpoint's head was made for, where it is not used for that. */
  otherHead?: string;
}

/**
 * Loads a folder in Hugging Face's layout: `config.json` and the weights (safetensors or pytorch_model.bin, in one file or
 * several, of any float type), computed with as float32. Parameters of the encoder must all be there; a head that is
 * missing is freshly drawn and listed in the report. The engine must have been started.
 *
 * Labels that are given take the place of the checkpoint's. Its head stays where they are the same (its rows change places
 * where their order is another) or where it had as many and named them by numbers only (`LABEL_0`…); otherwise the classes
 * are others, and the head's last layer is freshly drawn.
 *
 * @throws Error that names the folder and what is missing, mis-shaped, damaged or not implemented
 * @example
 * ```ts
 * const { model, report } = loadCheckpoint("outputs/run/best");
 * if (report.initialised.length > 0) console.log("freshly drawn:", report.initialised);
 * ```
 */
export function loadCheckpoint(
  folder: string,
  options: ModelOptions = {},
): { model: Model; report: LoadReport } {
  const source = join(folder, "config.json");
  const first = describeModel(readConfig(folder, source), source, options);
  using file = openCheckpoint(folder);
  const { description, found, rows, report } = compare(first, source, file, options);
  const model = buildModel(description, options, (specs) => {
    const names = specs.map((spec) => found.get(spec.name));
    const isPicked = specs.map((spec) => spec.byClass && typeof rows !== "string");
    const tensors = tensorsFromFiles(
      names.map((name, i) => name === undefined || isPicked[i] ? null : file.place(name)),
    );
    return names.map((name, i) => {
      if (name === undefined || tensors[i]) return tensors[i]!;
      const values = file.read(name);
      return isPicked[i] ? pickRows(values, rows as number[]) : values;
    });
  });
  return { model, report };
}

/**
 * What {@link loadCheckpoint} would report, from the names in the files alone: no weights are read, and no engine is needed. Beside it the
 * number of its tokens and its parameters' names.
 *
 * @throws Error as {@link loadCheckpoint} does
 */
export function inspectCheckpoint(
  folder: string,
  options: ModelOptions = {},
): LoadReport & { labels: readonly string[]; vocabularySize: number; names: string[] } {
  const source = join(folder, "config.json");
  const first = describeModel(readConfig(folder, source), source, options);
  using file = openCheckpoint(folder);
  const { report, labels } = compare(first, source, file, options);
  const names = first.specs.map(({ name }) => name);
  return { ...report, labels, vocabularySize: first.config.vocabularySize, names };
}

/** What of a model its file has, by the names there. @param first by the config alone, and the classes that are wanted */
function compare(first: ModelDescription, source: string, file: TensorFile, options: ModelOptions) {
  const json = readConfig(dirname(source), source), stated = new ConfigReader(json, source);
  const theirs = labelsOfHead(stated, first, file);
  const isStated = String(theirs) === String(stated.labels());
  const description = options.labels !== undefined || isStated
    ? first
    : describeModel(json, source, { ...options, labels: theirs });
  const isRegression = options.labels !== undefined && isRegressionConfig(stated);
  const rows = isRegression ? "other" : classRows(theirs, options.labels);
  const { found, report } = match(description, file, rows === "other", source);
  if (rows === "other" && headOf(first, file) !== null) {
    report.otherHead = isRegression ? "regression" : theirs.join(", ");
  }
  return { description, found, rows, report, labels: options.labels ?? theirs };
}

/** What a file's head tells apart: the classes that the config names, else numbered ones, as many as it has. */
function labelsOfHead(stated: ConfigReader, description: ModelDescription, file: TensorFile): string[] {
  const labels = stated.labels();
  const rows = stated.hasLabels ? null : headOf(description, file);
  return rows === null || rows === labels.length ? labels : numberedLabels(rows);
}

/** How many classes a file's head tells apart; `null` where it has none. */
function headOf({ specs, architecture }: ModelDescription, file: TensorFile): number | null {
  const head = specs.find(({ byClass }) => byClass)?.name;
  const name = head === undefined ? undefined : storedNames(architecture, specs, file).get(head);
  return name === undefined ? null : file.info(name).shape[0] ?? null;
}

/**
 * A checkpoint's config.json.
 *
 * @throws Error when the folder has none, or it is not a JSON object
 */
export function readConfig(folder: string, path: string = join(folder, "config.json")): JsonObject {
  if (existsSync(path)) return readJsonObject(path);
  throw new UserError(`${folder} has no config.json: it is not a checkpoint in Hugging Face's layout.`);
}

/** The name in the file of each of the model's parameters that it holds. */
function match(
  { architecture, config, task, specs }: ModelDescription,
  file: TensorFile,
  otherClasses: boolean,
  source: string,
): { found: Map<string, string>; report: LoadReport } {
  const { prefix } = architecture;
  const stored = storedNames(architecture, specs, file);
  const tied = Object.entries(architecture.tied(config, task));
  const found = new Map<string, string>(), known = new Set<string>();
  const initialised: string[] = [], problems: string[] = [];
  for (const spec of specs) {
    const twins = tied.filter(([, name]) => name === spec.name).map(([twin]) => twin);
    const names = [spec.name, ...twins, ...(spec.otherName ? [spec.otherName] : [])];
    names.forEach((name) => known.add(name));
    const name = stored.get(names.find((name) => stored.has(name)) ?? "");
    if (name === undefined) {
      if (isOfEncoder(spec, prefix)) problems.push(`${spec.name} [${spec.shape}] is missing`);
      else initialised.push(spec.name);
      continue;
    }
    if (spec.byClass && otherClasses) {
      initialised.push(spec.name);
      continue;
    }
    found.set(spec.name, name);
    const { shape } = file.info(name);
    if (String(shape) !== String(spec.shape)) {
      problems.push(`${name} is [${shape}] in the file and [${spec.shape}] by the config`);
      continue;
    }
    for (const twin of twins.map((twin) => stored.get(twin))) {
      if (twin === undefined || twin === name || !differ(file, name, twin)) continue;
      problems.push(
        `${name} and ${twin} differ, though "tie_word_embeddings" makes them one: set it to false`,
      );
    }
  }
  const unused = [...stored].filter(([name]) => !known.has(name)).map(([, inFile]) => inFile)
    .filter((name) => !name.endsWith("embeddings.position_ids") && !name.endsWith("rotary_emb.inv_freq"));
  if (problems.length > 0) {
    throw new UserError(
      `The weights in ${file.path} do not fit ${source} (${problems.length} parameter` +
        `${problems.length === 1 ? "" : "s"}):${listed(problems)}` +
        (unused.length > 0 ? `\nThe file also has:${listed(unused)}` : ""),
    );
  }
  return { found, report: { initialised, unused } };
}

/** The file's names by the model's. */
function storedNames(
  { prefix }: Architecture,
  specs: readonly ParameterSpec[],
  file: TensorFile,
): Map<string, string> {
  const front = `${prefix}.`;
  const encoder = specs.flatMap(({ name }) => name.startsWith(front) ? [name.slice(front.length)] : []);
  return canonicalNames(file.names(), { prefix, known: new Set(encoder) });
}

/** The pooler stands in the encoder's names, but only classification has use for it. */
function isOfEncoder({ name }: ParameterSpec, prefix: string): boolean {
  return name.startsWith(`${prefix}.`) && !name.startsWith(`${prefix}.pooler.`);
}

function differ(file: TensorFile, a: string, b: string): boolean {
  const values = file.read(a), others = file.read(b);
  return values.length !== others.length || values.some((value, i) => !Object.is(value, others[i]));
}

/** A parameter's values by its name. */
export interface NamedValues {
  name: string;
  shape: number[];
  data: Float32Array;
}

/**
 * What a checkpoint holds of a classifier's head beside its language model: BERT's pooler; all of it where it has learnt to classify. A
 * classifier that goes on from the language model begins with it.
 *
 * @param task the language model's
 */
export function readHead(
  folder: string,
  task: "masked-lm" | "causal-lm",
): (NamedValues & { nameInFile: string })[] {
  const path = join(folder, "config.json"), json = readConfig(folder, path);
  // how many classes it has is of no account here
  const { architecture, specs } = describeModel(json, path, { labels: numberedLabels(2) });
  const { specs: ofLanguage } = describeModel(json, path, { task });
  const known = new Set(ofLanguage.map(({ name }) => name));
  using file = openCheckpoint(folder);
  const stored = storedNames(architecture, specs, file);
  return specs.flatMap(({ name }) => {
    const nameInFile = known.has(name) ? undefined : stored.get(name);
    if (nameInFile === undefined) return [];
    return [{ name, nameInFile, shape: file.info(nameInFile).shape, data: file.read(nameInFile) }];
  });
}

/** How a checkpoint is written. */
export interface SaveOptions {
  dtype?: "float32" | "bfloat16";
  /** What is written with the model's own parameters; of no use to a model with adapters. */
  beside?: readonly NamedValues[];
}

/**
 * Writes `config.json` and `model.safetensors` as Hugging Face does, so that Python's `from_pretrained` and
 * {@link loadCheckpoint} open the folder. Of a model with LoRA's adapters these alone are written (`saveLora`), beside
 * the config as `model_config.json`, whose classes PEFT's files do not name. Each file appears under its name only when it is complete.
 *
 * @param options.dtype of the weights in the file: bfloat16 takes half the room and keeps eight bits of each number. Adapters are float32.
 * @throws Error naming what could not be written
 * @example
 * ```ts
 * await saveCheckpoint(model, "outputs/my-model");
 * ```
 */
export async function saveCheckpoint(
  model: Model,
  folder: string,
  { dtype = "float32", beside = [] }: SaveOptions = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const json = {
    ...model.json,
    architectures: [model.architecture.classes[model.task]],
    // the same by the name of transformers 5 and by that of 4
    dtype,
    torch_dtype: dtype,
  };
  if (model.lora !== undefined) await saveLora(model, folder);
  else await writeWeights(model, folder, dtype === "bfloat16" ? "BF16" : "F32", beside);
  // transformers takes a folder with a config.json for a whole model
  const path = join(folder, model.lora === undefined ? "config.json" : adaptedConfigFile);
  const contents = model.lora === undefined ? json : { ...json, ...baseBeside(model.lora, folder) };
  await writeJson(path, contents);
}

async function writeWeights(
  model: Model,
  folder: string,
  dtype: "F32" | "BF16",
  beside: readonly NamedValues[],
): Promise<void> {
  const tensors = model.architecture.parameters(model.config, model.task).flatMap(({ name, otherName }) => {
    const parameter = model.parameters.get(name)!;
    const { shape } = parameter;
    // under both names, where versions of transformers look for it by different ones
    return [name, ...(otherName ? [otherName] : [])].map((name) => ({
      name,
      dtype,
      shape,
      data: () => parameter.data(),
    }));
  });
  await writeSafetensorsFolder(folder, [
    ...tensors,
    ...beside.map(({ name, shape, data }) => ({ name, dtype, shape, data })),
  ]);
}
