/** Checkpoint files: safetensors and PyTorch's `.bin`, read tensor by tensor; safetensors written. */
export { canonicalNames, openCheckpoint } from "./checkpoint_files.ts";
export { type Dtype, type StoredArray, type StoredArrays } from "./dtypes.ts";
export * from "./pytorch_bin.ts";
export * from "./safetensors.ts";
export { type TensorFile, type TensorInfo } from "./tensor_file.ts";
