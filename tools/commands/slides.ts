/** `deno task slides`: the notebooks as slides to present, one page a notebook. */
import { join, resolve } from "node:path";
import { projectNotebooks } from "../notebooks/run.ts";
import { makeSlides } from "../notebooks/slides.ts";
import { readOptions, shared } from "../options.ts";
import { exists } from "../setup/paths.ts";
import { ensureSlides } from "../setup.ts";

const options = readOptions({
  command: "slides",
  about:
    "Makes slides of the notebooks that start executed in the output folder, or of the project's own where it has not run.\n" +
    "They open in a browser without a network: OUTPUT/slides/index.html.",
  options: {
    output: { ...shared.output, default: "outputs", about: "the output folder of start" },
    withoutCode: { type: "flag", about: "texts, figures and tables only" },
  },
});

const output = resolve(options.output);
const executed = join(output, "notebooks");
const notebooks = exists(executed)
  ? [...Deno.readDirSync(executed)].map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort()
    .map((name) => join(executed, name))
  : projectNotebooks();
try {
  await ensureSlides();
  const pages = await makeSlides({ notebooks, output: join(output, "slides"), code: !options.withoutCode });
  for (const page of pages) console.log(page);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
