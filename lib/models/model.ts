/** Models: made from a config; their logits and losses. */
import * as tf from "@tensorflow/tfjs";
import { normalValues, randomKey, UserError } from "../ground/pure.ts";
import {
  averageRows,
  binaryCrossEntropy,
  type BinaryCrossEntropyOptions,
  crossEntropy,
  type CrossEntropyOptions,
  inferencePass,
  Parameter,
  type Pass,
  type Precision,
  scope,
} from "../engine/mod.ts";
import type { Architecture, CommonConfig, ParameterSpec } from "./architecture.ts";
import { checkBatch, type TokenBatch } from "./batch.ts";
import { bert } from "./bert.ts";
import {
  ConfigReader,
  isMultiLabelConfig,
  type JsonObject,
  multiLabelProblem,
  type Pooling,
  poolingField,
  type Task,
} from "./config.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import { llama } from "./llama.ts";
import type { LoraConfig } from "./lora_config.ts";
import { roberta } from "./roberta.ts";
import { xlnet } from "./xlnet.ts";

// An architecture is used with the config it parsed itself, which the registry cannot express in types.
const architectures = [bert, roberta, electra, distilbert, xlnet, llama] as unknown as Architecture[];

/** The `model_type`s that can be loaded. */
export const modelTypes: readonly string[] = architectures.map(({ modelType }) => modelType);

/** A model: its config, its parameters, and a forward pass that is a function of both. */
export interface Model {
  readonly task: Task;
  readonly architecture: Architecture;
  readonly config: CommonConfig;
  /** config.json, as it was read or made, the labels included. */
  readonly json: JsonObject;
  /** Whether a classifier gives each class its own yes or no (a sigmoid), and not a choice of one among them (a softmax). */
  readonly multiLabel: boolean;
  /** By Hugging Face name, in the architecture's order. */
  readonly parameters: Map<string, Parameter>;
  /** The adapters that stand beside its layers, where it has some: see `attachLora`. */
  lora?: LoraConfig;
}

/** What a model is made for. */
export interface ModelOptions {
  /** Default: `sequence-classification`. */
  task?: Task;
  /** The classes' names; replaces those of the config. */
  labels?: readonly string[];
  /** Whether a classifier gives each class its own yes or no; by default as the config says (`problem_type`). */
  multiLabel?: boolean;
  /** Seed of every freshly drawn parameter. Default 0. */
  seed?: number;
  /**
   * Freezes the model and holds its matrices in bfloat16 alone, half the memory: for LoRA on a large checkpoint. Products in
   * bf16 are the same; values of float32 or float16 checkpoints are rounded. Default false.
   */
  narrow?: boolean;
}

/** What BERT and its kin have in common where they start from scratch. */
const small: JsonObject = {
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
};

/**
 * Named configurations for training from scratch, all of 4 layers of 256 and 4 to 5 million parameters beside a vocabulary of
 * 6,000; the vocabulary is the tokenizer's. With a tokenizer of BERT's form (`[CLS] text [SEP]`) BERT, RoBERTa and ELECTRA
 * classify by `[CLS]`, their first token; Llama by `[SEP]`, its last before the padding; XLNet, padded on the left, by `[SEP]` too, its last.
 */
const namedConfigs: Record<string, JsonObject> = {
  "kobert-small-scratch": { model_type: "bert", ...small },
  // of positions the padding id and one more: they count from there
  "roberta-small": { model_type: "roberta", ...small, type_vocab_size: 1, layer_norm_eps: 1e-5 },
  "electra-small": { model_type: "electra", embedding_size: 128, ...small },
  "xlnet-small": {
    model_type: "xlnet",
    d_model: 256,
    n_layer: 4,
    n_head: 4,
    d_inner: 1024,
    ff_activation: "gelu",
    dropout: 0.1,
    summary_type: "last",
    summary_use_proj: true,
    summary_activation: "tanh",
    summary_last_dropout: 0.1,
    layer_norm_eps: 1e-12,
    initializer_range: 0.02,
  },
  "llama-small": {
    model_type: "llama",
    hidden_size: 256,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 688,
    max_position_embeddings: 1024,
    hidden_act: "silu",
    attention_dropout: 0.1,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: true,
    initializer_range: 0.02,
  },
};

/** The configurations that {@link namedConfig} knows: models that start from scratch. */
export const configNames: readonly string[] = Object.keys(namedConfigs);

/**
 * The config of a model that is trained from scratch.
 *
 * @param vocabulary the tokenizer's size and padding id (`null`: it has none), and for a model that generates the tokens its texts begin and end with
 * @throws Error when no configuration has that name, with those that are known
 */
