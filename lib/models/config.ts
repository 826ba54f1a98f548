/** Reading `config.json`: every field that changes a model's result is honoured or refused by name. */
import { grouped, UserError } from "../ground/pure.ts";
import { type Activation, activationNames } from "../engine/mod.ts";

/** A parsed JSON object. */
export type JsonObject = Record<string, unknown>;

/** What a model is asked to do; it decides the head. */
export type Task = "sequence-classification" | "masked-lm" | "causal-lm";

/** Hugging Face's other names for the activations known here. */
const activationAliases: Record<string, Activation> = {
  gelu_python: "gelu",
  gelu_fast: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  gelu_python_tanh: "gelu_new",
  swish: "silu",
};

/** The most layers, or classes, that a model may have: ten times those of the deepest known, and more classes than ImageNet-21k's. */
const mostCounted = 25_000;

/** A config's fields by name, read with types, defaults and errors that name the field. */
export class ConfigReader {
  /** @param source names the config in errors: its path as a rule. */
  constructor(private readonly json: JsonObject, readonly source = "config.json") {}

  private fail(field: string, wanted: string): never {
    throw new UserError(
      `${this.source}: "${field}" is ${JSON.stringify(this.json[field])}; it must be ${wanted}.`,
    );
  }

  /** A field's value; `null` counts as absent, as it does in Hugging Face's configs. */
  private get(field: string): unknown {
    return this.json[field] ?? undefined;
  }

  /**
   * How many of something a model has that are made and named one by one, layers or classes: at least one, and no more than any model
   * has. A number that nobody means (a byte count, 10⁹ by a slip) would be run after until memory is out.
   */
  count(field: string, fallback: number): number {
    const value = this.integer(field, fallback);
    if (value > mostCounted) {
      this.fail(field, `a whole number from 1 to ${grouped(mostCounted)}`);
    }
    return value;
  }

  /** A whole number of at least `least`. */
  integer(field: string, fallback?: number, least = 1): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < least) {
      this.fail(field, `a whole number of at least ${least}`);
    }
    return value;
  }

  /** Two whole numbers of at least 1, the first a multiple of the second: a width and its heads. */
  multiple(field: string, fallback: number, partsField: string, partsFallback: number): [number, number] {
    const value = this.integer(field, fallback), parts = this.integer(partsField, partsFallback);
    if (value % parts !== 0) {
      throw new UserError(
        `${this.source}: "${field}" ${value} is not a multiple of "${partsField}" ${parts}.`,
      );
    }
    return [value, parts];
  }

  /** Whether the field is there and `null`, where that is not the same as absent. */
  isNull(field: string): boolean {
    return this.json[field] === null;
  }

  /** The fields of an object within the config; `null` where it is absent. */
  inside(field: string): ConfigReader | null {
    const value = this.get(field);
    if (value === undefined) return null;
    if (typeof value !== "object" || Array.isArray(value)) this.fail(field, "an object");
    return new ConfigReader(value as JsonObject, `${this.source}, "${field}"`);
  }

  /** One of some names. */
  oneOf<Name extends string>(field: string, names: readonly Name[], fallback: Name): Name {
    const value = this.get(field) ?? fallback;
    if (!names.includes(value as Name)) this.fail(field, `one of ${names.join(", ")}, the ones known here`);
    return value as Name;
  }

  /** One token id or a list of them; the fallback where the field is absent. */
  tokenIds(field: string, fallback: number[]): number[] {
    const value = this.get(field) ?? fallback;
    const ids = Array.isArray(value) ? value : [value];
    if (!ids.every((id) => Number.isInteger(id) && id >= 0)) this.fail(field, "a token id or a list of them");
    return ids;
  }

  /** A row of a table of `rows`, or `null` where the field is null; the fallback where it is absent. */
  row(field: string, fallback: number | null, rows: number): number | null {
    if (this.isNull(field)) return null;
    const value = this.get(field) ?? fallback;
    if (value === null) return null;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= rows) {
      this.fail(field, `null or a whole number from 0 to ${rows - 1}`);
    }
    return value;
  }

  /** A number of at least `least`. */
  number(field: string, fallback?: number, least = 0): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "number" || !(value >= least)) this.fail(field, `a number of at least ${least}`);
    return value;
  }

  /** A dropout rate, in [0, 1). */
  rate(field: string, fallback: number): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "number" || !(value >= 0 && value < 1)) {
      this.fail(field, "a number of at least 0 and below 1");
    }
    return value;
  }

  /** True or false. */
  boolean(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "boolean") this.fail(field, "true or false");
    return value;
  }

  /** An activation function, by any of Hugging Face's names for one that is known here. */
  activation(field: string, fallback: Activation): Activation {
    const value = this.get(field) ?? fallback;
    if (activationNames.includes(value as Activation)) return value as Activation;
    const found = typeof value === "string" ? activationAliases[value] : undefined;
    if (found !== undefined) return found;
    this.fail(
      field,
      `one of ${[...activationNames, ...Object.keys(activationAliases)].join(", ")}, the ones known here`,
    );
  }

  /** Refuses a field that would change the result unless it is absent or has one of the harmless values. */
  only(field: string, ...harmless: unknown[]): void {
    const value = this.get(field);
    if (value === undefined) return;
    if (harmless.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) return;
    const allowed = [...harmless.map((v) => JSON.stringify(v)), "absent"].join(" or ");
    this.fail(field, `${allowed}: anything else is not implemented`);
  }

  /** What a head is for, as `problem_type` has it; `null` where it is absent. */
  get problemType(): string | null {
    const value = this.get("problem_type");
    return typeof value === "string" ? value : null;
  }

  /** Whether the config names its classes, by name or by number. */
  get hasLabels(): boolean {
    return this.get("id2label") !== undefined || this.get("num_labels") !== undefined;
  }

  /** The classes' names: `id2label`, else `num_labels` numbered ones, else two, as Hugging Face does. */
  labels(): string[] {
    const named = this.get("id2label");
    if (named === undefined) {
      return numberedLabels(this.count("num_labels", 2));
    }
    if (typeof named !== "object" || named === null) {
      this.fail("id2label", "an object from class number to name");
    }
    const entries = Object.entries(named);
    return entries.map((_, i) => {
      const label = (named as JsonObject)[String(i)];
      if (typeof label === "string") return label;
      // a few configs on the Hub name their classes by numbers
      if (typeof label === "number") return String(label);
      this.fail("id2label", `an object with the keys 0 to ${entries.length - 1} and a name for each`);
    });
  }
}

