/** `deno task docs`: writes the parts of the pages that are made of the committed notebooks, of results and of the sources. */
import { writeWhole } from "../../lib/ground/mod.ts";
import { commandLines } from "../command_lines.ts";
import { filledPages } from "../docs/blocks.ts";
import { readOptions } from "../options.ts";
import { inProject } from "../setup/paths.ts";

readOptions(commandLines.docs);

for (const { page, before, text, pictures } of await filledPages()) {
  if (text !== before) await writeWhole(inProject(page.path), text);
  for (const [path, png] of pictures) await writeWhole(inProject(path), png);
  console.log(`${page.path}: ${text === before ? "as it was" : "written anew"}, ${pictures.size} pictures`);
}
