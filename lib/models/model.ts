/** Models: made from a config, loaded from a checkpoint, saved as one; their logits and losses. */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import {
  crossEntropy,
  type CrossEntropyOptions,
  inferencePass,
  normalValues,
  Parameter,
  type Pass,
  type Precision,
  randomKey,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig, TokenBatch } from "./architecture.ts";
import { bert } from "./bert.ts";
import { ConfigReader, type JsonObject, type Task } from "./config.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import { openSafetensors, writeSafetensorsFolder } from "./files/mod.ts";
const openCheckpoint = (folder: string) => openSafetensors(join(folder, "model.safetensors"));
const canonicalNames = (names: string[], _: unknown) => names;
import type { ParameterSpec } from "./layers.ts";
import { roberta } from "./roberta.ts";

// An architecture is used with the config it parsed itself, which the registry cannot express in types.
const architectures = [bert, roberta, electra, distilbert] as unknown as Architecture[];

/** The `model_type`s that can be loaded. */
export const modelTypes = architectures.map(({ modelType }) => modelType);

/** A model: its config, its parameters, and a forward pass that is a function of both. */
export interface Model {
  readonly task: Task;
  readonly architecture: Architecture;
  readonly config: CommonConfig;
  /** config.json, as it was read or made, the labels included. */
  readonly json: JsonObject;
  /** By Hugging Face name, in the architecture's order. */
  readonly parameters: Map<string, Parameter>;
}

/** What a checkpoint's file and the model's parameters did not have in common. */
export interface LoadReport {
  /** Parameters that the file lacks, freshly initialised: a new head. */
  initialised: string[];
  /** Names in the file that the model has no use for: another task's head. */
  unused: string[];
}

/** Named configurations for training from scratch; the vocabulary is the tokenizer's. */
const namedConfigs: Record<string, JsonObject> = {
  "kobert-small": {
    model_type: "bert",
    hidden_size: 256,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    intermediate_size: 1024,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    layer_norm_eps: 1e-12,
    initializer_range: 0.02,
  },
};

/** The configurations that {@link namedConfig} knows. */
export const configNames = Object.keys(namedConfigs);

/**
 * The config of a model that is trained from scratch.
 *
 * @param vocabulary the tokenizer's size and padding id
 */
export function namedConfig(name: string, vocabulary: { vocabSize: number; padId: number }): JsonObject {
  const config = namedConfigs[name];
  if (config === undefined) {
    throw new Error(
      `No configuration is named "${name}". Known: ${configNames.join(", ")}; or give a checkpoint's folder.`,
    );
  }
  return { ...config, vocab_size: vocabulary.vocabSize, pad_token_id: vocabulary.padId };
}

function architectureOf(json: JsonObject, source: string): Architecture {
  const type = json.model_type;
  const found = architectures.find(({ modelType }) => modelType === type);
  if (found === undefined) {
    throw new Error(
      `${source}: "model_type" is ${JSON.stringify(type)}; known are ${modelTypes.join(", ")}.`,
    );
  }
  return found;
}

