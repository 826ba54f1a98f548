/**
 * Trainings of a team, for tests that start it: `mpiexec -n 2 deno run -A team_worker.ts SCENARIO FOLDER`. The first process prints what came of
 * them as one line of JSON.
 */
import { join } from "node:path";
import { startEngine } from "../../engine/mod.ts";
import { createModel, disposeModel, lossOf, saveCheckpoint } from "../../models/mod.ts";
import { joinTeam, type Team } from "../../team/mod.ts";
import type { Example } from "../batches.ts";
import type { Recipe } from "../recipe.ts";
import { train } from "../trainer.ts";
import type { TrainingOptions } from "../types.ts";
import {
  tinyExamples,
  type TinyModel,
  tinyModel,
  tinyRecipe,
  tinyTextConfig,
  weightsOf,
  withoutTimes,
} from "./tiny.ts";

/** What a training came to. */
export interface Outcome {
  history: unknown[];
  weights: Record<string, number[]>;
  ended: string;
}

/** The last batch of an epoch has one example: some of a team have none. */
const classifierData = { train: tinyExamples(57), validation: tinyExamples(20, 4) };

/** So many numbers that each of a team steps its share of them. */
const manyWords = { vocab_size: 1024 };

/** Dropout, validation, layers that thaw, a mean over epochs' ends. */
const classifierRecipe: Recipe = {
  ...tinyRecipe,
  evaluateEverySteps: 3,
  freezeLayers: 1,
  unfreezeGradually: true,
  unfreezeEvery: 0.4,
  averageEpochs: 2,
};

const languageConfig = tinyTextConfig({ vocabSize: 40, padId: 0 }, {
  num_hidden_layers: 2,
  max_position_embeddings: 32,
});

/** Rows of which one to three tokens are asked for. */
const languageRows = (count: number, seed: number): Example[] =>
  tinyExamples(count, seed).map((example, i) => ({
    ...example,
    label: -100,
    tokenLabels: example.inputIds.map((id, place) => place > 0 && place <= 1 + i % 3 ? id : -100),
  }));
const languageData = { train: languageRows(30, 5), validation: languageRows(10, 6) };

function tinyLanguageModel(): TinyModel {
  const model = createModel(languageConfig, { task: "masked-lm", seed: 2 });
  return {
    parameters: model.parameters,
    padId: 0,
    labels: [],
    languageModel: "masked",
    loss: (pass, batch, options) => lossOf(model, pass, batch.tokens, batch.tokenLabels!, options),
    save: (folder) => saveCheckpoint(model, folder),
    identity: { config: model.json },
    dispose: () => disposeModel(model),
  };
}

async function outcomeOf(
  model: TinyModel,
  data: { train: Example[]; validation: Example[] },
  recipe: Recipe,
  options: TrainingOptions,
): Promise<Outcome> {
  try {
    const { history, ended } = await train(model, data, recipe, options);
    const weights = Object.entries(weightsOf(model)).map(([name, values]) => [name, [...values]]);
    return { history: withoutTimes(history), weights: Object.fromEntries(weights), ended };
  } finally {
    model.dispose();
  }
}

/** A classifier's training, from its start to its end. */
export const classifier = (recipe: Partial<Recipe> = {}, options: TrainingOptions = {}): Promise<Outcome> =>
  outcomeOf(tinyModel({ config: manyWords }), classifierData, { ...classifierRecipe, ...recipe }, options);

/** A masked language model's. */
export const language = (recipe: Partial<Recipe> = {}, options: TrainingOptions = {}): Promise<Outcome> =>
  outcomeOf(tinyLanguageModel(), languageData, { ...tinyRecipe, bestMetric: "loss", ...recipe }, options);

/** The classifier's training up to a step, after which it is asked to stop. */
export function stopped(output: string, afterStep: number, options: TrainingOptions = {}): Promise<Outcome> {
  const stop = new AbortController();
  return classifier({}, {
    ...options,
    output,
    signal: stop.signal,
    callbacks: [{ onStep: ({ step }) => void (step === afterStep && stop.abort()) }],
  });
}

async function scenario(name: string, folder: string, team: Team): Promise<unknown> {
  switch (name) {
    case "all":
      return {
        classifier: await classifier({}, { team }),
        again: await classifier({}, { team }),
        parts: await classifier({ microBatchTokens: 40 }, { team }),
        language: await language({}, { team }),
        stopped: await stopped(folder, 5, { team }),
      };
    case "resume":
      return {
        classifier: await classifier({}, { team }),
        resumed: await classifier({}, { team, output: folder }),
        alone: await classifier({}, { team, output: join(folder, "alone") }),
      };
    case "different":
      return await classifier({ seed: 7 + team.rank, ...(team.rank === 1 && { batchSize: 9 }) }, { team });
    case "dies":
      return await classifier({}, {
        team,
        output: folder,
        // of the others, which are told nothing, one ends at a step: the first has saved after the fifth, and gone on
        ...(team.rank === 1 && { signal: endsAt(8) }),
      });
  }
  throw new Error(`There is no scenario ${name}.`);
}

/** A signal that, asked for the so manyth time whether to stop, ends the process by force. */
function endsAt(times: number): AbortSignal {
  let asked = 0;
  return new Proxy(new AbortController().signal, {
    get(signal, property) {
      if (property === "aborted" && ++asked === times) Deno.kill(Deno.pid, "SIGKILL");
      return Reflect.get(signal, property, signal);
    },
  });
}

if (import.meta.main) {
  const [name, folder] = Deno.args as [string, string];
  using team = joinTeam();
  await startEngine();
  try {
    const result = await scenario(name, folder, team);
    if (team.rank === 0) console.log(JSON.stringify({ size: team.size, result }));
  } catch (error) {
    if (team.rank === 0) console.error((error as Error).message);
    await new Promise((resolve) => setTimeout(resolve, 500));
    team.abort(2);
  }
}
