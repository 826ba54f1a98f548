/** `deno task start`: runs all notebooks headless on a table of songs and says how the model did. */
import { basename, join } from "node:path";
import { macroF1Name } from "../../lib/evaluation/mod.ts";
import { heldFoldersVariable, holdFolder, inBoth, tell } from "../../lib/ground/mod.ts";
import { useCluster } from "../cluster.ts";
import { commandLines } from "../command_lines.ts";
import { earlierRun, keepEarlier } from "../notebooks/earlier.ts";
import { checkInputs, notebookEnvironment, runFolders, wantedRecord } from "../notebooks/inputs.ts";
import { isOfUsers, type NotebookResult, projectNotebooks, runNotebooks } from "../notebooks/run.ts";
import { readOptions } from "../options.ts";
import type { WrittenVerdict } from "../report/data.ts";
import { type RanNotebook, type RunRecord, writeRecord } from "../report/record.ts";

const options = readOptions(commandLines.start);

if (options.estimate) {
  const { tellEstimate } = await import("../estimate/estimate.ts");
  await tellEstimate(options);
  Deno.exit(0);
}

const notebooks = projectNotebooks();
const folders = runFolders(options), { output } = folders;
const setUp = Number(Deno.env.get("KOBERT_SETUP_SECONDS") ?? 0);

using _ = await holdFolder(output);
await checkInputs(options);
await useCluster(options);
const wanted = await wantedRecord(options, setUp, notebooks.map((path) => basename(path)));
let { record, done } = await takeUp();
using __ = await holdFolder(folders.run);
await writeRecord(folders.run, record);

const results = await runNotebooks({
  notebooks: notebooks.filter((path) => !done.includes(basename(path))),
  outputFolder: folders.notebooks,
  env: {
    ...notebookEnvironment(options),
    // their kernels write there in this process's name
    [heldFoldersVariable]: await Deno.realPath(folders.run),
  },
  timeoutSeconds: null,
  details: options.debug,
  onNotebook: note,
});
const failed = results.find(({ status }) => status !== "ok");
if (failed?.error) Deno.exit(endOf(failed.error));
await tellResults();

/** Goes on with the run that was cut off here, or keeps what is another's and begins. */
async function takeUp(): Promise<{ record: RunRecord; done: string[] }> {
  const earlier = earlierRun(folders, wanted, notebooks);
  if (earlier.found === "same" && !options.anew) {
    const { started, resumed, notebooks: ran } = earlier.record;
    const when = `${started.slice(0, 16).replace("T", " ")} UTC`;
    if (earlier.done.length === notebooks.length) {
      tell(`The run of ${when} is whole: there is nothing left to do. --anew runs all of it again.`);
      return earlier;
    }
    const seconds = ran.reduce((sum, notebook) => sum + notebook.seconds, 0);
    tell(
      `Going on with the run of ${when}, after ${seconds.toFixed(0)} s of notebooks` +
        `${earlier.done.length === 0 ? "" : `; done: ${earlier.done.join(", ")}`}. --anew starts over.`,
    );
    for (const change of resumed!.at(-1)!.changes) tell(`Since then: ${change}`);
    return earlier;
  }
  if (earlier.found !== "nothing") {
    const kept = await keepEarlier(folders);
    const differences = earlier.found === "another" ? earlier.differences : [];
    tell(
      `The earlier run in ${output} is kept in ${kept}${
        differences.length === 0
          ? "."
          : `; it is another:${differences.map((line) => `\n  ${line}`).join("")}`
      }`,
    );
  }
  return { record: wanted, done: [] };
}

/** Adds what has run to the record: a cut-off run goes on from there. */
async function note({ notebook, seconds, status, error }: NotebookResult): Promise<void> {
  const stopped = error === null
    ? {}
    : { stopped: { cell: error.cell, name: error.name, message: error.message } };
  const name = basename(notebook);
  const before = record.notebooks.find((ran) => ran.name === name);
  const ran: RanNotebook = {
    name,
    seconds: seconds + (before?.seconds ?? 0),
    done: status === "ok",
    ...stopped,
  };
  record = { ...record, notebooks: [...record.notebooks.filter((other) => other.name !== name), ran] };
  await writeRecord(folders.run, record);
}

/** Says whether the same command goes on after a notebook that failed. @returns the exit code */
function endOf(error: NonNullable<NotebookResult["error"]>): number {
  if (error.name === "Interrupted") {
    console.error(inBoth("Stopped. The same command goes on from there."));
    return 130;
  }
  // what ended the kernel from outside need not do so again
  if (error.name === "DeadKernel") console.error(inBoth("The same command goes on from there."));
  else if (!isOfUsers(error)) {
    console.error(
      inBoth("This is a fault of the program, not yours; --debug shows where it stands, for a report."),
    );
  }
  return isOfUsers(error) ? 2 : 1;
}

async function tellResults(): Promise<void> {
  const metrics: Record<string, WrittenVerdict> = JSON.parse(
    await Deno.readTextFile(join(folders.run, "test_metrics.json")),
  );
  console.log("");
  tell(`Executed notebooks: ${folders.notebooks}`);
  tell(`Model, history and metrics: ${folders.run}`);
  // Loaded here only: what draws the figures need not stand in memory while the notebooks run.
  const { writeReport } = await import("../report/write.ts");
  tell(`Report: ${await writeReport(output)}`);
  console.log("");
  // all methods are measured on the same songs
  const absent = Object.values(metrics)[0]?.perGenre.filter(({ support }) => support === 0).length ?? 0;
  tell(
    "Test songs: accuracy per instance (as the study counts), per song (right if any of its genres), " +
      macroF1Name(absent),
  );
  for (const [method, { accuracyPerInstance, accuracyPerSong, macroF1 }] of Object.entries(metrics)) {
    const numbers = [accuracyPerInstance.value, accuracyPerSong.value, macroF1].map((n) => n.toFixed(3)).join(
      "  ",
    );
    console.log(`  ${numbers}  ${method}`);
  }
  const seconds = record.notebooks.reduce((sum, notebook) => sum + notebook.seconds, 0);
  console.log("");
  tell(`Time: set-up ${setUp.toFixed(0)} s, notebooks ${seconds.toFixed(0)} s`);
}
