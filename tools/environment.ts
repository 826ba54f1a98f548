/**
 * The one place for what must stand in a process's environment before it starts: every command (tools/main.ts), the
 * tests (tools/test.ts) and the Jupyter kernel (tools/setup/kernel.ts) get it from here.
 */

/**
 * Names and values for a process that trains or runs a notebook. A name that the user has set already is left out, so the user's own
 * value wins.
 *
 * @param isSet tells which names the user has set; the kernel's file, which is written once for every later process, passes none.
 */
export function processEnvironment(
  isSet: (name: string) => boolean = (name) => Deno.env.has(name),
): Record<string, string> {
  const wanted = { ...common, ...(Deno.build.env === "gnu" ? glibcAllocator : {}) };
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !isSet(name)));
}

const common: Record<string, string> = {
  // TensorFlow's C++ log: errors only.
  TF_CPP_MIN_LOG_LEVEL: "3",
  // On by default on most processors: the same on all.
  TF_ENABLE_ONEDNN_OPTS: "1",
  // Deno 2.7 (the kernel) does not trust the system's certificates by itself, and a TLS proxy's stand only there.
  DENO_TLS_CA_STORE: "system,mozilla",
  DENO_NO_UPDATE_CHECK: "1",
};

/**
 * A training step frees and takes gigabytes of tensors. With glibc's defaults each large one is mapped again and half the run goes into page
 * faults; kept in one arena on huge pages, a step is 20 to 30 % faster.
 */
const glibcAllocator: Record<string, string> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: String(8 * 1024 ** 3),
  MALLOC_TRIM_THRESHOLD_: String(16 * 1024 ** 3),
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
};
