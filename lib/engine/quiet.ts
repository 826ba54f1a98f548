/** Loading without the notices that TensorFlow's library writes whatever it is told. */

/**
 * Runs `load` while what is written to the process's stderr goes nowhere, and gives what it returns. Errors are thrown on as
 * they are. Where the system's C library cannot be called (Windows) nothing is held back.
 *
 * @param load synchronous, so that nothing else can write meanwhile
 */
export function withoutStderr<T>(load: () => T): T {
  const libc = openLibc();
  if (libc === null) return load();
  const { dup, dup2, open, close } = libc.symbols;
  const stderr = 2, writeOnly = 1;
  const kept = dup(stderr), nowhere = open(new TextEncoder().encode("/dev/null\0"), writeOnly);
  if (kept >= 0 && nowhere >= 0) dup2(nowhere, stderr);
  try {
    return load();
  } finally {
    if (kept >= 0) dup2(kept, stderr);
    for (const descriptor of [kept, nowhere]) if (descriptor >= 0) close(descriptor);
    libc.close();
  }
}

function openLibc() {
  const names: Partial<Record<typeof Deno.build.os, string>> = {
    linux: "libc.so.6",
    darwin: "libSystem.B.dylib",
  };
  const name = names[Deno.build.os];
  if (name === undefined) return null;
  try {
    return Deno.dlopen(name, {
      dup: { parameters: ["i32"], result: "i32" },
      dup2: { parameters: ["i32", "i32"], result: "i32" },
      open: { parameters: ["buffer", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
