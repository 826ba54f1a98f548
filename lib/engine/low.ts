/** Moving bfloat16 tensors about, which TensorFlow.js itself cannot; on float32 tensors they are TensorFlow.js's own. */
import * as tf from "@tensorflow/tfjs";
import {
  type Attribute,
  attribute,
  DataType,
  dataTypeOf,
  hasKernels,
  hasNative,
  hasProductsOf,
  isBfloat16,
  run,
  runOne,
  toFloat32,
} from "./raw.ts";

/** Attributes of an operation by their names: types, and whole numbers. */
const attributesOf = (values: Record<string, keyof typeof DataType | number>): Attribute[] =>
  Object.entries(values).map(([name, value]) =>
    typeof value === "number" ? attribute.int(name, value) : attribute.type(name, DataType[value])
  );

/**
 * The matrix product of two tensors of one type (rank 2, or batches of matrices of equal leading shape). Runs within a
 * `tf.tidy`.
 */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (!hasNative()) return tf.matMul(a, b, transposeA, transposeB);
  const type = attribute.type("T", dataTypeOf(a));
  if (a.rank !== 2) {
    return runOne("BatchMatMulV2", [
      attribute.bool("adj_x", transposeA),
      attribute.bool("adj_y", transposeB),
      type,
    ], [a, b]);
  }
  // in bfloat16 rows are read in pairs of neighbours; columns need not come in pairs
  const fits = !isBfloat16(a) || (transposeA && !transposeB) || a.shape[transposeA ? 0 : 1]! % 2 === 0;
  const own = hasProductsOf(a) && fits;
  const attributes = [
    attribute.bool("transpose_a", transposeA),
    attribute.bool("transpose_b", transposeB),
    type,
  ];
  return runOne(own ? "SongProduct" : "MatMul", attributes, [a, b]);
}

export function reshape(tensor: tf.Tensor, shape: number[]): tf.Tensor {
  if (!isBfloat16(tensor)) return tf.reshape(tensor, shape);
  return runOne("Reshape", attributesOf({ T: "bfloat16", Tshape: "int32" }), [
    tensor,
    tf.tensor1d(shape, "int32"),
  ]);
}

export function transpose(tensor: tf.Tensor, order: number[]): tf.Tensor {
  if (!isBfloat16(tensor)) return tf.transpose(tensor, order);
  return runOne("Transpose", attributesOf({ T: "bfloat16", Tperm: "int32" }), [
    tensor,
    tf.tensor1d(order, "int32"),
  ]);
}

/** Joins matrices one below the other. */
export function concatRows(tensors: tf.Tensor[]): tf.Tensor {
  if (tensors.length === 1) return tensors[0]!;
  if (!isBfloat16(tensors[0]!)) return tf.concat(tensors, 0);
  const attributes = attributesOf({ T: "bfloat16", Tidx: "int32", N: tensors.length });
  return runOne("ConcatV2", attributes, [...tensors, tf.scalar(0, "int32")]);
}

/** Splits a matrix into bands of rows. */
export function splitRows(tensor: tf.Tensor, sizes: number[]): tf.Tensor[] {
  if (sizes.length === 1) return [tensor];
  if (!isBfloat16(tensor)) return tf.split(tensor, sizes, 0);
  const attributes = attributesOf({ T: "bfloat16", Tlen: "int32", num_split: sizes.length });
  return run(
    "SplitV",
    attributes,
    [tensor, tf.tensor1d(sizes, "int32"), tf.scalar(0, "int32")],
    sizes.length,
  );
}

/** a + b, both of one type and shape; bfloat16 sums are rounded. */
export function sum(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return isBfloat16(a) ? runOne("AddV2", attributesOf({ T: "bfloat16" }), [a, b]) : tf.add(a, b);
}

/** Rows of a matrix by their numbers. */
export function gatherRows(tensor: tf.Tensor, rows: Int32Array): tf.Tensor {
  const indices = tf.tensor1d(rows, "int32");
  if (!hasNative()) return tf.gather(tensor, indices);
  // TensorFlow.js reads all indices to check them, which TensorFlow does too
  const Tparams = isBfloat16(tensor) ? "bfloat16" : "float32";
  const attributes = attributesOf({ Tparams, Tindices: "int32", Taxis: "int32", batch_dims: 0 });
  return runOne("GatherV2", attributes, [tensor, indices, tf.scalar(0, "int32")]);
}

