/** What each notebook is going to learn and ask, found out without doing any of it: by plans that are told that all is done already. */
import { join } from "node:path";
import { settings } from "../../lib/notebook/mod.ts";
import {
  judgeModel,
  openSongs,
  runArtistSplits,
  runColumns,
  runLearningCurves,
  runSeveralGenres,
  type TrainedModel,
  tryArtist,
  type Work,
} from "../../lib/subjects/mod.ts";
import {
  type Answers,
  fileNameOf,
  nameOf,
  type Predictions,
  searchModels,
  type Trial,
  type TrialStore,
} from "../../lib/trials/mod.ts";
import type { NotebookOptions } from "../notebooks/inputs.ts";
import { notebookEnvironment } from "../notebooks/inputs.ts";

/** The notebooks' work, by the beginning of their names. */
export interface Planned {
  work: Work;
  /** Trials of notebooks, `03` and so on. */
  trials: Readonly<Record<string, readonly Trial[]>>;
}

/** Predictions that say nothing: every genre is as likely. */
function nothing({ sides, labels, method }: Trial): Predictions {
  const of = (songs: readonly unknown[]): Answers => {
    const rows = songs.map(() => Float64Array.from(labels, () => 1 / labels.length));
    return { shares: rows, logits: rows };
  };
  return {
    each: method.kind === "network" && method.recipe.multiLabel,
    validation: of(sides.validation),
    test: of(sides.test),
    cost: { seconds: 0, answerSeconds: 0, steps: 0, tokens: 0, parameters: 0 },
  };
}

/** A store that has every trial, and notes which it was asked for. */
function noting(asked: Trial[]): TrialStore {
  return {
    read(trial) {
      asked.push(trial);
      return Promise.resolve(nothing(trial));
    },
    write: () => Promise.resolve(),
    workFolder: () => Promise.resolve(null),
  };
}

/**
 * The trials of every notebook that runs some, each where it is run first. What plans write on the way goes into a folder that is removed.
 *
 * @throws UserError where the songs cannot be read or learnt from
 */
export async function planNotebooks(options: NotebookOptions): Promise<Planned> {
  const environment = notebookEnvironment(options), folder = await Deno.makeTempDir();
  try {
    const opened = await openSongs(settings({}, (name) => environment[name], {}));
    const trials: Record<string, Trial[]> = {};
    const known = new Set<string>();
    const { methods: { network }, seed, search } = opened.options;
    const trained: Trial = { method: network, labels: opened.labels, sides: opened.sides, seed };
    known.add(await fileNameOf(trained)); // notebook 4 trains it
    const collect = async (notebook: string, plan: (work: Work) => Promise<unknown>) => {
      const asked: Trial[] = [];
      await plan({
        ...opened,
        options: { ...opened.options, output: join(folder, "run") },
        store: noting(asked),
      });
      trials[notebook] = [];
      for (const trial of asked) {
        const name = await fileNameOf(trial);
        if (!known.has(name)) trials[notebook].push(trial);
        known.add(name);
      }
    };
    const { split, labels } = opened;
    const model: TrainedModel = { name: nameOf(network), labels, predictions: nothing(trained) };
    await collect(
      "03",
      ({ store }) => searchModels({ train: split.train, measured: split.validation }, { ...search, store }),
    );
    await collect("05", async (work) => {
      await judgeModel(work, model);
      await runLearningCurves(work, model);
    });
    await collect("06", (work) => runArtistSplits(work, tryArtist(work, model)));
    await collect("07", (work) => runColumns(work, model));
    await collect("08", (work) => runSeveralGenres(work));
    return { work: opened, trials };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
