/** Checkpoint files: safetensors and PyTorch's `.bin`, read tensor by tensor; safetensors written. */
export { canonicalNames, openCheckpoint } from "./checkpoint_files.ts";
export { type Dtype, type StoredArray, type StoredArrays } from "./dtypes.ts";
export { openPytorchBin } from "./pytorch_bin.ts";
export {
  openSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type TensorData,
  type TensorToWrite,
  writeSafetensors,
  writeSafetensorsFolder,
} from "./safetensors.ts";
export { type TensorFile, type TensorInfo } from "./tensor_file.ts";
