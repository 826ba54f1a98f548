/** The nearest path that is there to one that is not. */
import { basename, dirname, join } from "node:path";
import { nearOf } from "./nearest.ts";

/**
 * The path that may have been meant by one that leads nowhere: each part of it, or the nearest to it that is there.
 *
 * @returns `undefined` where a part has none that is near
 * @example
 * ```ts
 * nearPath("outputs/trian/bets"); // "outputs/train/best"
 * ```
 */
export function nearPath(path: string): string | undefined {
  const parent = dirname(path), name = basename(path);
  const folder = dirname(parent) === parent ? parent : nearPath(parent);
  if (folder === undefined) return undefined;
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const near = names.includes(name) ? name : nearOf(name, names);
    return near === undefined ? undefined : join(folder, near);
  } catch {
    return undefined; // a file, or not to be read
  }
}
