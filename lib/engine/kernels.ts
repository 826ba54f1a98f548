/** The best that runs of the two ways of {@link Kernels}. */
import { composed } from "./composed.ts";
import { fused } from "./fused.ts";
import type { Kernels } from "./kernel_types.ts";
import { hasKernels } from "./raw.ts";

/** The fused kernels where they are loaded, else the composed ones. */
export function kernels(): Kernels {
  return hasKernels() ? fused : composed;
}
