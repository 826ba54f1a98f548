/** `deno task lab`: opens JupyterLab on the project's notebooks and kernel, which get the options as `start` would give them. */
import { basename } from "node:path";
import { tell, writeJson } from "../../lib/ground/mod.ts";
import { useCluster } from "../cluster.ts";
import { commandLines } from "../command_lines.ts";
import { processEnvironment } from "../environment.ts";
import { launch } from "../launch.ts";
import { earlierRun, keepEarlier } from "../notebooks/earlier.ts";
import { checkInputs, notebookEnvironment, runFolders, wantedRecord } from "../notebooks/inputs.ts";
import { projectNotebooks } from "../notebooks/run.ts";
import { optionsText, readOptions } from "../options.ts";
import { ensureLab } from "../setup.ts";
import { kernelName } from "../setup/kernel.ts";
import { inProject, inVenv, program } from "../setup/paths.ts";

const options = readOptions(commandLines.lab);

await checkInputs(options);
await useCluster(options);
const folders = runFolders(options);
await lookAtEarlier();
await ensureLab();
// its version is pinned: news of others are no use
await writeJson(inVenv("share", "jupyter", "lab", "settings", "overrides.json"), {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
});
const settings = [
  // the project is the root, so that data/ and outputs/ can be looked at; the browser opens at the notebooks
  `--ServerApp.root_dir=${inProject()}`,
  "--LabApp.default_url=/lab/tree/notebooks",
  `--MultiKernelManager.default_kernel_name=${kernelName}`,
  ...(options.port === undefined ? [] : [`--ServerApp.port=${options.port}`]),
  ...(options.noBrowser ? ["--no-browser"] : []),
  // in a container, on a rented machine: whoever runs this as root runs the notebooks so elsewhere, too
  ...(Deno.uid() === 0 ? ["--allow-root"] : []),
];
Deno.exit(
  await launch(program(inVenv(), "jupyter"), ["lab", ...settings, ...options.rest], {
    ...processEnvironment(),
    ...notebookEnvironment(options),
  }),
);

/** Keeps an earlier run elsewhere where that is asked for; else says where it is another one than the notebooks now are to make. */
async function lookAtEarlier(): Promise<void> {
  const notebooks = projectNotebooks();
  const wanted = await wantedRecord(options, 0, notebooks.map((path) => basename(path)));
  const earlier = earlierRun(folders, wanted, notebooks);
  if (earlier.found === "nothing") return;
  if (options.anew) {
    const kept = await keepEarlier(folders);
    tell(`The earlier run in ${options.output} is kept in ${kept}.`);
  } else if (earlier.found === "another") {
    const differences = earlier.differences.map((line) => `\n  ${line}`).join("");
    tell(
      `${folders.run} has another run${differences === "" ? "" : `:${differences}`}\n` +
        "Notebook 4 will not mix the two. --anew keeps that run elsewhere; --output takes another folder" +
        (earlier.record === null
          ? "."
          : `; to look at that run: deno task lab -- ${
            optionsText(commandLines.lab.options, earlier.record.options)
          }`),
    );
  }
}
