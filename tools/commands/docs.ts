/** `deno task docs`: writes the parts of the pages that are made of the committed notebooks and of the results kept in the repository. */
import { basename, join } from "node:path";
import { readJson, tell, UserError, writeJson, writeWhole } from "../../lib/ground/mod.ts";
import { withTrialsProgress } from "../../lib/notebook/mod.ts";
import { trialStore } from "../../lib/trials/mod.ts";
import { commandLines } from "../command_lines.ts";
import {
  bundledSongs,
  differencesOf,
  filledPages,
  nsmcFile,
  type NsmcResults,
  type SplitResults,
} from "../docs/pages.ts";
import { measureNsmc, withOthers } from "../docs/nsmc.ts";
import { readOptions } from "../options.ts";
import type { WrittenVerdict } from "../report/data.ts";
import type { RunRecord } from "../report/record.ts";
import { exists, inProject } from "../setup/paths.ts";

const options = readOptions(commandLines.docs);

if (options.splits !== undefined) await keepSplits(options.splits);
if (options.nsmc) await keepNsmc();
const pages = await filledPages();
if (options.check) {
  const differences = pages.flatMap(differencesOf);
  if (differences.length > 0) {
    throw new UserError(
      `Figures on the pages are not what their sources say; "deno task docs" writes them anew.\n` +
        `${differences.join("\n")}`,
    );
  }
  console.log(`${pages.length} pages say what their sources say.`);
} else {
  for (const { path, before, after } of pages) {
    if (after !== before) await writeWhole(inProject(path), after);
    console.log(`${path}: ${after === before ? "as it was" : "written anew"}`);
  }
}

/** Keeps the figures of `train`'s output folders, one a split, in the repository. */
async function keepSplits(folders: readonly string[]): Promise<void> {
  const methods: SplitResults["methods"] = {};
  const records = new Map<string, RunRecord>();
  for (const folder of folders) {
    const record = await readRun<RunRecord>(folder, "run.json");
    const seed = String(record.options.seed);
    if (records.has(seed)) {
      throw new UserError(`${folder} is by seed ${seed}, as an earlier one of --splits is.`);
    }
    records.set(seed, record);
    const verdicts = await readRun<Record<string, WrittenVerdict>>(folder, "test_metrics.json");
    for (const [method, { accuracyPerSong, macroF1 }] of Object.entries(verdicts)) {
      methods[method] = { ...methods[method], [seed]: { accuracy: accuracyPerSong.value, macroF1 } };
    }
  }
  const asked = [...records.values()].map(({ options: { model, recipe, songs } }) =>
    `deno task train -- --songs data/${basename(songs)} --model ${model} --recipe ${recipe} --seed N`
  );
  if (new Set(asked).size > 1) {
    throw new UserError(`--splits names runs of several settings: ${[...new Set(asked)].join("; ")}.`);
  }
  const results: SplitResults = { command: asked[0]!, methods };
  await writeJson(inProject(bundledSongs), results);
}

/** Measures the methods on NSMC's reviews, which are not part of the project. What is trained already is in outputs/nsmc. */
async function keepNsmc(): Promise<void> {
  const reviews = inProject("..", "shared", "nsmc");
  if (!exists(reviews)) {
    tell(`${reviews} is not there: the figures of NSMC stay as they are.`);
    return;
  }
  const store = trialStore(inProject("outputs", "nsmc"));
  const results = await withTrialsProgress(
    "NSMC",
    (progress) => measureNsmc(reviews, { seeds: [7, 8, 9], store, ...progress }),
  );
  const file = inProject(nsmcFile);
  await writeJson(file, withOthers(await readJson<NsmcResults>(file), results));
}

async function readRun<T>(folder: string, name: string): Promise<T> {
  const path = join(folder, name), read = await readJson<T>(path);
  if (read === null) {
    throw new UserError(`There is no ${path}: --splits takes output folders of trainings that are done.`);
  }
  return read;
}
