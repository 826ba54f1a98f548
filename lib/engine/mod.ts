/**
 * The maths: starts TensorFlow or WebAssembly, and has the operations that TensorFlow.js lacks, forward and backward, fused in C++ where that pays.
 * A tape runs them backward; parameters stand where the optimizer steps them in place; products are of float32 or bfloat16.
 * It knows tensors, and nothing of models, texts or songs.
 *
 * @module
 */
export * from "./backend.ts";
export * from "./checkpointing.ts";
export * from "./encoder_layer.ts";
export * from "./file_tensor.ts";
export * from "./ops.ts";
export * from "./ops_decoder.ts";
export type { GroupedSizes, Rotary } from "./rotary.ts";
export * from "./ops_multilabel.ts";
export * from "./ops_relative.ts";
export * from "./optimizer.ts";
export * from "./parameters.ts";
export * from "./parts.ts";
export * from "./kernels.ts";
export { hasKernels, isBfloat16, toBfloat16, toFloat32 } from "./raw.ts";
export {
  denseGradient,
  type Gradient,
  gradientValues,
  isLargeTable,
  RowGradient,
  sumOfRows,
  tableGradientSize,
} from "./row_gradient.ts";
export * from "./tape.ts";
