/** `deno task slides`: the notebooks as slides to present, one page a notebook. */
import { join, resolve } from "node:path";
import { tell } from "../../lib/ground/mod.ts";
import { projectNotebooks } from "../notebooks/run.ts";
import { makeSlides } from "../notebooks/slides.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { exists } from "../setup/paths.ts";
import { ensureSlides } from "../setup.ts";

const options = readOptions(commandLines.slides);

const output = resolve(options.output);
const executed = join(output, "notebooks");
const notebooks = exists(executed)
  ? [...Deno.readDirSync(executed)].map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort()
    .map((name) => join(executed, name))
  : projectNotebooks();
if (!exists(executed)) {
  tell(
    `${options.output} has no executed notebooks: these are slides of the project's own, of the bundled songs.`,
  );
}
await ensureSlides();
const pages = await makeSlides({ notebooks, output: join(output, "slides"), code: !options.withoutCode });
for (const page of pages) console.log(page);
