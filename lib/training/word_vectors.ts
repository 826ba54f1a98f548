/**
 * Vectors for tokens out of which tokens stand near which, to begin a language model's embeddings with: a masked language model
 * with random ones learns for thousands of steps nothing but how often each token comes.
 */
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, Matrix, QrDecomposition } from "ml-matrix";
import { normalValues, randomKey } from "../ground/mod.ts";
import { openSafetensors, writeSafetensors } from "../models/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Examples } from "./examples.ts";
import type { LanguageModel } from "./language_model.ts";
import { tokenizerFingerprint } from "./text_rows.ts";

/** How vectors are made. */
export interface WordVectorOptions {
  /** Numbers a vector. */
  width: number;
  /** Tokens to each side that count as near, each by one over its distance. */
  window?: number;
  seed: number;
  /** Is told how many rows are counted. */
  onProgress?: (rows: number) => void | Promise<void>;
  signal?: AbortSignal;
}

/** The root mean square of the vectors' numbers: as large as a trained model's embeddings. */
const scale = 0.05;

/** Counts kept at most: so many tokens times so many that stand near them. */
const mostCounts = 1 << 26;

/** More directions than asked for, and how often they are turned to the largest ones. */
const oversampling = 32, iterations = 2;

/**
 * Vectors of all tokens, [vocabulary, width]: the truncated singular value decomposition U √S of the positive pointwise mutual
 * information between tokens and the most frequent tokens near them, in one text (Levy, Goldberg & Dagan 2015, "Improving
 * distributional similarity", with its smoothed contexts), by random projections (Halko, Martinsson & Tropp 2011). Special tokens, and
 * tokens that never come, have random ones. Starts no engine: it must run.
 *
 * @throws DOMException "AbortError" where the signal asked for an end
 */
export async function wordVectors(
  rows: Examples,
  { vocabSize, specialIds }: Pick<Tokenizer, "vocabSize" | "specialIds">,
  { width, window = 5, seed, onProgress, signal }: WordVectorOptions,
): Promise<Float32Array> {
  const special = new Set(specialIds);
  const { frequent, contextOf } = await frequentTokens(rows, vocabSize, special, signal);
  const contexts = frequent.length;
  const counts = new Float32Array(vocabSize * contexts);
  let told = performance.now();
  for (let row = 0; row < rows.length; row++) {
    const { inputIds } = rows.at(row);
    for (let i = 0; i < inputIds.length; i++) {
      const token = inputIds[i]!;
      if (special.has(token)) continue;
      for (let distance = 1; distance <= window; distance++) {
        const other = inputIds[i + distance];
        // a special token ends the text
        if (other === undefined || special.has(other)) break;
        const after = contextOf[other]!, before = contextOf[token]!;
        if (after >= 0) counts[token * contexts + after]! += 1 / distance;
        if (before >= 0) counts[other * contexts + before]! += 1 / distance;
      }
    }
    if (performance.now() - told > 200) {
      await onProgress?.(row);
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      told = performance.now();
    }
  }
  await onProgress?.(rows.length);
  toInformation(counts, vocabSize, contexts);
  const vectors = decompose(counts, vocabSize, contexts, Math.min(width, contexts), seed);
  return scaled(vectors, vocabSize, Math.min(width, contexts), width, seed);
}

/**
 * Begins a fresh language model's word embeddings with {@link wordVectors} of the texts it will read; what special tokens have stays
 * as it is.
 *
 * @param options.file keeps the vectors, so that a run that is resumed begins with the very same ones
 */
export async function startWithWordVectors(
  { model, tokenizer }: LanguageModel,
  rows: Examples,
  { file, ...options }: Omit<WordVectorOptions, "width"> & { file: string },
): Promise<void> {
  const table = [...model.parameters.values()].find(({ name }) =>
    /(^|\.)(word_embeddings?|embed_tokens)\.weight$/.test(name)
  );
  if (table === undefined) throw new Error("The model has no table of word embeddings.");
  const [, width] = table.shape as [number, number], name = "word_vectors";
  const identity = `${rows.fingerprint}, ${tokenizerFingerprint(tokenizer)}, ${width}, seed ${options.seed}`;
  let vectors = readVectors(file, name, identity);
  if (vectors === null) {
    vectors = await wordVectors(rows, tokenizer, { width, ...options });
    const shape = [tokenizer.vocabSize, width];
    await writeSafetensors(file, [{ name, dtype: "F32", shape, data: vectors }], { metadata: { identity } });
  }
  const values = table.data().slice(), special = new Set(tokenizer.specialIds);
  for (let token = 0; token < tokenizer.vocabSize; token++) {
    if (special.has(token)) continue;
    values.set(vectors.subarray(token * width, (token + 1) * width), token * width);
  }
  table.assign(values);
}

/** Vectors that an earlier call kept for the same texts. */
function readVectors(file: string, name: string, identity: string): Float32Array | null {
  try {
    Deno.statSync(file);
  } catch {
    return null;
  }
  using stored = openSafetensors(file);
  return stored.metadata.identity === identity ? stored.read(name) : null;
}

