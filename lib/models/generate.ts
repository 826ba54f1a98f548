/**
 * Generation with a key/value cache: a causal language model reads a text once, and what follows is computed alone.
 *
 * A cache is never changed: {@link extend} gives a new one, so that many continuations can be tried from one context.
 */
import * as tf from "@tensorflow/tfjs";
import { inferencePass, type KeyValues, type Precision, type Remembered } from "../engine/mod.ts";
import { checkBatch, type TokenBatch } from "./batch.ts";
import { hidden } from "./layers.ts";
import { findParameter, type Model } from "./model.ts";

/** Tokens read together: of all rows, or of one that all rows share. */
interface Stretch {
  batch: number;
  length: number;
  /** 1 for tokens, 0 for padding, [batch · length]. */
  kept: Int32Array;
  /** The model's layers, in order. */
  layers: KeyValues[];
}

/** What a model remembers of the rows it has read. Free it by {@link disposeCache}. */
export interface KeyValueCache {
  readonly model: Model;
  readonly precision: Precision;
  readonly batch: number;
  /** Tokens read in each row, padding not counted. */
  readonly counts: Int32Array;
  readonly stretches: readonly Stretch[];
}

/** A cache, and logits of the tokens that may come next. */
export interface Reading {
  cache: KeyValueCache;
  /** [batch, vocabulary] after each row's last token; [batch · length, vocabulary] where all were asked for. */
  logits: Float32Array;
}

/** What {@link extend} can be told. */
export interface ExtendOptions {
  /** Where logits are wanted: after each row's last token (the default), or after every one. */
  logits?: "last" | "all";
}

/**
 * Reads texts from their beginning.
 *
 * @param tokens rows of token ids; padding may stand on either side
 * @throws Error when the model does not generate, or an id is outside its vocabulary
 * @example
 * ```ts
 * const { model } = loadCheckpoint("path/to/llama", { task: "causal-lm" });
 * const { cache, logits } = startCache(model, tokenBatch([[1, 77, 24]], 0));
 * ```
 */
export function startCache(
  model: Model,
  tokens: TokenBatch,
  options: ExtendOptions & { precision?: Precision } = {},
): Reading {
  const { precision = "float32", ...rest } = options;
  const counts = new Int32Array(tokens.batch);
  return extend({ model, precision, batch: tokens.batch, counts, stretches: [] }, tokens, rest);
}

/**
 * Reads what follows. The given cache stays as it is; the new one shares its memory. A cache of one row can be followed by
 * any number of rows, which share what it holds.
 *
 * @throws Error when the rows are not the cache's
 * @example
 * ```ts
 * const { cache } = startCache(model, tokenBatch([[1, 77, 24], [1, 8]], 0));
 * const { logits } = extend(cache, tokenBatch([[5, 9], [7]], 0), { logits: "all" });
 * ```
 */
export function extend(cache: KeyValueCache, tokens: TokenBatch, options: ExtendOptions = {}): Reading {
  const { model, precision } = cache, { batch, length } = tokens;
  const rows = options.logits === "all"
    ? Int32Array.from(tokens.inputIds.keys())
    : Int32Array.from({ length: batch }, (_, row) => lastKept(tokens, row));
  let stretches: Stretch[] = [];
  const { values: logits, counts } = look(cache, tokens, rows, (logits, layers) => {
    stretches = joined(cache.stretches, { batch, length, kept: tokens.attentionMask, layers });
    for (const { layers } of stretches) {
      for (const { keys, values } of layers) {
        tf.keep(keys);
        tf.keep(values);
      }
    }
    return logits;
  });
  release(model);
  return { cache: { model, precision, batch, counts, stretches }, logits };
}

/**
 * Computes what follows a cache: what is wanted of the logits at some tokens, and how many tokens each row has then.
 *
 * @param want is given the logits [rows, vocabulary], and the tokens' keys and values, which are freed after it
 */
