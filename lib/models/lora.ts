/**
 * LoRA (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models") as PEFT has it: beside the frozen weight W of
 * each chosen linear layer two small matrices are learnt, so that it computes x Wᵀ + α / r · Dropout(x) Aᵀ Bᵀ.
 *
 * The matrices are parameters of the model by the names `LAYER.lora_A.weight` and `LAYER.lora_B.weight`: whatever trains,
 * counts or frees a model's parameters does so with them.
 */
import * as tf from "@tensorflow/tfjs";
import { generator, randomKey, UserError } from "../ground/pure.ts";
import { Parameter } from "../engine/mod.ts";
import type { ParameterSpec } from "./architecture.ts";
import type { LoraConfig } from "./lora_config.ts";
import type { Model } from "./model.ts";

/** How {@link attachLora} is told: PEFT's defaults for what is left out, but for `targets`, all linear layers. */
export interface LoraOptions extends Partial<LoraConfig> {
  /** Seed of A. Default 0. */
  seed?: number;
  /** Parameters that no file holds (`LoadReport.initialised`): trained and saved with the adapter. */
  fresh?: readonly string[];
}

/** A linear layer: its name, and the parameter that is its weight. */
interface LinearLayer {
  name: string;
  weight: string;
  /** Whether the weight is the word embeddings, too. */
  tied: boolean;
}

/** The linear layers of a model, in order, as PyTorch names them. */
export function linearLayers({ architecture, config, task }: Model): LinearLayer[] {
  const module = (name: string) => name.replace(/\.weight$/, "");
  const own = architecture.parameters(config, task).filter(isLinear)
    .map(({ name }) => ({ name: module(name), weight: name, tied: false }));
  const twins = Object.entries(architecture.tied(config, task)).filter(([name]) => name.endsWith(".weight"))
    .map(([name, weight]) => ({ name: module(name), weight, tied: true }));
  return [...own, ...twins];
}

function isLinear({ name, shape, zeroRow }: ParameterSpec): boolean {
  return name.endsWith(".weight") && shape.length === 2 && zeroRow === undefined;
}

/** The layer whose rows are the vocabulary. */
const decoder = /(^|\.)(lm_head(\.decoder)?|predictions\.decoder|generator_lm_head|vocab_projector)$/;

/** Every module that a name of parameters goes through: `a.b.c.weight` through `a`, `a.b` and `a.b.c`. */
function modulesOf(model: Model): string[] {
  const names = model.architecture.parameters(model.config, model.task).flatMap(({ name }) => {
    const parts = name.split(".");
    return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join("."));
  });
  return [...new Set(names)];
}

function expression(source: string, field: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch (error) {
    throw new UserError(`LoRA: ${field} "${source}" is no regular expression: ${(error as Error).message}`);
  }
}

/** Whether a layer is meant: by the end of its name, after a dot or whole; or a string, by all of it. */
function isNamed(layer: string, names: readonly string[] | string, field: string): boolean {
  if (typeof names === "string") return names !== "" && expression(names, field).test(layer);
  return names.some((name) => layer === name || layer.endsWith(`.${name}`));
}

/** A layer's own rank or α: that of the first pattern its name ends with. */
function byPattern(
  patterns: Readonly<Record<string, number>>,
  layer: string,
  field: string,
): number | undefined {
  const found = Object.keys(patterns).find((pattern) =>
    expression(`(?:.*\\.)?(?:${pattern})`, field).test(layer)
  );
  return found === undefined ? undefined : patterns[found];
}

/** The parameters under modules whose names end so. */
export function parametersUnder(model: Model, endings: readonly string[]): string[] {
  const modules = modulesOf(model).filter((module) => endings.some((ending) => module.endsWith(ending)));
  return [...model.parameters.keys()].filter((name) =>
    modules.some((module) => name.startsWith(`${module}.`))
  );
}

/** What stands above the encoder, which no pretraining has taught, and what was freshly drawn. */
function defaultModulesToSave(model: Model, fresh: readonly string[]): string[] {
  const { architecture: { prefix }, task, parameters } = model;
  const head = task !== "sequence-classification" ? [] : [...parameters.keys()]
    .filter((name) => !name.startsWith(`${prefix}.`))
    .map((name) => name.split(".")[0]!);
  const drawn = fresh.map((name) => name.replace(/\.[^.]+$/, ""))
    .filter((module) => !head.some((above) => module === above || module.startsWith(`${above}.`)));
  return [...new Set([...head, ...drawn])];
}

