/**
 * `deno task bench`: the same models on the same batches, here and in PyTorch with transformers, in turn on one machine.
 *
 * Every row has a fresh process for each side; both load the same checkpoint, warm up, and then work in turn, so that
 * whatever else the machine does meets both. A row's figure is the ratio of the medians.
 */
import { join, resolve } from "node:path";
import { UserError, writeJson } from "../../lib/ground/mod.ts";
import { machine } from "../bench/machine.ts";
import type { Answer } from "../bench/protocol.ts";
import { allRows, configs, dropoutFields, type ModelName, type Row, textLengths } from "../bench/rows.ts";
import { Side } from "../bench/side.ts";
import { compare, type Comparison } from "../bench/statistics.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";
import { exists, inProject } from "../setup/paths.ts";

const options = readOptions(commandLines.bench);

/** A line of the table. */
interface Figure extends Comparison {
  name: string;
  unit: string;
}

const rounds = options.rounds ?? (options.quick ? 3 : 7);
const wantedRows = patternOf(options.rows ?? "");
const rows = allRows().filter((row) =>
  wantedRows.test(row.name) && (!options.quick || row.quick) &&
  (options.long || !row.long || options.rows?.includes("512"))
);
if (rows.length === 0) {
  console.error(`No row has "${options.rows}" in its name. The rows:`);
  for (const { name } of allRows()) console.error(`  ${name}`);
  Deno.exit(2);
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch (error) {
    throw new UserError(`--rows is "${text}", which is no regular expression: ${(error as Error).message}.`);
  }
}

const python = await ensureReferenceVenv();
const scratch = await Deno.makeTempDir({ prefix: "bench-" });
const here = machine();
const earlier = options.resume ? await readEarlier() : null;
const figures: Figure[] = earlier?.figures ?? [];
const problems: string[] = [];
let versions: Record<"ours" | "peer", Answer> | null = earlier?.versions ?? null;
console.error(`${here.processor}, ${here.cores} cores, load ${here.load.toFixed(2)}`);
if (here.load > 0.5) console.error("Something else is running: the figures will be worth less.");
try {
  for (const [i, row] of rows.entries()) {
    if (figures.some(({ name }) => name === row.name)) continue;
    console.error(`[${i + 1}/${rows.length}] ${row.name}`);
    try {
      const measured = await measure(row);
      figures.push(...measured);
      for (const figure of measured) console.error(`    ${lineOf(figure).join("  ")}`);
    } catch (error) {
      problems.push(`${row.name}: ${(error as Error).message}`);
      console.error(`    ${(error as Error).message}`);
    }
    await save();
  }
} finally {
  await Deno.remove(scratch, { recursive: true });
}
console.log(report());
if (!options.rows && !options.quick) await tokenizerBench();
if (problems.length > 0) Deno.exit(1);

/** The checkpoint of a model, made by our side at first, with the dropout asked for. */
async function checkpointOf(model: ModelName, dropout: number): Promise<string> {
  const folder = join(scratch, model);
  if (!exists(folder)) {
    const maker = Side.ours();
    await maker.ask({ do: "make", config: configs[model], folder });
    await maker.close();
    const teller = Side.peer(python, "default");
    await teller.ask({ do: "load", folder, precision: "float32" });
    await teller.ask({ do: "save_bin", folder });
    await teller.close();
  }
  const own = join(scratch, `${model}-${dropout}`);
  if (!exists(own)) {
    await Deno.mkdir(own);
    const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
    const rates = Object.fromEntries(dropoutFields[model].map((field) => [field, dropout]));
    await Deno.writeTextFile(join(own, "config.json"), JSON.stringify({ ...config, ...rates }));
    await Deno.link(join(folder, "model.safetensors"), join(own, "model.safetensors"));
  }
  return own;
}

/** Starts a row's two processes, one after the other: `prepare` has the machine to itself. */
async function startSides<T>(
  row: Row,
  prepare: (side: Side) => Promise<T>,
): Promise<{ sides: Sides; results: [T, T] }> {
  const first = row.kind === "allocator" ? Side.peer(python, "tuned") : Side.ours();
  const sides = [first];
  try {
    const result = await prepare(first);
    const second = Side.peer(
      python,
      row.kind === "allocator" ? "default" : options.peerAllocator,
    );
    sides.push(second);
    const results: [T, T] = [result, await prepare(second)];
    if (versions === null && row.kind !== "allocator") {
      versions = { ours: await first.ask({ do: "versions" }), peer: await second.ask({ do: "versions" }) };
    }
    return { sides: [first, second], results };
  } catch (error) {
    for (const side of sides) await side.close();
    throw error;
  }
}

async function measure(row: Row): Promise<Figure[]> {
  const folder = await checkpointOf(row.model, row.dropout);
  if (row.kind === "load") return await measureLoading(row);
  if (row.kind === "growth") return await measureGrowth(row, folder);
  if (row.kind === "epoch" || row.kind === "trainer") return await measureEpochs(row, folder);
  return await measureSteps(row, folder);
}