function look(
  cache: KeyValueCache,
  tokens: TokenBatch,
  rows: Int32Array,
  want: (logits: tf.Tensor, layers: KeyValues[]) => tf.Tensor,
): { values: Float32Array; counts: Int32Array } {
  const { model, precision } = cache, { architecture, config } = model, { batch, length } = tokens;
  if (model.task !== "causal-lm" || architecture.extend === undefined) {
    throw new Error(
      `A ${architecture.modelType} model for ${model.task} does not generate; load it with the task "causal-lm", ` +
        `which llama has.`,
    );
  }
  checkBatch(tokens, config.vocabularySize);
  if (cache.batch !== 1 && cache.batch !== batch) {
    throw new Error(`${batch} rows cannot follow a cache of ${cache.batch}.`);
  }
  const counts = Int32Array.from({ length: batch }, (_, row) => cache.counts[cache.batch === 1 ? 0 : row]!);
  // padding gets the position of the token after it: nobody looks at it
  const positions = Int32Array.from(tokens.inputIds, (_, i) => {
    const row = Math.floor(i / length);
    return tokens.attentionMask[i] !== 0 ? counts[row]!++ : counts[row]!;
  });
  const wanted = tf.tidy(() => {
    const masks = cache.stretches.map(({ batch, length, kept }) =>
      tf.tensor4d(Float32Array.from(kept, (one) => one !== 0 ? 0 : hidden), [batch, 1, 1, length])
    );
    const past: Remembered[][] = Array.from(
      { length: config.layers },
      (_, i) => cache.stretches.map(({ layers }, s) => ({ ...layers[i]!, mask: masks[s]! })),
    );
    const p = (name: string) => findParameter(model, name), pass = inferencePass(precision);
    const at = { config, p, pass, batch: tokens };
    const { logits, layers } = architecture.extend!(at, positions, past, rows);
    return want(logits, layers);
  });
  const values = (wanted.dataSync() as Float32Array).slice();
  wanted.dispose();
  return { values, counts };
}

/** Frees what a model's products made of its weights. */
function release({ parameters }: Model): void {
  for (const parameter of parameters.values()) parameter.release();
}

/** The row of a batch's last token that is not padding; its last where all are. */
function lastKept({ attentionMask, length }: TokenBatch, row: number): number {
  for (let i = (row + 1) * length - 1; i >= row * length; i--) if (attentionMask[i] !== 0) return i;
  return (row + 1) * length - 1;
}

/** Old stretches as copies that share their memory, with the new one: joined to the last where that has as many rows. */
function joined(old: readonly Stretch[], added: Stretch): Stretch[] {
  const last = old.at(-1);
  const same = last !== undefined && last.batch === added.batch;
  const copies = (same ? old.slice(0, -1) : old).map((stretch) => ({
    ...stretch,
    layers: stretch.layers.map(({ keys, values }) => ({ keys: tf.clone(keys), values: tf.clone(values) })),
  }));
  if (!same) return [...copies, added];
  const length = last.length + added.length;
  const kept = new Int32Array(added.batch * length);
  for (let row = 0; row < added.batch; row++) {
    kept.set(last.kept.subarray(row * last.length, (row + 1) * last.length), row * length);
    kept.set(added.kept.subarray(row * added.length, (row + 1) * added.length), row * length + last.length);
  }
  const layers = added.layers.map(({ keys, values }, i) => ({
    keys: tf.concat([last.layers[i]!.keys, keys], 2),
    values: tf.concat([last.layers[i]!.values, values], 2),
  }));
  return [...copies, { batch: added.batch, length, kept, layers }];
}

/** Frees a cache's memory. Caches made from it keep their own. */
export function disposeCache({ stretches }: KeyValueCache): void {
  for (const { layers } of stretches) {
    for (const { keys, values } of layers) tf.dispose([keys, values]);
  }
}

/** What {@link generate} can be told. */
export interface GenerateOptions {
  /** Tokens to make at most. */
  maxNewTokens: number;
  /** Tokens that end a row; they are the last of its result. Default: the config's `eos_token_id`. */
  endIds?: readonly number[];
  precision?: Precision;
}

/**
 * Continues each row by the likeliest token, again and again (greedy search).
 *
 * @returns the new tokens of each row
 * @throws Error when the model does not generate
 * @example
 * ```ts
 * const [answer] = generate(model, tokenBatch([[1, 77, 24]], 0), { maxNewTokens: 20 });
 * ```
 */