/** The layers that a config adapts, and with which numbers. @throws Error when it names none */
function chosenLayers(
  model: Model,
  config: LoraConfig,
): (LinearLayer & { rank: number; scale: number; alpha: number })[] {
  const saved = new Set(parametersUnder(model, config.modulesToSave));
  const layers = linearLayers(model), allLinear = config.targets === "all-linear";
  const chosen = layers.filter(({ name, weight, tied }) =>
    (allLinear ? !decoder.test(name) : isNamed(name, config.targets, "targets")) &&
    !isNamed(name, config.excludes, "excludes") && (tied || !saved.has(weight))
  );
  const modules = new Set(layers.map(({ name }) => name));
  const other = allLinear
    ? undefined
    : modulesOf(model).find((module) =>
      !modules.has(module) && model.parameters.has(`${module}.weight`) &&
      isNamed(module, config.targets, "targets") &&
      !isNamed(module, config.excludes, "excludes")
    );
  if (other !== undefined) {
    throw new UserError(
      `LoRA: the targets name ${other}, which is no linear layer; only linear layers can be adapted.`,
    );
  }
  if (chosen.length === 0) {
    const targets = JSON.stringify(config.targets);
    throw new UserError(
      `LoRA: the targets ${targets} name no linear layer of this ${model.architecture.modelType} ` +
        `that is not excluded or saved as a whole. ${endingsOf(layers)}`,
    );
  }
  return chosen.map((layer) => {
    const rank = byPattern(config.rankPattern, layer.name, "rankPattern") ?? config.rank;
    const alpha = byPattern(config.alphaPattern, layer.name, "alphaPattern") ?? config.alpha;
    const [out, width] = model.parameters.get(layer.weight)!.shape as [number, number];
    if (rank > Math.max(out, width)) {
      throw new UserError(
        `LoRA: the rank of "${layer.name}" is ${rank}, and the layer itself is only [${out}, ${width}]: adapters are there to ` +
          `have a lower rank than that; 8 to 64 is usual.`,
      );
    }
    return { ...layer, rank, alpha, scale: alpha / (config.rankStabilized ? Math.sqrt(rank) : rank) };
  });
}

/** How the names of linear layers end, as a sentence of a message. */
function endingsOf(layers: readonly LinearLayer[]): string {
  const endings = new Set(layers.map(({ name }) => name.replace(/^.*\.\d+\./, "")));
  return `Its linear layers end with ${[...endings].join(", ")}.`;
}

function checkConfig({ rank, alpha, dropout, rankPattern, alphaPattern }: LoraConfig): void {
  const ranks = { rank, ...rankPattern }, alphas = { alpha, ...alphaPattern };
  for (const [name, value] of Object.entries(ranks)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new UserError(
        `LoRA: the rank of "${name}" is ${value}; it must be a whole number of at least 1.`,
      );
    }
  }
  for (const [name, value] of Object.entries(alphas)) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new UserError(`LoRA: the alpha of "${name}" is ${value}; it must be above 0.`);
    }
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new UserError(`LoRA: the dropout is ${dropout}; it must be at least 0 and below 1.`);
  }
}

/** A [rank, in] as PyTorch draws a linear layer's weight: uniform within ±1 / √in (He et al. 2015, with a = √5). */
function uniformDown(name: string, rank: number, width: number, seed: number): Float32Array {
  const random = generator(randomKey(seed, ...new TextEncoder().encode(name)));
  const bound = 1 / Math.sqrt(width);
  return Float32Array.from({ length: rank * width }, () => (2 * random() - 1) * bound);
}

/**
 * Puts fresh adapters beside a model's linear layers and freezes all else, but for the modules that are saved as a whole. A
 * fresh adapter changes nothing: A is drawn, B is zero.
 *
 * @throws Error when there are adapters already, the targets name no linear layer, or a number is none
 * @example
 * ```ts
 * const { model, report } = loadCheckpoint("path/to/llama", { task: "causal-lm" });
 * attachLora(model, { rank: 8, alpha: 16, targets: ["q_proj", "v_proj"], base: "path/to/llama", fresh: report.initialised });
 * ```
 */
