/** Tensors straight out of a file: read into TensorFlow's memory, without a copy in JavaScript's. */
import * as tf from "@tensorflow/tfjs";
import { attribute, DataType, hasKernels, runOne } from "./raw.ts";

/** Where a tensor's values stand in a file: row by row, little-endian. */
export interface FilePlace {
  path: string;
  /** The first byte. */
  begin: number;
  dtype: "F32" | "BF16";
  shape: readonly number[];
}

/**
 * A tensor out of a file; of bfloat16 where the file's values are.
 *
 * @returns `null` where the fused operations are not loaded, which alone can do it
 * @throws Error naming the file when it cannot be read or ends too early
 */
export function tensorFromFile({ path, begin, dtype, shape }: FilePlace): tf.Tensor | null {
  if (!hasKernels()) return null;
  return tf.tidy(() =>
    runOne("SongReadTensor", [
      attribute.type("T", dtype === "BF16" ? DataType.bfloat16 : DataType.float32),
    ], [
      tf.tensor1d(new TextEncoder().encode(path), "int32"),
      tf.tensor1d([begin | 0, Math.floor(begin / 2 ** 32)], "int32"),
      tf.tensor1d([...shape], "int32"),
    ])
  );
}
