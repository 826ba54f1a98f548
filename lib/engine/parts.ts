/** Parameters of which each of several processes steps a part: what they are exchanged by, in the fused operations' memory. */
import * as tf from "@tensorflow/tfjs";
import type { Parameter } from "./parameters.ts";
import { attribute, DataType, dataTypeOf, run, runOne } from "./raw.ts";

/** The gradient of a part of a parameter's numbers, in row-major order; the optimizer steps that part alone, by the fused operations. */
export class PartGradient {
  /**
   * @param from the first of the numbers
   * @param size how many they are
   * @param values their gradient, float32, among those of other parameters' parts: what disposes one disposes all
   * @param at where theirs begins among them
   */
  constructor(readonly from: number, readonly size: number, readonly values: tf.Tensor, readonly at = 0) {}

  dispose(): void {
    this.values.dispose();
  }
}

/** Numbers in memory, float32 or of two bytes. */
export interface NumbersInPlace {
  address: bigint;
  length: number;
  bytes: 2 | 4;
}

/**
 * The numbers of tensors of one type where TensorFlow has them: what is written there is the tensor's, and of everything that shares its
 * memory. The tensors must outlive their use. They are no arrays: V8 would take the memory for its own, and collect garbage for it.
 */
export function numbersInPlace(tensors: readonly tf.Tensor[]): NumbersInPlace[] {
  if (tensors.length === 0) return [];
  const type = dataTypeOf(tensors[0]!), bytes = type === DataType.float32 ? 4 : 2;
  const found = runOne("SongAddresses", [
    attribute.type("T", type),
    attribute.int("N", tensors.length),
  ], [...tensors]);
  const words = new Uint32Array((found.dataSync() as Int32Array).buffer);
  found.dispose();
  return tensors.map(({ size }, i) => ({
    address: BigInt(words[2 * i + 1]!) << 32n | BigInt(words[2 * i]!),
    length: size,
    bytes,
  }));
}

/**
 * A tensor whose numbers are whatever stood in its memory, float32 or bfloat16.
 *
 * @param like has the type
 */
export function unwritten(shape: number[], like: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    runOne("Empty", [attribute.type("dtype", dataTypeOf(like)), attribute.bool("init", false)], [
      tf.tensor1d(shape, "int32"),
    ])
  );
}

/**
 * A process among those that share out the numbers of arrays: of n numbers it has those from ⌊n · rank / size⌋ to ⌊n · (rank + 1) / size⌋.
 * Arrays that are joined have the first member's share of each, then the second's: what goes to one, or comes from it, stands together.
 */
interface Member {
  rank: number;
  size: number;
}

function runOnShares(
  name: string,
  tensors: readonly tf.Tensor[],
  more: tf.Tensor[],
  shares: number[],
  outputs: number,
): tf.Tensor[] {
  const attributes = [attribute.type("T", dataTypeOf(tensors[0]!)), attribute.int("N", tensors.length)];
  return tf.tidy(() => run(name, attributes, [...tensors, ...more, tf.tensor1d(shares, "int32")], outputs));
}

/**
 * Tensors of one type joined, a member's own shares or those of the others: what else stands in its memory is nobody's.
 *
 * @returns as many numbers as they have
 */
export function joinShares(
  tensors: readonly tf.Tensor[],
  whose: "own" | "others",
  { rank, size }: Member,
): tf.Tensor {
  return runOnShares("SongJoinShares", tensors, [], [size, rank, whose === "own" ? 1 : 0], 1)[0]!;
}

/** Writes the others' shares from where they are joined to float32 tensors, in their memory. */
export function spreadShares(joined: tf.Tensor, tensors: readonly tf.Tensor[], { rank, size }: Member): void {
  runOnShares("SongSpreadShares", tensors, [joined], [size, rank], 0);
}

/**
 * The sums of a member's shares of tensors, joined, float32: added up one member after the other.
 *
 * @param tensors its own, whole
 * @param received [members - 1, numbers], of their type: what the others have there, by rank
 */
export function sumShares(
  tensors: readonly tf.Tensor[],
  received: tf.Tensor,
  { rank, size }: Member,
): tf.Tensor {
  return runOnShares("SongSumShares", tensors, [received], [size, rank], 1)[0]!;
}

/**
 * Makes the bfloat16 copies that parameters hold anew, but for the part that the optimizer has stepped with its copy: others have stepped
 * the rest.
 *
 * @param stepped by parameter, from where to where the part goes
 */
export function narrowRest(stepped: ReadonlyMap<Parameter, { from: number; to: number }>): void {
  const held = [...stepped].flatMap(([parameter, part]) => {
    const low = parameter.heldLowValue();
    return low === null ? [] : [{ full: parameter.value(), low, part }];
  });
  if (held.length === 0) return;
  tf.tidy(() => {
    const attributes = [attribute.type("T", DataType.float32), attribute.int("N", held.length)];
    const done = tf.tensor2d(held.flatMap(({ part: { from, to } }) => [from, to]), [held.length, 2], "int32");
    run("SongNarrowRest", attributes, [
      ...held.map(({ full }) => full),
      ...held.map(({ low }) => low),
      done,
    ], 0);
  });
}
