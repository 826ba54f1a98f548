/** How long each notebook will take on this machine, and the memory of its largest training: measured in a minute or two, nothing kept. */
import { basename, dirname, join } from "node:path";
import { startEngine } from "../../lib/engine/mod.ts";
import { textTable } from "../../lib/ground/mod.ts";
import { qaContexts } from "../../lib/qa/mod.ts";
import { instances } from "../../lib/songs/mod.ts";
import { bilingual, type Method, nameOf, type NetworkMethod, type Trial } from "../../lib/trials/mod.ts";
import { checkInputs, notebookEnvironment, type NotebookOptions } from "../notebooks/inputs.ts";
import { projectNotebooks, runNotebooks } from "../notebooks/run.ts";
import { inProject, readText, remove } from "../setup/paths.ts";
import {
  type AnswererSpeed,
  measureAnswerer,
  measureFigure,
  measureNetwork,
  measureOther,
  type NetworkSpeed,
} from "./measure.ts";
import { type Planned, planNotebooks } from "./plan.ts";
import { sourceOrShape } from "./shapes.ts";

/** A notebook's share of the time. */
export interface NotebookEstimate {
  notebook: string;
  seconds: number;
  /** What it learns and asks, each with its seconds, the longest first. */
  parts: { what: string; seconds: number }[];
}

/** The whole run. */
export interface Estimate {
  notebooks: NotebookEstimate[];
  /** Bytes of the largest training. */
  memory: number;
  /** Whether trainings may end before their last epoch. */
  mayEndSooner: boolean;
  /** Whose steps are too long to be measured whole, and by how many examples they were. */
  scaled: { what: string; measured: number; batchSize: number }[];
  /** What does the maths. */
  engine: string;
}

/** Measured speeds, each once. */
export interface Speeds {
  network(method: NetworkMethod, trial: Trial): Promise<NetworkSpeed>;
  other(method: Method, trial: Trial): Promise<number>;
}

/** The recipe's fields that decide how fast a network is; it is as fast whatever it learns how quickly. */
const decidesSpeed = ["batchSize", "maxLength", "maxWindows", "cropLength", "loraRank", "precision"] as const;

/** Speeds that are measured when they are first asked for. @param tell is told what is being measured */
export function measuring(tell: (what: string) => void): Speeds & Pick<Estimate, "memory" | "scaled"> {
  const networks = new Map<string, NetworkSpeed>(), others = new Map<string, number>();
  return {
    memory: 0,
    scaled: [],
    async network(method, { labels, sides }) {
      const { source, tokenizer, recipe } = method;
      const key = JSON.stringify([source, tokenizer, ...decidesSpeed.map((field) => recipe[field])]);
      let speed = networks.get(key);
      if (speed === undefined) {
        tell(bilingual(nameOf(method)));
        speed = await measureNetwork(method, labels, sides.train);
        networks.set(key, speed);
        this.memory = Math.max(this.memory, speed.memory);
        if (speed.scaled !== undefined) {
          this.scaled.push({ what: bilingual(nameOf(method)), ...speed.scaled });
        }
      }
      return speed;
    },
    async other(method, trial) {
      const key = JSON.stringify(method);
      let speed = others.get(key);
      if (speed === undefined) {
        tell(bilingual(nameOf(method)));
        speed = await measureOther(method, trial);
        others.set(key, speed);
      }
      return speed;
    },
  };
}

/** Seconds of a training and of the answers it is judged by. */
export async function trialSeconds(trial: Trial, speeds: Speeds): Promise<number> {
  const { method, sides: { train, validation, test } } = trial;
  if (method.kind !== "network") return await speeds.other(method, trial) * train.length;
  const { load, example, reading, answer } = await speeds.network(method, trial);
  const { epochs, adapt, batchSize, maxSteps, evaluateEveryEpochs } = method.recipe;
  const examples = method.recipe.multiLabel
    ? train.length
    : instances(train, { oversample: method.recipe.oversample }).length;
  const learnt = Math.min(epochs * examples, maxSteps === null ? Infinity : maxSteps * batchSize);
  const evaluations = Math.ceil(learnt / examples / evaluateEveryEpochs) * validation.length;
  const once = load + adapt * train.length * reading + learnt * example +
    (evaluations + validation.length + test.length) * answer;
  return (method.trainings ?? 1) * once;
}