/** Hugging Face's names for classes that nobody named. */
export function numberedLabels(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}

/**
 * Refuses what changes any architecture's result and is not implemented: quantised weights, layers that differ from the
 * config, heads cut out. (`dtype` is no such field: weights of any type are computed with as float32, or bf16 where asked.)
 */
function refuseUnsupported(config: ConfigReader): void {
  config.only("quantization_config");
  config.only("per_layer_config", {});
  config.only("pruned_heads", {});
  config.only("torchscript", false); // parts tied weights
}

/**
 * The fields that all architectures read alike; what none implements is refused.
 *
 * @param defaults Hugging Face's, where a config.json leaves a field out
 */
export function commonFields(
  config: ConfigReader,
  defaults: { vocabularySize: number; padId: number | null },
) {
  refuseUnsupported(config);
  const vocabularySize = config.integer("vocab_size", defaults.vocabularySize);
  return {
    vocabularySize,
    padId: config.row("pad_token_id", defaults.padId, vocabularySize),
    labels: config.labels(),
    pooling: poolingOf(config),
    initializerRange: config.number("initializer_range", 0.02),
  };
}

/**
 * What a classifier reads of a row: the one token that its architecture sums texts up in (`cls`: BERT's family by its first; XLNet and
 * Llama by their last), or the mean of all its tokens.
 */
export type Pooling = "cls" | "mean";

/** Where config.json says it; transformers knows the field of ModernBERT alone. */
export const poolingField = "classifier_pooling";

/** A config's pooling; `cls` where it says nothing. */
export function poolingOf(config: ConfigReader): Pooling {
  return config.oneOf(poolingField, ["cls", "mean"], "cls");
}

/** Hugging Face's name for a classifier that gives each class its own yes or no. */
export const multiLabelProblem = "multi_label_classification";

/** Whether a config's head gives numbers, not classes: it says so, or has one output. */
export function isRegressionConfig(config: ConfigReader): boolean {
  return config.problemType === "regression" || config.labels().length < 2;
}

/**
 * Whether a classifier gives each class its own yes or no (`problem_type` is `multi_label_classification`), and not a choice
 * of one among several.
 *
 * @throws Error for regression, or a single class
 */
export function isMultiLabelConfig(config: ConfigReader): boolean {
  const remedy = "Train it first (deno task train, or labels given here): told classes, it gets a new head.";
  if (config.problemType === "regression") {
    throw new UserError(
      `${config.source}: "problem_type" is "regression"; it must be single_label_classification or ${multiLabelProblem}: ` +
        `the model's head gives a number, not classes. ${remedy}`,
    );
  }
  if (isRegressionConfig(config)) {
    throw new UserError(
      `${config.source}: the config has one class ("num_labels" or "id2label"), which in Hugging Face means regression; ` +
        `only classification among at least two classes is implemented. ${remedy}`,
    );
  }
  const problem = config.oneOf(
    "problem_type",
    ["single_label_classification", multiLabelProblem],
    "single_label_classification",
  );
  return problem === multiLabelProblem;
}

/** Where classes stand in a head: as they are, at these rows, or nowhere: it has others. */
export type ClassRows = "same" | "other" | number[];

/** Where the wanted classes stand in the head of stored ones. */
export function classRows(stored: readonly string[], wanted: readonly string[] | undefined): ClassRows {
  if (wanted === undefined) return "same";
  if (stored.length !== wanted.length) return "other";
  if (stored.every((label, i) => label === wanted[i] || label === `LABEL_${i}`)) return "same";
  const rows = wanted.map((label) => stored.indexOf(label));
  return rows.includes(-1) ? "other" : rows;
}

/** The rows of a parameter of a head, in the order of the wanted classes. */
export function pickRows(values: Float32Array, rows: readonly number[]): Float32Array {
  const width = values.length / rows.length;
  const picked = new Float32Array(values.length);
  rows.forEach((row, i) => picked.set(values.subarray(row * width, (row + 1) * width), i * width));
  return picked;
}