type Sides = readonly [Side, Side];

/** Rounds of both sides in turn, the one that begins changing: the seconds of each. */
async function inTurn(
  sides: Sides,
  count: number,
  work: (side: Side) => Promise<number>,
): Promise<[number[], number[]]> {
  const seconds: [number[], number[]] = [[], []];
  for (let round = 0; round < count; round++) {
    for (const i of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      seconds[i].push(await work(sides[i]));
    }
  }
  return seconds;
}

/** What a side needs before it is measured: the first step also tells the loss and how long a start takes. */
async function warmUp(row: Row, folder: string, side: Side) {
  await side.ask({ do: "load", folder, precision: row.precision });
  const { losses } = await steps(row, side, 1);
  const firstStep = (performance.now() - side.startedAt) / 1000;
  return { loss: losses?.[0] ?? 0, firstStep, seconds: (await steps(row, side, 1)).seconds! };
}

function steps(row: Row, side: Side, count: number): Promise<Answer> {
  if (row.kind === "optimize") return side.ask({ do: "optimize", steps: count });
  const { batch, length } = row;
  return side.ask({ do: row.kind === "infer" ? "infer" : "train", batch, length, steps: count });
}

async function measureSteps(row: Row, folder: string): Promise<Figure[]> {
  if (row.long) return await measureApart(row, folder);
  const { sides, results: [ours, peer] } = await startSides(row, (side) => warmUp(row, folder, side));
  return await withSides(sides, async () => {
    checkLosses(row, ours.loss, peer.loss);
    const slowest = Math.max(ours.seconds, peer.seconds);
    const count = Math.max(1, Math.min(50, Math.ceil(1.5 / slowest)));
    const turns = slowest > 8 ? Math.min(rounds, 5) : rounds;
    const seconds = await inTurn(
      sides,
      turns,
      async (side) => (await steps(row, side, count)).seconds! / count,
    );
    const memory = row.kind === "train" ? [await peakOf(sides[0]), await peakOf(sides[1])] as const : null;
    return stepFigures(row, seconds, memory, [ours.firstStep, peer.firstStep]);
  });
}

/** One side after the other has ended: where memory does not do for both at once. */
async function measureApart(row: Row, folder: string): Promise<Figure[]> {
  const alone = async (start: () => Side) => {
    const side = start();
    return await withSides([side], async () => {
      const { loss, firstStep } = await warmUp(row, folder, side);
      const seconds: number[] = [];
      for (let turn = 0; turn < Math.min(rounds, 5); turn++) {
        seconds.push((await steps(row, side, 1)).seconds!);
      }
      return { loss, firstStep, seconds, memory: await peakOf(side) };
    });
  };
  const ours = await alone(() => Side.ours());
  const peer = await alone(() => Side.peer(python, options.peerAllocator));
  checkLosses(row, ours.loss, peer.loss);
  return stepFigures(row, [ours.seconds, peer.seconds], [ours.memory, peer.memory], [
    ours.firstStep,
    peer.firstStep,
  ]);
}

/** The lines of a row: seconds a step, and of training the peak memory in GiB and the seconds to the first step. */
function stepFigures(
  row: Row,
  [ours, peer]: [number[], number[]],
  memory: readonly [number, number] | null,
  firstStep: readonly [number, number],
): Figure[] {
  const scaled = (by: (seconds: number) => number) => [ours.map(by), peer.map(by)] as const;
  const figure: Figure = row.kind === "optimize"
    ? { name: row.name, unit: "ms", ...compare(...scaled((s) => s * 1000), "less") }
    : { name: row.name, unit: "rows/s", ...compare(...scaled((s) => row.batch / s), "more") };
  if (memory === null) return [figure];
  const start = compare([firstStep[0]], [firstStep[1]], "less");
  return [figure, memoryFigure(row, memory), {
    name: `process start to first step, ${row.name}`,
    unit: "s",
    ...start,
  }];
}

/** Without dropout both sides must find the same first loss, else they do not do the same work. */
function checkLosses(row: Row, ours: number, peer: number): void {
  if (row.dropout > 0 || row.kind !== "train") return;
  const allowed = row.precision === "bf16" ? 0.02 : 1e-4;
  if (Math.abs(ours - peer) > allowed) {
    throw new Error(`The first losses are ${ours} and ${peer}: the sides do not do the same work.`);
  }
}

async function measureEpochs(row: Row, folder: string): Promise<Figure[]> {
  const lengths = textLengths(row.texts!, 1000, row.length), { precision } = row;
  const { sides } = await startSides(row, async (side) => {
    await side.ask({ do: "load", folder, precision });
    await side.ask({ do: "train", batch: row.batch, length: row.length, steps: 2 });
  });
  return await withSides(sides, async () => {
    const epoch = async (side: Side) => {
      const answer = side === sides[1] && row.kind === "trainer"
        ? await side.ask({ do: "trainer", folder, lengths, precision })
        : await side.ask({ do: "epoch", lengths });
      return answer.seconds!;
    };
    const [ours, peer] = await inTurn(sides, Math.min(rounds, 3), epoch);
    return [{ name: row.name, unit: "s", ...compare(ours, peer, "less") }];
  });
}

