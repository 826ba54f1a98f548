/** A folder for a test. */

/** Gives a test an empty folder, by its real path, and removes it afterwards. */
export async function withFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
