/** What each method said on each split, kept in files so that a run that was cut off goes on where it stood. */
import { dirname, join } from "node:path";
import type { Rows } from "../../lib/evaluation/mod.ts";
import { readIfThere } from "../../lib/training/mod.ts";

/** A method's answers on one split. */
export interface FoldResult {
  /** What it was made with; a result made with anything else is refused. */
  identity: Record<string, unknown>;
  seconds: number;
  /** Rows [song][genre], in the split's order. A transformer's are logits, the others' probabilities. */
  kind: "probabilities" | "logits";
  validation: number[][];
  test: number[][];
  /** Whatever else is worth keeping: the epochs' figures. */
  notes?: unknown;
}

const pathOf = (output: string, split: string, method: string) => join(output, split, `${method}.json`);

/** Numbers short enough to keep. */
export const rounded = (rows: Rows): number[][] =>
  Array.from(rows, (row) => Array.from(row, (value) => Number(value.toPrecision(7))));

/**
 * Reads a result; `undefined` where there is none.
 *
 * @param identity what it must have been made with
 * @throws Error when it was made with other songs, folds or settings
 */
export async function readResult(
  output: string,
  split: string,
  method: string,
  identity: Record<string, unknown>,
): Promise<FoldResult | undefined> {
  const path = pathOf(output, split, method);
  const text = await readIfThere(path);
  if (text === null) return undefined;
  const result: FoldResult = JSON.parse(text);
  const show = (value: unknown) => JSON.stringify(value) ?? "nothing";
  const differing = Object.keys(identity).filter((name) =>
    show(identity[name]) !== show(result.identity[name])
  )
    .map((name) => `${name} was ${show(result.identity[name])} and is ${show(identity[name])}`);
  if (differing.length > 0) {
    throw new Error(
      `${path} is from another run: ${differing.join("; ")}. Remove it, or choose another --output.`,
    );
  }
  return result;
}

/** Writes a result, whole or not at all. */
export async function writeResult(
  output: string,
  split: string,
  method: string,
  result: FoldResult,
): Promise<void> {
  const path = pathOf(output, split, method);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(`${path}.tmp`, JSON.stringify(result) + "\n");
  await Deno.rename(`${path}.tmp`, path);
}