export function namedConfig(
  name: string,
  vocabulary: { vocabSize: number; padId: number | null; clsId?: number; sepId?: number },
): JsonObject {
  const config = namedConfigs[name];
  if (config === undefined) {
    throw new UserError(
      `No configuration is named "${name}". Known: ${configNames.join(", ")}; or give a checkpoint's folder.`,
    );
  }
  const json = { ...config, vocab_size: vocabulary.vocabSize, pad_token_id: vocabulary.padId };
  switch (config.model_type) {
    case "roberta":
      if (vocabulary.padId === null) {
        throw new UserError(
          `${name} counts its positions from the padding token, and the tokenizer has none: name one of its tokens in its ` +
            'tokenizer_config.json, as "pad_token".',
        );
      }
      return {
        ...json,
        max_position_embeddings: Number(config.max_position_embeddings) + vocabulary.padId + 1,
      };
    case "llama":
      return { ...json, bos_token_id: vocabulary.clsId ?? 1, eos_token_id: vocabulary.sepId ?? 2 };
    default:
      return json;
  }
}

function architectureOf(json: JsonObject, source: string): Architecture {
  const type = json.model_type;
  const found = architectures.find(({ modelType }) => modelType === type);
  if (found === undefined) {
    throw new UserError(
      `${source}: "model_type" is ${JSON.stringify(type)}; known are ${modelTypes.join(", ")}.`,
    );
  }
  return found;
}

/** The language-model task that a config's architecture is made for; `null` where there is none. @param source names the config */
export function languageTaskOf(json: JsonObject, source: string): "masked-lm" | "causal-lm" | null {
  const { classes } = architectureOf(json, source);
  return (["masked-lm", "causal-lm"] as const).find((task) => classes[task] !== undefined) ?? null;
}

