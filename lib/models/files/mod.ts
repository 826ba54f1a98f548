/** Checkpoint files: safetensors and PyTorch's `.bin`, read tensor by tensor; safetensors written. */
export { type Dtype, type StoredArray, type StoredArrays } from "./dtypes.ts";
export {
  openSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type TensorData,
  type TensorToWrite,
  writeSafetensors,
  writeSafetensorsFolder,
} from "./safetensors.ts";
