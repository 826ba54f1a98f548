/** Whether a folder is a model's, and what somebody meant who named another. */
import { join } from "node:path";
import { UserError } from "../ground/pure.ts";
import { chooseWeights, weightsIn } from "./files/checkpoint_files.ts";

/**
 * Refuses a folder that holds neither a model nor an adapter.
 *
 * @throws UserError that says what is missing, and names the folders inside that are models: `best` of a run's folder
 */
export function checkModelFolder(folder: string): void {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  if (names.includes("adapter_config.json")) return;
  if (names.includes("config.json")) {
    weightsIn(folder);
    return;
  }
  const inside = modelsIn(folder);
  if (inside.length > 0) {
    throw new UserError(
      `${folder} is not the folder of a model, but has ${
        inside.length === 1 ? "one" : "some"
      } inside: did you mean ${inside.slice(0, 3).join(" or ")}?`,
    );
  }
  const weights = names.find((name) => /\.(safetensors|bin|pt|pth|ckpt)$/.test(name));
  throw new UserError(
    `${folder} has no config.json: it is not a checkpoint in Hugging Face's layout.` +
      (weights === undefined
        ? (names.length === 0
          ? " There is nothing in it."
          : ` What is in it: ${names.slice(0, 10).join(", ")}.`)
        : ` It has ${weights}: copy the config.json of the model that these weights are of beside it.`),
  );
}

/** The models' folders at most two levels down, a run's best one before others; a training's checkpoints are not meant. */
function modelsIn(folder: string, levels = 2): string[] {
  if (levels === 0) return [];
  const folders = [...Deno.readDirSync(folder)]
    .filter(({ name, isDirectory }) => isDirectory && !name.startsWith(".") && name !== "checkpoints")
    .map(({ name }) => join(folder, name)).sort();
  const found = folders.flatMap((path) => {
    const names = [...Deno.readDirSync(path)].map(({ name }) => name);
    const isModel = names.includes("adapter_config.json") ||
      names.includes("config.json") && chooseWeights(names) !== null;
    return isModel ? [path] : modelsIn(path, levels - 1);
  });
  const isBest = (path: string) => path.endsWith("best");
  return [...found.filter(isBest), ...found.filter((path) => !isBest(path))];
}