function withLabels(json: JsonObject, labels: readonly string[] | undefined): JsonObject {
  if (labels === undefined) return json;
  const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
  if (repeated !== undefined) throw new UserError(`Two classes have the name "${repeated}".`);
  const { num_labels: _, ...rest } = json;
  // a head for numbers gives way to one for classes
  if (rest.problem_type === "regression") delete rest.problem_type;
  return {
    ...rest,
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
}

function withProblem(json: JsonObject, multiLabel: boolean | undefined): JsonObject {
  if (multiLabel === undefined) return json;
  return { ...json, problem_type: multiLabel ? multiLabelProblem : "single_label_classification" };
}

/** Positions as sines and cosines of falling frequency, [positions, width] (Vaswani et al. 2017, 3.5). */
function sinusoids(positions: number, width: number): Float32Array {
  return Float32Array.from({ length: positions * width }, (_, i) => {
    const position = Math.floor(i / width), column = i % width;
    const angle = position / 10000 ** (2 * Math.floor(column / 2) / width);
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

function initialValues({ name, shape, initial, zeroRow }: ParameterSpec, range: number, seed: number) {
  const size = shape.reduce((product, n) => product * n, 1);
  if (initial === "zeros") return new Float32Array(size);
  if (initial === "ones") return new Float32Array(size).fill(1);
  if (initial === "sinusoidal") return sinusoids(shape[0]!, shape[1]!);
  // keyed by name: a new head draws the same numbers whatever was loaded before it
  const values = normalValues(size, range, randomKey(seed, ...new TextEncoder().encode(name)));
  if (zeroRow !== undefined && zeroRow !== null) {
    const width = shape[1]!;
    values.fill(0, zeroRow * width, (zeroRow + 1) * width);
  }
  return values;
}

/** A model before it has parameters. */
export type ModelDescription = Omit<Model, "parameters" | "lora"> & { specs: ParameterSpec[] };

/** Reads a config for a task. @param source names the config in errors. */
export function describeModel(json: JsonObject, source: string, options: ModelOptions): ModelDescription {
  const task = options.task ?? "sequence-classification";
  const complete = withProblem(withLabels(json, options.labels), options.multiLabel);
  const architecture = architectureOf(complete, source);
  if (architecture.classes[task] === undefined) {
    const made = Object.keys(architecture.classes).join(" and ");
    throw new UserError(
      `${source}: "${architecture.modelType}" is implemented for ${made}, not for ${task}.`,
    );
  }
  const reader = new ConfigReader(complete, source);
  const config = architecture.parse(reader);
  const multiLabel = task === "sequence-classification" && isMultiLabelConfig(reader);
  return {
    task,
    architecture,
    config,
    json: complete,
    multiLabel,
    specs: architecture.parameters(config, task),
  };
}

/**
 * Makes the parameters, a few at a time: from what `read` gives of each, freshly drawn where that is `null`. A tensor that it
 * gives, in any float type, is the parameter's from then on.
 */
export function buildModel(
  { specs, ...model }: ModelDescription,
  { seed = 0, narrow = false }: ModelOptions,
  read: (specs: readonly ParameterSpec[]) => (Float32Array | tf.Tensor | null)[],
): Model {
  const parameters = new Map<string, Parameter>();
  const make = (spec: ParameterSpec, given: Float32Array | tf.Tensor | null) => {
    const values = given ?? initialValues(spec, model.config.initializerRange, seed);
    const narrowed = narrow && spec.shape.length > 1;
    const parameter = values instanceof tf.Tensor
      ? new Parameter(spec.name, values, { owned: true })
      : new Parameter(spec.name, tf.tensor(values, spec.shape));
    parameters.set(spec.name, parameter);
    if (narrowed) parameter.narrow();
    else parameter.widen();
    parameter.trainable = !narrow;
  };
  try {
    for (const group of groupsToRead(specs)) {
      tf.tidy(() => read(group).forEach((values, i) => make(group[i]!, values)));
    }
  } catch (error) {
    for (const parameter of parameters.values()) parameter.dispose();
    throw error;
  }
  return { ...model, parameters };
}

/** How many numbers are read at once: enough for all threads, and little beside a model that is narrowed as it comes. */
const readAtOnce = 2 ** 24;

function groupsToRead(specs: readonly ParameterSpec[]): ParameterSpec[][] {
  const groups: ParameterSpec[][] = [];
  let size = Infinity;
  for (const spec of specs) {
    const own = spec.shape.reduce((product, n) => product * n, 1);
    size += own;
    if (size > readAtOnce) {
      groups.push([]);
      size = own;
    }
    groups.at(-1)!.push(spec);
  }
  return groups;
}

/**
 * A model with freshly drawn parameters: normal weights, zero biases, LayerNorms of one, as BERT's authors do. The engine
 * must have been started.
 *
 * @param json a config.json's contents, or {@link namedConfig}
 * @throws Error when the config is wrong or asks for something not implemented, naming the field
 * @example
 * ```ts
 * const { vocabSize } = tokenizer;
 * const model = createModel(namedConfig("kobert-small-scratch", { vocabSize, padId: 1 }), { labels: ["발라드", "댄스"], seed: 7 });
 * ```
 */
export function createModel(json: JsonObject, options: ModelOptions = {}): Model {
  return buildModel(describeModel(json, "The config", options), options, (specs) => specs.map(() => null));
}

/**
 * Draws some of a model's parameters anew, in place.
 *
 * @param chosen tells which, by name
 * @param seed as in {@link createModel}: the same numbers as a fresh model's
 */
export function redraw(model: Model, chosen: (name: string) => boolean, seed: number): void {
  for (const spec of model.architecture.parameters(model.config, model.task)) {
    if (!chosen(spec.name)) continue;
    findParameter(model, spec.name).assign(initialValues(spec, model.config.initializerRange, seed));
  }
}

/** Has a classifier read its rows in another way from now on; saved with it, as config.json's `classifier_pooling`. */
export function setPooling(model: Model, pooling: Pooling): void {
  model.config.pooling = pooling;
  model.json[poolingField] = pooling;
}

/** The same model, its parameters shared, with one rate for every dropout it has; `null` leaves its own. */
export function withDropout(model: Model, rate: number | null): Model {
  if (rate === null) return model;
  const rates = Object.keys(model.config).filter((field) => /^(.+D|d)ropout$/.test(field));
  return {
    ...model,
    config: { ...model.config, ...Object.fromEntries(rates.map((field) => [field, rate])) },
  };
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
 * The model's logits within a pass, float32: [batch, labels] for classification, or [texts, labels] where texts have several rows,
 * whose logits are averaged; [rows, vocabulary] for a language
 * model, at the token rows asked for (`row · length + position`) or at all.
 *
 * A row in which the mask hides every token attends to all alike, as transformers' eager attention does (its SDPA route
 * gives such rows other numbers).
 *
 * @throws Error when an id, a segment or the length is outside the model.
 */
export function logitsOf(model: Model, pass: Pass, batch: TokenBatch, rows?: Int32Array): tf.Tensor {
  checkBatch(batch, model.config.vocabularySize);
  const at = { config: model.config, p: (name: string) => findParameter(model, name), pass, batch };
  const { rowsOfText } = batch;
  if (rowsOfText === undefined || model.task !== "sequence-classification") {
    return model.architecture.logits(at, model.task, rows);
  }
  return scope(() => {
    const logits = model.architecture.logits(at, model.task);
    const texts = Int32Array.from(
      [...rowsOfText].flatMap((rows, text) => new Array<number>(rows).fill(text)),
    );
    return averageRows(pass, logits, texts, rowsOfText.length);
  });
}

/** A model's parameter by its Hugging Face name. @throws Error when there is none. */
export function findParameter(model: Model, name: string): Parameter {
  const parameter = model.parameters.get(name);
  if (parameter === undefined) throw new Error(`The model has no parameter ${name}.`);
  return parameter;
}

/**
 * Logits as numbers, row by row, without gradients or dropout. In bf16 the parameters' rounded copies are kept for the next call.
 *
 * @returns [batch · labels]; [batch · length · vocabulary] for a language model
 * @throws Error when an id, a segment or the length is outside the model
 * @example
 * ```ts
 * const [first, second] = predictLogits(model, tokenBatch([[2, 1185, 3]], 1));
 * ```
 */
export function predictLogits(
  model: Model,
  batch: TokenBatch,
  precision: Precision = "float32",
): Float32Array {
  const logits = tf.tidy(() => logitsOf(model, inferencePass(precision), batch));
  const values = (logits.dataSync() as Float32Array).slice();
  logits.dispose();
  return values;
}

/**
 * A model's loss on labelled rows, and its logits: the mean cross-entropy. For classification one label a row; for a
 * language model one a token, -100 where none is asked (the logits are of the others). A causal language model's labels
 * stand at their own tokens, as in Hugging Face: each is predicted by the token before it, and a row's first by none.
 *
 * @returns the loss (a scalar) and the logits [rows, classes], which belong to the caller
 * @throws Error when a label is no class, a token is outside the model, or no token of a language model has a label
 */
export function lossOf(
  model: Model,
  pass: Pass,
  batch: TokenBatch,
  labels: Int32Array,
  options: CrossEntropyOptions = {},
): { loss: tf.Tensor; logits: tf.Tensor } {
  if (model.multiLabel) {
    throw new Error("This classifier gives each class its own yes or no: its loss is multiLabelLossOf.");
  }
  if (model.task === "sequence-classification") {
    const texts = batch.rowsOfText?.length ?? batch.batch;
    if (labels.length !== texts) throw new Error(`${labels.length} labels are given for ${texts} texts.`);
    const logits = logitsOf(model, pass, batch);
    return { logits, loss: crossEntropy(pass, logits, labels, options) };
  }
  if (labels.length !== batch.batch * batch.length) {
    throw new Error(`${labels.length} labels are given for ${batch.batch * batch.length} tokens.`);
  }
  const causal = model.task === "causal-lm";
  const labelled = Int32Array.from(labels.keys()).filter((i) =>
    labels[i] !== (options.ignoreIndex ?? -100) && !(causal && i % batch.length === 0)
  );
  if (labelled.length === 0) {
    throw new Error(
      `None of the batch's ${labels.length} labels counts: all are ${options.ignoreIndex ?? -100}` +
        `${causal ? " or at a row's first token" : ""}. Leave such batches out.`,
    );
  }
  const logits = logitsOf(model, pass, batch, causal ? labelled.map((i) => i - 1) : labelled);
  return { logits, loss: crossEntropy(pass, logits, labelled.map((i) => labels[i]!), options) };
}

/**
 * The loss of a classifier that gives each class its own yes or no, and its logits: sigmoid and binary cross-entropy, as
 * Hugging Face takes for `multi_label_classification`.
 *
 * @param targets [batch · classes]: 1 where the row has the class, else 0
 * @returns the loss (a scalar) and the logits [batch, classes], which belong to the caller
 * @throws Error when the model chooses one class, targets do not fit the batch, or a token is outside the model
 */
export function multiLabelLossOf(
  model: Model,
  pass: Pass,
  batch: TokenBatch,
  targets: Float32Array,
  options: BinaryCrossEntropyOptions = {},
): { loss: tf.Tensor; logits: tf.Tensor } {
  if (!model.multiLabel) {
    throw new Error(
      "This model chooses one class: make or load it with multiLabel to give each its own yes or no.",
    );
  }
  const logits = logitsOf(model, pass, batch);
  return { logits, loss: binaryCrossEntropy(pass, logits, targets, options) };
}