export function attachLora(model: Model, options: LoraOptions = {}): void {
  const { seed = 0, fresh = [], ...given } = options;
  const config: LoraConfig = {
    rank: 8,
    alpha: 8,
    dropout: 0,
    targets: "all-linear",
    excludes: [],
    modulesToSave: defaultModulesToSave(model, fresh),
    rankPattern: {},
    alphaPattern: {},
    rankStabilized: false,
    base: null,
    ...given,
  };
  const names = (targets: readonly string[] | string) => typeof targets === "string" ? [] : targets;
  const layers = linearLayers(model);
  const unknown =
    names(config.targets).find((target) => !layers.some(({ name }) => isNamed(name, [target], "targets"))) ??
      config.modulesToSave.find((ending) => parametersUnder(model, [ending]).length === 0);
  if (unknown !== undefined) {
    const what = `this ${model.architecture.modelType}`;
    throw new UserError(`LoRA: no layer of ${what} is named ${unknown}. ${endingsOf(layers)}`);
  }
  placeAdapters(model, config, (name, rank, width) => uniformDown(name, rank, width, seed));
}

/**
 * Makes the parameters of a config's adapters, B zero, and freezes what is not trained.
 *
 * @param draw the values of an A [rank, in]
 */
export function placeAdapters(
  model: Model,
  config: LoraConfig,
  draw: (name: string, rank: number, width: number) => Float32Array,
): void {
  if (model.lora !== undefined) {
    throw new Error("LoRA: the model has adapters already; merge them first (mergeLora).");
  }
  checkConfig(config);
  const layers = chosenLayers(model, config);
  for (const parameter of model.parameters.values()) parameter.trainable = false;
  for (const name of parametersUnder(model, config.modulesToSave)) {
    const parameter = model.parameters.get(name)!;
    parameter.widen();
    parameter.trainable = true;
  }
  for (const { name, weight, rank, scale } of layers) {
    const base = model.parameters.get(weight)!;
    const [out, width] = base.shape as [number, number];
    const down = new Parameter(
      `${name}.lora_A.weight`,
      tf.tensor(draw(`${name}.lora_A.weight`, rank, width), [rank, width]),
    );
    const up = new Parameter(`${name}.lora_B.weight`, tf.zeros([out, rank]));
    base.adapter = { down, up, scale, dropout: config.dropout };
    model.parameters.set(down.name, down);
    model.parameters.set(up.name, up);
  }
  model.lora = config;
}

/** The names of the layers that have adapters, in order. */
export function adaptedLayers(model: Model): string[] {
  return [...model.parameters.keys()].filter((name) => name.endsWith(".lora_A.weight"))
    .map((name) => name.slice(0, -".lora_A.weight".length));
}

/** What an adapter's file holds of a model: the matrices, and the modules that are saved as a whole. */
export function adapterParameters(model: Model): Parameter[] {
  const whole = new Set(parametersUnder(model, model.lora?.modulesToSave ?? []));
  return [...model.parameters.values()].filter(({ name }) =>
    /\.lora_[AB]\.weight$/.test(name) || whole.has(name)
  );
}

/**
 * Adds the adapters to the weights they stand beside, W + scale · B A in float32, and removes them: a model like any other,
 * of the same logits, which `saveCheckpoint` writes whole.
 *
 * @throws Error when there is no adapter, or one stands beside a weight that is the word embeddings, too
 */
export function mergeLora(model: Model): void {
  if (model.lora === undefined) throw new UserError("LoRA: the model has no adapters to merge.");
  const tied = linearLayers(model).find(({ weight, tied }) =>
    tied && model.parameters.get(weight)!.adapter !== null
  );
  if (tied !== undefined) {
    throw new UserError(
      `LoRA: ${tied.name} and the word embeddings are one ("tie_word_embeddings"), so merging its adapter would change both. ` +
        "Save the adapter, or set the field to false before training.",
    );
  }
  for (const parameter of model.parameters.values()) {
    if (parameter.adapter === null) continue;
    const { down, up, scale } = parameter.adapter;
    const merged = tf.tidy(() =>
      tf.add(
        parameter.value(),
        tf.mul(tf.matMul(up.value() as tf.Tensor2D, down.value() as tf.Tensor2D), scale),
      )
    );
    const values = (merged.dataSync() as Float32Array).slice();
    merged.dispose();
    parameter.widen();
    parameter.assign(values);
  }
  detachLora(model);
}

/** Removes the adapters: the base model again, which can be trained but for what is held in bfloat16. */
export function detachLora(model: Model): void {
  for (const parameter of [...model.parameters.values()]) {
    const { down, up } = parameter.adapter ?? {};
    for (const part of [down, up]) {
      if (part === undefined) continue;
      model.parameters.delete(part.name);
      part.dispose();
    }
    parameter.adapter = null;
    parameter.trainable = !parameter.isNarrow;
  }
  delete model.lora;
}