/**
 * The sum of a row of each table [its rows, width], [tokens, width] float32.
 *
 * @param rows of each table the row that each token takes
 */
export function lookUp(tables: tf.Tensor[], rows: Int32Array[]): tf.Tensor {
  return tf.tidy(() => {
    const type = dataTypeOf(tables[0]!);
    if (!hasKernels() || tables.some((table) => dataTypeOf(table) !== type)) {
      return tables.map((table, i) => toFloat32(gatherRows(table, rows[i]!))).reduce((sum, part) =>
        tf.add(sum, part)
      );
    }
    const tokens = rows[0]!.length, all = new Int32Array(rows.length * tokens);
    rows.forEach((one, i) => all.set(one, i * tokens));
    const attributes = [attribute.type("T", type), attribute.int("N", tables.length)];
    return runOne("SongLookUp", attributes, [...tables, tf.tensor2d(all, [rows.length, tokens], "int32")]);
  });
}

/** Splits the first axis into single entries, [n, ...] to n tensors [...]. */
export function unstack(tensor: tf.Tensor): tf.Tensor[] {
  if (!isBfloat16(tensor)) return tf.unstack(tensor, 0);
  const num = tensor.shape[0]!;
  return run("Unpack", attributesOf({ T: "bfloat16", num, axis: 0 }), [tensor], num);
}

/** Stacks equal tensors along a new first axis. */
export function stack(tensors: tf.Tensor[]): tf.Tensor {
  if (!isBfloat16(tensors[0]!)) return tf.stack(tensors, 0);
  return runOne("Pack", attributesOf({ T: "bfloat16", N: tensors.length, axis: 0 }), tensors);
}

/** Heads side by side: [batch, heads, length, size] to [batch · length, heads · size]. */
export function joinHeads(heads: tf.Tensor): tf.Tensor {
  const [batch, count, length, size] = heads.shape as [number, number, number, number];
  return reshape(transpose(heads, [0, 2, 1, 3]), [batch * length, count * size]);
}

/** The way back: [batch · length, heads · size] to [batch, heads, length, size]. */
export function separateHeads(
  x: tf.Tensor,
  { batch, length, heads }: { batch: number; length: number; heads: number },
): tf.Tensor {
  return transpose(reshape(x, [batch, length, heads, x.shape[1]! / heads]), [0, 2, 1, 3]);
}

/** Whether the attention of these is one pass: where products are the project's own. */
export function hasWholeAttention(qkv: tf.Tensor, heads: number): boolean {
  return hasProductsOf(qkv) && (!isBfloat16(qkv) || qkv.shape[1]! / 3 / heads % 2 === 0);
}

/** Adds each row of x [n, width] float32 to the row of the result [size, width] that `rows` names; `skipped` gets nothing. */
export function sumIntoRows(x: tf.Tensor, rows: Int32Array, size: number, skipped: number | null): tf.Tensor {
  return tf.tidy(() => {
    if (hasNative()) {
      // both drop negative rows
      const kept = tf.tensor1d(
        skipped === null ? rows : rows.map((row) => row === skipped ? -1 : row),
        "int32",
      );
      if (!hasKernels()) return tf.unsortedSegmentSum(x, kept, size);
      return runOne("SongSumIntoRows", [attribute.type("T", DataType.float32)], [
        x,
        kept,
        tf.scalar(size, "int32"),
      ]);
    }
    // WebAssembly lacks UnsortedSegmentSum; scatterND adds repeated indices, and one more row takes what is dropped
    const target = skipped === null ? rows : rows.map((row) => row === skipped ? size : row);
    const indices = tf.tensor2d(target, [rows.length, 1], "int32");
    return tf.slice(tf.scatterND(indices, x, [size + 1, x.shape[1]!]), [0, 0], [size, x.shape[1]!]);
  });
}