function withLabels(json: JsonObject, labels: readonly string[] | undefined): JsonObject {
  if (labels === undefined) return json;
  const { num_labels: _, ...rest } = json;
  return {
    ...rest,
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
}

/** What a model is made for. */
export interface ModelOptions {
  task?: Task;
  /** The classes' names; replaces those of the config. */
  labels?: readonly string[];
  /** Seed of every freshly drawn parameter. */
  seed?: number;
}

function initialValues(spec: ParameterSpec, range: number, seed: number): Float32Array {
  const size = tf.util.sizeFromShape(spec.shape);
  if (spec.initial === "zeros") return new Float32Array(size);
  if (spec.initial === "ones") return new Float32Array(size).fill(1);
  // keyed by name: a new head draws the same numbers whatever was loaded before it
  const values = normalValues(size, range, randomKey(seed, ...new TextEncoder().encode(spec.name)));
  if (spec.zeroRow !== undefined && spec.zeroRow !== null) {
    const width = spec.shape[1]!;
    values.fill(0, spec.zeroRow * width, (spec.zeroRow + 1) * width);
  }
  return values;
}

function build(
  json: JsonObject,
  source: string,
  options: ModelOptions,
  read: (spec: ParameterSpec) => Float32Array | null,
): Model {
  const task = options.task ?? "sequence-classification";
  const complete = withLabels(json, options.labels);
  const architecture = architectureOf(complete, source);
  const config = architecture.parse(new ConfigReader(complete, source));
  const parameters = new Map<string, Parameter>();
  try {
    for (const spec of architecture.parameters(config, task)) {
      const values = read(spec) ?? initialValues(spec, config.initializerRange, options.seed ?? 0);
      parameters.set(spec.name, new Parameter(spec.name, tf.tensor(values, spec.shape)));
    }
  } catch (error) {
    for (const parameter of parameters.values()) parameter.dispose();
    throw error;
  }
  return { task, architecture, config, json: complete, parameters };
}

/**
 * A model with freshly drawn parameters: normal weights, zero biases, LayerNorms of one, as BERT's authors do. The engine
 * must have been started.
 *
 * @param json a config.json's contents, or {@link namedConfig}
 * @example `const model = createModel(namedConfig("kobert-small", tokenizer), { labels: ["발라드", "댄스"], seed: 7 });`
 */
export function createModel(json: JsonObject, options: ModelOptions = {}): Model {
  return build(json, "The config", options, () => null);
}

/**
 * Loads a folder in Hugging Face's layout: `config.json` and the weights (safetensors or pytorch_model.bin, in one file or
 * several). Parameters of the encoder must all be there; a head that is missing, or made for other labels, is initialised
 * and listed in the report.
 *
 * @throws Error that names what is missing, mis-shaped or damaged.
 */
export function loadCheckpoint(
  folder: string,
  options: ModelOptions = {},
): { model: Model; report: LoadReport } {
  const json = readConfig(folder);
  const source = join(folder, "config.json");
  const file = openCheckpoint(folder);
  try {
    const { prefix } = architectureOf(json, source);
    const stored = new Map<string, string>();
    canonicalNames(file.names(), { prefix }).forEach((name, i) => stored.set(name, file.names()[i]!));
    const used = new Set<string>();
    const report: LoadReport = { initialised: [], unused: [] };
    const problems: string[] = [];
    const model = build(json, source, options, (spec) => {
      const name = stored.get(spec.name);
      const inEncoder = spec.name.startsWith(`${prefix}.`) && !spec.name.startsWith(`${prefix}.pooler.`);
      if (name === undefined) {
        if (inEncoder) problems.push(`${spec.name} [${spec.shape}] is missing`);
        else report.initialised.push(spec.name);
        return null;
      }
      used.add(spec.name);
      const { shape } = file.info(name);
      if (shape.length !== spec.shape.length || shape.some((n, i) => n !== spec.shape[i])) {
        if (inEncoder || options.labels === undefined) {
          problems.push(`${name} is [${shape}] in the file and [${spec.shape}] by the config`);
        } else report.initialised.push(spec.name);
        return null;
      }
      return file.read(name);
    });
    if (problems.length > 0) {
      disposeModel(model);
      const shown = problems.slice(0, 20).map((problem) => `\n  ${problem}`).join("");
      const more = problems.length > 20 ? `\n  and ${problems.length - 20} more` : "";
      throw new Error(
        `${folder}: the weights do not fit ${source} (${problems.length} parameters):${shown}${more}`,
      );
    }
    const tied = model.architecture.tied(model.config, model.task);
    report.unused = [...stored.keys()].filter((name) =>
      !used.has(name) && tied[name] === undefined && !name.endsWith("embeddings.position_ids")
    );
    return { model, report };
  } finally {
    file.close();
  }
}

function readConfig(folder: string): JsonObject {
  const path = join(folder, "config.json");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${folder} has no config.json: it is not a checkpoint in Hugging Face's layout.`);
  }
  try {
    const json = JSON.parse(text);
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new Error("it is not an object");
    }
    return json;
  } catch (error) {
    throw new Error(`${path} is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Writes `config.json` and `model.safetensors` as Hugging Face does, so that Python's `from_pretrained` and
 * {@link loadCheckpoint} open the folder. Files appear under their names only when complete.
 */
export async function saveCheckpoint(model: Model, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const json = {
    ...model.json,
    architectures: [model.architecture.classes[model.task]],
    dtype: "float32",
    torch_dtype: "float32",
  };
  await writeSafetensorsFolder(
    folder,
    [...model.parameters.values()].map((parameter) => ({
      name: parameter.name,
      dtype: "F32" as const,
      shape: parameter.shape,
      data: () => parameter.data(),
    })),
  );
  const path = join(folder, "config.json");
  await Deno.writeTextFile(`${path}.tmp`, JSON.stringify(json, null, 2) + "\n");
  await Deno.rename(`${path}.tmp`, path);
}

/** Frees a model's parameters. */
export function disposeModel(model: Model): void {
  for (const parameter of model.parameters.values()) parameter.dispose();
}

/** How many numbers a model learns. */
export function parameterCount(model: Model): number {
  return [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
}

/**
 * The model's logits within a pass: [batch, labels] for classification; [rows, vocabulary] for a masked language model, at
 * the token rows asked for (`row · length + position`) or at all.
 *
 * @throws Error when an id, a segment or the length is outside the model.
 */
export function logitsOf(model: Model, pass: Pass, batch: TokenBatch, rows?: Int32Array): tf.Tensor {
  checkBatch(model, batch);
  const find = (name: string) => {
    const parameter = model.parameters.get(name);
    if (parameter === undefined) throw new Error(`The model has no parameter ${name}.`);
    return parameter;
  };
  return model.architecture.logits(model.config, find, pass, batch, model.task, rows);
}

function checkBatch(
  { config }: Model,
  { inputIds, attentionMask, tokenTypeIds, batch, length }: TokenBatch,
): void {
  if (length > config.maxLength) {
    throw new Error(
      `A row has ${length} tokens; the model takes ${config.maxLength} at most. Truncate when encoding.`,
    );
  }
  for (const [name, values] of Object.entries({ inputIds, attentionMask, tokenTypeIds })) {
    if (values !== undefined && values.length !== batch * length) {
      throw new Error(
        `${name} has ${values.length} entries; a batch of ${batch} x ${length} has ${batch * length}.`,
      );
    }
  }
  const wrong = inputIds.findIndex((id) => id < 0 || id >= config.vocabularySize);
  if (wrong >= 0) {
    throw new Error(
      `Token id ${inputIds[wrong]} at row ${Math.floor(wrong / length)}, position ${
        wrong % length
      } is outside the ` +
        `model's vocabulary of ${config.vocabularySize}: the tokenizer is another model's.`,
    );
  }
}

/** Logits as numbers, row by row, without gradients or dropout. */
export function predictLogits(
  model: Model,
  batch: TokenBatch,
  precision: Precision = "float32",
): Float32Array {
  const logits = tf.tidy(() => logitsOf(model, inferencePass(precision), batch));
  const values = (logits.dataSync() as Float32Array).slice();
  logits.dispose();
  for (const parameter of model.parameters.values()) parameter.release();
  return values;
}

/**
 * A model's loss on labelled rows, and its logits: the mean cross-entropy. For classification one label a row; for a masked
 * language model one a token, -100 where none is asked.
 */
export function lossOf(
  model: Model,
  pass: Pass,
  batch: TokenBatch,
  labels: Int32Array,
  options: CrossEntropyOptions = {},
): { loss: tf.Tensor; logits: tf.Tensor } {
  if (model.task === "sequence-classification") {
    if (labels.length !== batch.batch) {
      throw new Error(`${labels.length} labels are given for ${batch.batch} rows.`);
    }
    const logits = logitsOf(model, pass, batch);
    return { logits, loss: crossEntropy(pass, logits, labels, options) };
  }
  if (labels.length !== batch.batch * batch.length) {
    throw new Error(`${labels.length} labels are given for ${batch.batch * batch.length} tokens.`);
  }
  const rows = Int32Array.from(labels.keys()).filter((i) => labels[i] !== (options.ignoreIndex ?? -100));
  const logits = logitsOf(model, pass, batch, rows);
  return { logits, loss: crossEntropy(pass, logits, rows.map((row) => labels[row]!), options) };
}