/** The tokens that come most often, as many as there is room to count, and the place of each token among them, or -1. */
async function frequentTokens(
  rows: Examples,
  vocabSize: number,
  special: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<{ frequent: number[]; contextOf: Int32Array }> {
  const counts = new Float64Array(vocabSize);
  for (let row = 0; row < rows.length; row++) {
    for (const id of rows.at(row).inputIds) counts[id]!++;
    if (row % 5000 === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
    }
  }
  const frequent = Array.from(counts.keys()).filter((id) => counts[id]! > 0 && !special.has(id))
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, Math.max(1, Math.floor(Math.min(4096, mostCounts / vocabSize))));
  const contextOf = new Int32Array(vocabSize).fill(-1);
  frequent.forEach((id, i) => contextOf[id] = i);
  return { frequent, contextOf };
}

/** From counts to positive pointwise mutual information, in place; contexts' shares smoothed by the power of 0.75. */
function toInformation(counts: Float32Array, tokens: number, contexts: number): void {
  const ofToken = new Float64Array(tokens), ofContext = new Float64Array(contexts);
  for (let token = 0; token < tokens; token++) {
    for (let context = 0; context < contexts; context++) {
      const count = counts[token * contexts + context]!;
      ofToken[token]! += count;
      ofContext[context]! += count;
    }
  }
  const smoothed = ofContext.map((count) => count ** 0.75), all = smoothed.reduce((a, b) => a + b, 0);
  for (let token = 0; token < tokens; token++) {
    for (let context = 0; context < contexts; context++) {
      const place = token * contexts + context, count = counts[place]!;
      if (count === 0) continue;
      counts[place] = Math.max(0, Math.log(count * all / (ofToken[token]! * smoothed[context]!)));
    }
  }
}

/** U √S of the largest singular values of a matrix [tokens, contexts], [tokens, width]. */
function decompose(
  values: Float32Array,
  tokens: number,
  contexts: number,
  width: number,
  seed: number,
): Float32Array {
  const directions = Math.min(contexts, width + oversampling);
  const matrix = tf.tensor2d(values, [tokens, contexts]);
  try {
    let basis = orthonormal(
      normalValues(contexts * directions, 1, randomKey(seed, 21)),
      contexts,
      directions,
    );
    for (let i = 0; i < iterations; i++) {
      const turned = tf.tidy(() => {
        const q = tf.tensor2d(basis, [contexts, directions]);
        return tf.matMul(matrix, tf.matMul(matrix, q), true);
      });
      basis = orthonormal(turned.dataSync() as Float32Array, contexts, directions);
      turned.dispose();
    }
    const projected = tf.tidy(() => tf.matMul(matrix, tf.tensor2d(basis, [contexts, directions])));
    const squares = tf.tidy(() => tf.matMul(projected, projected, true));
    // the squares' eigenvectors are the right singular vectors within the basis, its eigenvalues S²
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
      matrixOf(squares.dataSync() as Float32Array, directions, directions),
      { assumeSymmetric: true },
    );
    const largest = realEigenvalues.map((value, column) => ({ value, column }))
      .sort((a, b) => b.value - a.value).slice(0, width);
    const turn = new Float32Array(directions * width);
    for (let row = 0; row < directions; row++) {
      largest.forEach(({ value, column }, i) => {
        turn[row * width + i] = value <= 0 ? 0 : eigenvectorMatrix.get(row, column) / value ** 0.25;
      });
    }
    const result = tf.tidy(() => tf.matMul(projected, tf.tensor2d(turn, [directions, width])));
    const vectors = (result.dataSync() as Float32Array).slice();
    tf.dispose([projected, squares, result]);
    return vectors;
  } finally {
    matrix.dispose();
  }
}

function matrixOf(values: ArrayLike<number>, rows: number, columns: number): Matrix {
  return Matrix.from1DArray(rows, columns, Array.from(values));
}

/** An orthonormal basis of what the columns of [rows, columns] span. */
function orthonormal(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const { orthogonalMatrix } = new QrDecomposition(matrixOf(values, rows, columns));
  return Float32Array.from(orthogonalMatrix.to1DArray());
}

/** Vectors [tokens, found] as [tokens, width] of the usual scale; random numbers where all is zero, and beyond what was found. */
function scaled(
  vectors: Float32Array,
  tokens: number,
  found: number,
  width: number,
  seed: number,
): Float32Array {
  let squares = 0, known = 0;
  for (let token = 0; token < tokens; token++) {
    let own = 0;
    for (let i = 0; i < found; i++) own += vectors[token * found + i]! ** 2;
    squares += own;
    if (own > 0) known++;
  }
  const factor = squares === 0 ? 0 : scale / Math.sqrt(squares / (known * width));
  const result = normalValues(tokens * width, scale, randomKey(seed, 22));
  for (let token = 0; token < tokens; token++) {
    const from = vectors.subarray(token * found, (token + 1) * found);
    if (!from.some((value) => value !== 0)) continue;
    for (let i = 0; i < found; i++) result[token * width + i] = factor * from[i]!;
  }
  return result;
}
