/** Runs a notebook's cells in this process, without Jupyter: for tests, which would wait for kernels. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inProject } from "../../setup/paths.ts";
import { joined, readNotebook } from "./check.ts";

/**
 * Runs all cells in order, as one module.
 *
 * @param environment as the notebook's settings read it (`SONGS_FILE`, `OUTPUT`…); taken back afterwards
 * @returns what the cells printed: tables, texts, the titles of figures, which are drawn to `outputs/figures`
 * @throws Error naming the notebook and the cell that failed, with what failed as its cause
 */
export async function runCells(
  notebook: string,
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const path = inProject("notebooks", notebook);
  const { code, lines } = joined(readNotebook(path).cells);
  const folder = await Deno.makeTempDir();
  const module = join(folder, "cells.ts");
  await Deno.writeTextFile(module, code);
  const before = Object.keys(environment).map((name) => [name, Deno.env.get(name)] as const);
  const { log } = console;
  const printed: string[] = [];
  try {
    for (const [name, value] of Object.entries(environment)) Deno.env.set(name, value);
    console.log = (...texts) => void printed.push(texts.map(String).join(" "));
    await import(pathToFileURL(module).href);
    return printed;
  } catch (error) {
    const line = (error instanceof Error ? error.stack ?? "" : "").match(/cells\.ts:(\d+)/)?.[1];
    const cell = line === undefined ? undefined : lines[Number(line) - 1]?.cell;
    throw new Error(
      `${notebook}${cell === undefined ? "" : `, cell ${cell}`}: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  } finally {
    console.log = log;
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
    await Deno.remove(folder, { recursive: true });
  }
}