/** Whether examples a second and memory stay as they are when there are more songs. */
async function measureGrowth(row: Row, folder: string): Promise<Figure[]> {
  const texts = textLengths(row.texts!, 1000, row.length), many = row.times!;
  const run = async (times: number) => {
    const side = Side.ours();
    try {
      await side.ask({ do: "load", folder, precision: row.precision });
      await side.ask({ do: "train", batch: row.batch, length: row.length, steps: 2 });
      const lengths = Array.from({ length: times }, () => texts).flat();
      const { seconds } = await side.ask({ do: "epoch", lengths });
      return { rate: lengths.length / seconds!, memory: await peakOf(side) };
    } finally {
      await side.close();
    }
  };
  const once = await run(1), grown = await run(many);
  return [
    { name: row.name, unit: "rows/s", ...compare([grown.rate], [once.rate], "more") },
    { name: `peak memory, ${row.name}`, unit: "GiB", ...compare([grown.memory], [once.memory], "less") },
  ];
}

async function measureLoading(row: Row): Promise<Figure[]> {
  const whole = join(scratch, row.model), own = join(scratch, `${row.model}-${row.weights}`);
  if (!exists(own)) {
    await Deno.mkdir(own);
    const file = row.weights === "bin" ? "pytorch_model.bin" : "model.safetensors";
    for (const name of ["config.json", file]) await Deno.link(join(whole, name), join(own, name));
  }
  const load = async (side: Side) =>
    (await side.ask({ do: "reload", folder: own, weights: row.weights! })).seconds!;
  const { sides } = await startSides(row, load);
  return await withSides(sides, async () => {
    // of one load: each side frees a model before the next
    const memory = memoryFigure(row, [await peakOf(sides[0]), await peakOf(sides[1])]);
    const [ours, peer] = await inTurn(sides, rounds, load);
    return [{ name: row.name, unit: "s", ...compare(ours, peer, "less") }, memory];
  });
}

/** The most memory that a side's process has held, GiB. */
async function peakOf(side: Side): Promise<number> {
  return (await side.ask({ do: "peak" })).bytes! / 2 ** 30;
}

function memoryFigure(row: Row, [ours, peer]: readonly [number, number]): Figure {
  return { name: `peak memory, ${row.name}`, unit: "GiB", ...compare([ours], [peer], "less") };
}

async function withSides<T>(sides: readonly Side[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const side of sides) await side.close();
  }
}

function lineOf({ name, unit, ours, peer, ratio, spread, rounds }: Figure): string[] {
  const figure = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${unit}`;
  const between = rounds > 1 ? `${spread[0].toFixed(2)} to ${spread[1].toFixed(2)}` : "";
  return [name, figure(ours), figure(peer), ratio.toFixed(2), between];
}

function report(): string {
  const { ours, peer } = versions ?? { ours: {}, peer: {} };
  const lines = [
    `${here.processor}, ${here.cores} cores, ${here.memoryGiB.toFixed(0)} GiB, ${here.system}.`,
    `Ours: ${ours.engine}, tfjs ${ours.tfjs}, Deno ${ours.deno}. PyTorch ${peer.torch}, transformers ${peer.transformers}, ` +
    `Python ${peer.python}, ${peer.threads} threads, allocator ${options.peerAllocator}.`,
    "Ratio: above 1 is better than PyTorch; of medians over rounds in turn, with the lowest and highest of a round.",
    "",
    "| | ours | PyTorch | ratio | spread |",
    "| --- | ---: | ---: | ---: | ---: |",
    // what is measured once a row, memory and start, comes after all that is measured in turn
    ...[...figures.filter(({ rounds }) => rounds > 1), ...figures.filter(({ rounds }) => rounds === 1)]
      .map((figure) => `| ${lineOf(figure).join(" | ")} |`),
  ];
  return [...lines, ...problems.map((problem) => `\nNot measured: ${problem}`)].join("\n");
}

/** What an earlier bench on this machine measured, where it was cut off or asked for other rows. */
async function readEarlier(): Promise<{ figures: Figure[]; versions: typeof versions } | null> {
  const path = resolve(options.output);
  if (!exists(path)) return null;
  const { machine: { processor, cores }, figures, versions } = JSON.parse(await Deno.readTextFile(path));
  if (processor !== here.processor || cores !== here.cores) {
    throw new UserError(
      `${options.output} is of another machine (${processor}, ${cores} cores): leave out --resume.`,
    );
  }
  return { figures, versions };
}

async function save(): Promise<void> {
  await writeJson(resolve(options.output), { machine: here, versions, figures, problems });
}

/** Tokenizing has a benchmark of its own, beside `sentencepiece` and `tokenizers`. */
async function tokenizerBench(): Promise<void> {
  const script = inProject("tools", "commands", "bench-tokenizer.ts");
  console.log("");
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script],
    stdout: "inherit",
    stderr: "inherit",
  })
    .output();
}