export function generate(model: Model, tokens: TokenBatch, options: GenerateOptions): number[][] {
  const endIds = options.endIds ?? model.config.endIds ?? [];
  const results: number[][] = Array.from({ length: tokens.batch }, () => []);
  const open = results.map(() => true);
  let { cache, logits } = startCache(model, tokens, { precision: options.precision ?? "float32" });
  try {
    for (let made = 0; made < options.maxNewTokens; made++) {
      const width = logits.length / tokens.batch;
      const next = Int32Array.from(
        results,
        (_, row) => likeliest(logits.subarray(row * width, (row + 1) * width)),
      );
      results.forEach((result, row) => {
        if (!open[row]) return;
        result.push(next[row]!);
        open[row] = !endIds.includes(next[row]!);
      });
      if (!open.includes(true) || made === options.maxNewTokens - 1) break;
      const column = { batch: tokens.batch, length: 1, inputIds: next, attentionMask: next.map(() => 1) };
      const reading = extend(cache, column);
      disposeCache(cache);
      ({ cache, logits } = reading);
    }
  } finally {
    disposeCache(cache);
  }
  return results;
}

function likeliest(logits: Float32Array): number {
  return logits.reduce((best, value, i) => value > logits[best]! ? i : best, 0);
}

/**
 * The log-likelihood of each continuation of every row that was read: Σ log p(token | all before it), natural logarithm. The rows' keys and
 * values are shared, not copied.
 *
 * @param reading of any number of rows, by {@link startCache}
 * @param continuations token ids, each of at least one; the same for all rows
 * @returns [rows][continuations]
 * @throws Error when a continuation is empty
 */
export function scoresByRow(
  { cache, logits }: Reading,
  continuations: readonly ArrayLike<number>[],
): Float64Array[] {
  const width = cache.model.config.vocabularySize, { batch } = cache;
  const empty = continuations.findIndex(({ length }) => length === 0);
  if (empty >= 0) throw new Error(`Continuation ${empty} has no tokens.`);
  const scores = Array.from({ length: batch }, () => new Float64Array(continuations.length));
  continuations.forEach((tokens, c) => {
    const length = tokens.length - 1; // the last predicts nothing that is asked for
    const inputIds = Int32Array.from({ length: batch * length }, (_, i) => tokens[i % length]!);
    const after = length === 0 ? [] : logProbabilities(
      cache,
      { batch, length, inputIds, attentionMask: inputIds.map(() => 1) },
      inputIds.map((_, i) => tokens[i % length + 1]!),
    );
    for (let row = 0; row < batch; row++) {
      let sum = logProbability(logits.subarray(row * width, (row + 1) * width), tokens[0]!);
      for (let t = 1; t < tokens.length; t++) sum += after[row * length + t - 1]!;
      scores[row]![c] = sum;
    }
  });
  release(cache.model);
  return scores;
}

/** ln P(next | all before) at each token that follows a cache, [batch · length], in float32 on the engine. */
function logProbabilities(cache: KeyValueCache, tokens: TokenBatch, next: Int32Array): Float32Array {
  const width = cache.model.config.vocabularySize;
  next.forEach((token) => checkToken(token, width));
  return look(cache, tokens, Int32Array.from(next.keys()), (logits) => {
    const chosen = tf.gather(
      tf.reshape(logits, [-1]),
      tf.tensor1d(next.map((token, i) => i * width + token), "int32"),
    );
    return tf.sub(chosen, tf.logSumExp(logits, 1));
  }).values;
}

function checkToken(token: number, vocabularySize: number): void {
  if (token >= 0 && token < vocabularySize) return;
  throw new Error(
    `Token id ${token} is outside the model's ${vocabularySize}: the tokenizer is another model's.`,
  );
}

function logProbability(logits: Float32Array, token: number): number {
  checkToken(token, logits.length);
  return logits[token]! - logSum(logits);
}

/** ln Σ exp(x). A plain loop: it runs over the vocabulary for every token. */
function logSum(logits: Float32Array): number {
  let most = -Infinity, sum = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > most) most = logits[i]!;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - most);
  return most + Math.log(sum);
}