/** Seconds of notebook 9's questions. */
export function questionSeconds(
  { load, example, examplesOfSong, question, epochs }: AnswererSpeed,
  { train, validation, test }: Trial["sides"],
): number {
  const learning = epochs * (examplesOfSong * train.length * example + validation.length * question);
  // before it learns, and in every context
  return load + learning + (1 + qaContexts.length) * test.length * question;
}

/**
 * Measures this machine and adds up what the notebooks are going to do.
 *
 * @param tell is told what is being measured
 * @throws UserError where the songs or the models cannot be used, or a training needs more memory than there is
 */
export async function estimateRun(
  options: NotebookOptions,
  tell: (what: string) => void = () => {},
): Promise<Estimate> {
  const started = performance.now();
  const { description } = await startEngine({ engine: options.engine });
  const engine = (performance.now() - started) / 1000;
  const folder = await Deno.makeTempDir();
  try {
    const [model, ...models] = await Promise.all(
      [options.model, ...options.models ?? []].map((source) => sourceOrShape(source, folder)),
    );
    const standIns = { ...options, model: model!, ...(options.models !== undefined && { models }) };
    return { ...await estimateNotebooks(standIns, engine, tell), engine: description };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function estimateNotebooks(
  options: NotebookOptions,
  engine: number,
  tell: (what: string) => void,
): Promise<Omit<Estimate, "engine">> {
  await checkInputs(options);
  tell("노트북 · a notebook");
  const opening = await measureOpening(options);
  const planned = await planNotebooks(options), speeds = measuring(tell);
  const { work: { options: { methods: { network }, recipe, tokenizer, model, seed }, sides, labels } } =
    planned;
  tell("그림 · a figure");
  const figure = await measureFigure(sides.train);
  const trained: Trial = { method: network, labels, sides, seed };
  const parts = await partsOf(planned, trained, speeds);
  tell("질문 · questions");
  const answerer = await measureAnswerer(model, { tokenizer, recipe, labels, sides });
  parts.set("09", [{ what: "질문과 답 · questions and answers", seconds: questionSeconds(answerer, sides) }]);
  const notebooks = projectNotebooks().map((path): NotebookEstimate => {
    const notebook = basename(path, ".ipynb"), own = parts.get(notebook.slice(0, 2)) ?? [];
    const basis = opening + (own.length > 0 ? engine : 0) + figuresIn(path) * figure;
    return {
      notebook,
      seconds: own.reduce((sum, { seconds }) => sum + seconds, basis),
      parts: own.toSorted((a, b) => b.seconds - a.seconds),
    };
  });
  const { earlyStoppingPatience } = recipe;
  const { memory, scaled } = speeds;
  return { notebooks, memory, scaled, mayEndSooner: earlyStoppingPatience !== null };
}

async function partsOf({ trials }: Planned, trained: Trial, speeds: Speeds) {
  const parts = new Map<string, NotebookEstimate["parts"]>();
  const add = async (notebook: string, trial: Trial) => {
    const part = { what: bilingual(nameOf(trial.method)), seconds: await trialSeconds(trial, speeds) };
    parts.set(notebook, [...parts.get(notebook) ?? [], part]);
  };
  for (const [notebook, own] of Object.entries(trials)) for (const trial of own) await add(notebook, trial);
  await add("04", trained);
  return parts;
}

/** Seconds from the start of a kernel to songs that are read and split, in a notebook that does no more. */
async function measureOpening(options: NotebookOptions): Promise<number> {
  const path = inProject("outputs", `.estimate-${Deno.pid}`, "opening.ipynb");
  const code =
    'import { settings } from "lib/notebook/mod.ts";\nimport { openSongs } from "lib/subjects/mod.ts";\n\n' +
    "const { songs } = await openSongs(settings());\nsongs.height;";
  const cell = {
    cell_type: "code",
    execution_count: null,
    id: "opening",
    metadata: {},
    outputs: [],
    source: code,
  };
  const notebook = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, JSON.stringify(notebook));
    const [result] = await runNotebooks({
      notebooks: [path],
      outputFolder: join(dirname(path), "executed"),
      env: notebookEnvironment(options),
      quiet: true,
    });
    if (result!.error !== null) throw new Error(`${result!.error.name}: ${result!.error.message}`);
    return result!.seconds;
  } finally {
    remove(dirname(path));
  }
}

