/**
 * `deno task bench`: the same models on the same batches, here and in PyTorch, OpenVINO and ONNX Runtime, in turn on one machine.
 *
 * Every row has a fresh process for each side; all load the same checkpoint, warm up, and then work in turn, so that
 * whatever else the machine does meets all. A row's figure is the ratio of the medians.
 */
import { resolve } from "node:path";
import { UserError, writeJson, writeWhole } from "../../lib/ground/mod.ts";
import { bestPeer, between, type Figure, longTable, markers, shortTable } from "../bench/figures.ts";
import { machine } from "../bench/machine.ts";
import { launch } from "../launch.ts";
import { type Bench, measure } from "../bench/measure.ts";
import { allRows } from "../bench/rows.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";
import { exists, inProject, readText } from "../setup/paths.ts";

const options = readOptions(commandLines.bench);

const wantedRows = patternOf(options.rows ?? "");
const rows = allRows().filter((row) =>
  wantedRows.test(row.name) && (!options.quick || row.quick) &&
  (options.long || !row.long)
);
if (rows.length === 0) {
  console.error(`No row has "${options.rows}" in its name. The rows:`);
  for (const { name, long } of allRows()) console.error(`  ${name}${long ? " (with --long)" : ""}`);
  Deno.exit(2);
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch (error) {
    throw new UserError(`--rows is "${text}", which is no regular expression: ${(error as Error).message}.`);
  }
}

const here = machine();
const earlier = options.resume ? await readEarlier() : null;
const figures: Figure[] = earlier?.figures ?? [];
const bench: Bench = {
  python: await ensureReferenceVenv(),
  scratch: await Deno.makeTempDir({ prefix: "bench-" }),
  rounds: options.rounds ?? (options.quick ? 3 : 7),
  allocator: options.peerAllocator,
  versions: earlier?.versions ?? { ours: {}, peer: {} },
};
const problems: string[] = [];
console.error(`${here.processor}, ${here.cores} cores, load ${here.load.toFixed(2)}`);
if (here.load > 0.5) console.error("Something else is running: the figures will be worth less.");
try {
  for (const [i, row] of rows.entries()) {
    if (figures.some((figure) => figure.row.name === row.name)) continue;
    console.error(`[${i + 1}/${rows.length}] ${row.name}`);
    try {
      const measured = await measure(bench, row);
      figures.push(...measured);
      for (const figure of measured) console.error(`    ${inWords(figure)}`);
    } catch (error) {
      problems.push(`${row.name}: ${(error as Error).message}`);
      console.error(`    ${(error as Error).message}`);
    }
    await writeJson(resolve(options.output), { machine: here, versions: bench.versions, figures, problems });
  }
} finally {
  await Deno.remove(bench.scratch, { recursive: true });
}
const order = new Map(allRows().map(({ name }, i) => [name, i]));
figures.sort((a, b) => order.get(a.row.name)! - order.get(b.row.name)!);
console.log(report().join("\n"));
const whole = !options.rows && !options.quick;
if (whole || options.document) await writeDocuments();
if (whole) await tokenizerBench();
if (problems.length > 0) Deno.exit(1);

function inWords(figure: Figure): string {
  const { what, ours, unit, peers, share } = figure;
  const number = (value: number) => value < 10 ? value.toFixed(2) : value.toFixed(1);
  const all = Object.entries(peers).map(([name, { value, ratio }]) =>
    `${name} ${number(value)} (${ratio.toFixed(2)})`
  );
  const best = bestPeer(figure);
  return `${what}: ours ${number(ours)} ${unit}, ${all.join(", ")}` +
    (best === null
      ? ""
      : `; ${best[1].ratio.toFixed(2)} of the best, ${best[1].spread.map(number).join(" to ")}`) +
    (share === undefined ? "" : `; ${Math.round(100 * share)} % of the products' limit`);
}

function report(): string[] {
  const { ours, peer } = bench.versions;
  return [
    `${here.processor}, ${here.cores} cores, ${here.memoryGiB.toFixed(0)} GiB, ${here.system}.`,
    `Ours: ${ours.engine}, tfjs ${ours.tfjs}, Deno ${ours.deno}. PyTorch ${peer.torch}, transformers ${peer.transformers}, ` +
    `OpenVINO ${peer.openvino}, ONNX Runtime ${peer.onnxruntime}, Python ${peer.python}, ${peer.threads} threads, ` +
    `allocator ${bench.allocator}.`,
    "",
    "Ratio: above 1 is better than the best of the peers; of medians over rounds in turn, with the lowest and highest of a round. " +
    "Of the limit: the share of what the model's products alone, of all tokens in all layers, would take at the speed of a plain large " +
    "product, measured in the same run.",
    "",
    ...longTable(figures),
    ...problems.map((problem) => `\nNot measured: ${problem}`),
  ];
}

/** docs/benchmark.md whole, and the short table between the markers of both READMEs. */
async function writeDocuments(): Promise<void> {
  const document = inProject("docs", "benchmark.md");
  const readmes = [["README.md", "en"], ["README.ko.md", "ko"]] as const;
  await writeWhole(
    document,
    [
      "# Speed and memory beside the peers",
      "",
      "Made by `deno task bench`.",
      "",
      ...report(),
      "",
    ].join("\n"),
  );
  for (const [name, language] of readmes) {
    const path = inProject(name), text = between(readText(path) ?? "", shortTable(figures, language));
    if (text === null) {
      console.error(`${name} has no ${markers.start} … ${markers.end}: the short table goes nowhere.`);
    } else await writeWhole(path, text);
  }
  const format = ["fmt", "--quiet", document, ...readmes.map(([name]) => inProject(name))];
  await new Deno.Command(Deno.execPath(), { args: format, cwd: inProject() }).output();
}

/** What an earlier bench on this machine measured, where it was cut off or asked for other rows. */
async function readEarlier(): Promise<{ figures: Figure[]; versions: Bench["versions"] } | null> {
  const path = resolve(options.output);
  if (!exists(path)) return null;
  const { machine: { processor, cores }, figures, versions } = JSON.parse(await Deno.readTextFile(path));
  if (processor !== here.processor || cores !== here.cores) {
    throw new UserError(
      `${options.output} is of another machine (${processor}, ${cores} cores): leave out --resume.`,
    );
  }
  // those of an older form are measured again
  return { figures: figures.filter(({ row }: Partial<Figure>) => row !== undefined), versions };
}

/** Tokenizing has a benchmark of its own, beside `sentencepiece` and `tokenizers`. */
async function tokenizerBench(): Promise<void> {
  const script = inProject("tools", "commands", "bench-tokenizer.ts");
  console.log("");
  await launch(Deno.execPath(), ["run", "-A", script], {});
}
