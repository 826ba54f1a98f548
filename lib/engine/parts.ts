/** Parameters of which each of several processes steps a part: what they are exchanged by, in the fused operations' memory. */
import * as tf from "@tensorflow/tfjs";
import type { Parameter } from "./parameters.ts";
import { attribute, DataType, dataTypeOf, run, runOne } from "./raw.ts";

/** The gradient of a part of a parameter's numbers, in row-major order; the optimizer steps that part alone, by the fused operations. */
export class PartGradient {
  /**
   * @param from the first of the numbers
   * @param values [numbers], float32
   */
  constructor(readonly from: number, readonly values: tf.Tensor) {}

  dispose(): void {
    this.values.dispose();
  }
}

/**
 * The numbers of tensors of one type where TensorFlow has them, bfloat16 as its bits: what is written there is the tensor's, and of
 * everything that shares its memory. The tensors must outlive their use.
 */
export function numbersInPlace(tensors: readonly tf.Tensor[]): (Float32Array | Uint16Array)[] {
  if (tensors.length === 0) return [];
  const type = dataTypeOf(tensors[0]!);
  const found = runOne("SongAddresses", [
    attribute.type("T", type),
    attribute.int("N", tensors.length),
  ], [...tensors]);
  const words = new Uint32Array((found.dataSync() as Int32Array).buffer);
  found.dispose();
  return tensors.map(({ size }, i) => {
    if (size === 0) return type === DataType.float32 ? new Float32Array() : new Uint16Array();
    const at = Deno.UnsafePointer.create(BigInt(words[2 * i + 1]!) << 32n | BigInt(words[2 * i]!))!;
    const bytes = (length: number) => Deno.UnsafePointerView.getArrayBuffer(at, length);
    return type === DataType.float32 ? new Float32Array(bytes(4 * size)) : new Uint16Array(bytes(2 * size));
  });
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

/** The sum of the rows of x [parts, size], one after the other, float32: [size]. */
export function sumOfParts(x: tf.Tensor): tf.Tensor {
  return runOne("SongSumParts", [attribute.type("T", dataTypeOf(x))], [x]);
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