/** How many figures a notebook showed when it was executed. */
function figuresIn(path: string): number {
  const { cells } = JSON.parse(readText(path)!) as {
    cells: { outputs?: { data?: Record<string, unknown> }[] }[];
  };
  return cells.flatMap(({ outputs = [] }) => outputs).filter(({ data }) =>
    data !== undefined && "image/png" in data
  ).length;
}

/** Seconds as a person says them: `40 s`, `3 min`, `2.5 h`. */
export const spoken = (seconds: number): string =>
  seconds < 90
    ? `${Math.max(1, Math.round(seconds))} s`
    : seconds < 5400
    ? `${Math.round(seconds / 60)} min`
    : `${(seconds / 3600).toFixed(seconds < 36_000 ? 1 : 0)} h`;

/** Measures, and prints what the notebooks will take. @throws UserError as {@link estimateRun} */
export async function tellEstimate(options: NotebookOptions): Promise<void> {
  const started = performance.now();
  const estimate = await estimateRun(options, (what) => console.error(`재는 중 · measuring: ${what}`));
  console.log(`\n${estimateLines(estimate).join("\n")}`);
  const gib = (estimate.memory / 2 ** 30).toFixed(1);
  console.log(
    `\n가장 큰 학습의 메모리 · memory of the largest training: ${gib} GiB. ${estimate.engine}.\n이 컴퓨터가 지금만큼 ` +
      "바쁠 때의 시간 · as busy as this machine is now; 재는 데 · measured in " +
      `${spoken((performance.now() - started) / 1000)}.`,
  );
  if (estimate.scaled.length > 0) {
    const models = estimate.scaled.map(({ what, measured, batchSize }) => `${what} ${measured}/${batchSize}`);
    console.log(
      "여기서는 한 스텝이 오래 걸려, 더 적은 곡으로 재고 곡 수에 맞춰 늘렸습니다 · steps take long here: measured with fewer songs, " +
        `and scaled: ${[...new Set(models)].join(", ")}.`,
    );
  }
  if (estimate.mayEndSooner) {
    console.log(
      "검증 정확도가 더 오르지 않으면 학습이 먼저 끝날 수 있습니다 · trainings may end sooner, where validation stops to rise.",
    );
  }
}

/** The estimate as lines: each notebook, its time, and what of it takes more than a tenth. */
export function estimateLines({ notebooks }: Pick<Estimate, "notebooks">): string[] {
  const all = notebooks.reduce((sum, { seconds }) => sum + seconds, 0);
  const table = textTable([
    ["노트북 · notebook", "시간 · time"],
    ...notebooks.map(({ notebook, seconds }) => [notebook, spoken(seconds)]),
    ["모두 · in all", spoken(all)],
  ]).split("\n");
  const largest = notebooks.map(({ seconds, parts }) => {
    const shown = parts.slice(0, 3).filter((part) => part.seconds > 0.1 * seconds);
    return shown.length === 0
      ? ""
      : `   ${shown.map((part) => `${part.what} ${spoken(part.seconds)}`).join(", ")}`;
  });
  return table.map((line, i) => `${line}${largest[i - 1] ?? ""}`);
}
