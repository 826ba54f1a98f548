/**
 * Type-checks every example: the TypeScript blocks of doc comments and of the pages. Names that examples speak of (`songs`, `classifier`, …)
 * are declared in `examples.d.ts` beside this file; what a file exports, its examples have by themselves.
 */
import { inProject, remove, root } from "../../setup/paths.ts";

/** The files of the project that have examples, named from its folder. */
export async function filesWithExamples(): Promise<string[]> {
  const { stdout, success } = await new Deno.Command("git", {
    args: ["grep", "--untracked", "-lE", "^[ *]*```(ts|typescript)\\b", "--", "*.ts", "*.md"],
    cwd: root,
  }).output();
  if (!success) throw new Error("git grep finds no example.");
  return new TextDecoder().decode(stdout).trim().split("\n").filter((file) => !file.endsWith("_test.ts"));
}

/**
 * Checks examples.
 *
 * @returns whether all is well, and what Deno says
 */
export async function checkExamples(files: readonly string[]): Promise<{ success: boolean; output: string }> {
  const config = inProject(`deno.examples-${Deno.pid}.json`);
  const { compilerOptions, imports } = JSON.parse(Deno.readTextFileSync(inProject("deno.json")));
  // Deno imports all that a file exports into each of its examples, which use some of it
  const strict = { ...compilerOptions, noUnusedLocals: false, noUnusedParameters: false };
  Deno.writeTextFileSync(
    config,
    JSON.stringify({
      imports,
      // as it is installed
      nodeModulesDir: "manual",
      lock: false,
      compilerOptions: { ...strict, types: ["./tools/docs/testing/examples.d.ts"] },
    }),
  );
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--doc", "--no-run", "--config", config, ...files],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    return { success, output: text.replaceAll(/^Check .*\n/gm, "") };
  } finally {
    remove(config);
  }
}

if (import.meta.main) {
  const files = await filesWithExamples();
  const { success, output } = await checkExamples(files);
  if (!success) console.error(output);
  console.error(`Examples of ${files.length} files: ${success ? "well" : "not well"}`);
  if (!success) Deno.exit(1);
}
