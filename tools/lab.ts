/**
 * Opens JupyterLab on the project's notebooks and kernel: `deno task lab`. Arguments go to JupyterLab: `deno task lab -- --no-browser --port 8890`.
 */
import { processEnvironment } from "./environment.ts";
import { tellErrors } from "./errors.ts";
import { launch } from "./launch.ts";
import { ensureLab, setUp } from "./setup.ts";
import { kernelName } from "./setup/kernel.ts";
import { inProject, inVenv, program } from "./setup/paths.ts";

const args = Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args;
tellErrors();
await setUp({ engine: "auto", strict: false, notebooks: true, retry: false });
await ensureLab();
const settings = [
  // The project is the root, so that data/ and outputs/ can be looked at; the browser opens at the notebooks.
  `--ServerApp.root_dir=${inProject()}`,
  "--LabApp.default_url=/lab/tree/notebooks",
  `--MultiKernelManager.default_kernel_name=${kernelName}`,
];
Deno.exit(await launch(program(inVenv(), "jupyter"), ["lab", ...settings, ...args], processEnvironment()));
