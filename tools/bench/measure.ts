/** How a row of the benchmark is measured: a process for each side, which take turns. */
import { join } from "node:path";
import { exists } from "../setup/paths.ts";
import { type Figure, figureOf, type Series } from "./figures.ts";
import { limitOf } from "./limit.ts";
import type { Answer } from "./protocol.ts";
import { configs, dropoutFields, type ModelName, type PeerName, type Row, textLengths } from "./rows.ts";
import { type Allocator, Side } from "./side.ts";
import { median } from "./statistics.ts";

/** What the measuring needs to know. */
export interface Bench {
  /** Of the environment that has the peers. */
  python: string;
  /** A folder for checkpoints. */
  scratch: string;
  /** Turns of each side. */
  rounds: number;
  /** PyTorch's. */
  allocator: Allocator;
  /** Filled as sides tell theirs. */
  versions: Record<"ours" | "peer", Answer>;
}

const speed = { what: "speed", unit: "rows/s", better: "more" } as const;
const seconds = { what: "speed", unit: "s", better: "less" } as const;
const memory = { what: "memory", unit: "GiB", better: "less" } as const;
const start = { what: "start", unit: "s", better: "less" } as const;

/** The figures of a row. @throws Error where a side fails, or both do not compute the same */
export async function measure(bench: Bench, row: Row): Promise<Figure[]> {
  const folder = await checkpointOf(bench, row.model, row.dropout);
  switch (row.kind) {
    case "load":
      return await measureLoading(bench, row);
    case "growth":
      return await measureGrowth(row, folder);
    case "allocator":
      return await measureAllocator(bench, row, folder);
    case "epoch":
    case "trainer":
    case "pretrain":
      return await measureEpochs(bench, row, folder);
    default:
      return await measureSteps(bench, row, folder);
  }
}

/** The checkpoint of a model, made by our side at first, with the dropout asked for. */
async function checkpointOf(
  { scratch, python }: Bench,
  model: ModelName,
  dropout: number,
): Promise<string> {
  const folder = join(scratch, model);
  if (!exists(folder)) {
    const task = model === "masked" ? "masked-lm" : "sequence-classification";
    await withSides(
      [Side.ours()],
      ([maker]) => maker!.ask({ do: "make", config: configs[model], task, folder }),
    );
    await withSides([Side.peer(python, "eager", "default")], async ([teller]) => {
      await teller!.ask({ do: "load", folder, precision: "float32" });
      await teller!.ask({ do: "save_bin", folder });
    });
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

async function withSides<T>(
  sides: readonly Side[],
  work: (sides: readonly Side[]) => Promise<T>,
): Promise<T> {
  try {
    return await work(sides);
  } finally {
    for (const side of sides) await side.close();
  }
}

/** Rounds of all sides in turn, another one beginning each time: what each gave in each. */
async function inTurn<T>(
  sides: readonly Side[],
  count: number,
  work: (side: Side) => Promise<T>,
): Promise<T[][]> {
  const results: T[][] = sides.map(() => []);
  for (let round = 0; round < count; round++) {
    for (let i = 0; i < sides.length; i++) {
      const at = (round + i) % sides.length;
      results[at]!.push(await work(sides[at]!));
    }
  }
  return results;
}

/** Ours and a group of peers, prepared one after the other, so that each has the machine to itself for that; then `work`. */
async function withGroup<P, T>(
  bench: Bench,
  peers: readonly PeerName[],
  prepare: (side: Side) => Promise<P>,
  work: (sides: readonly Side[], prepared: P[]) => Promise<T>,
): Promise<T> {
  const sides: Side[] = [];
  try {
    const prepared: P[] = [];
    const add = async (side: Side) => {
      sides.push(side);
      prepared.push(await prepare(side));
    };
    await add(Side.ours());
    for (const peer of peers) await add(Side.peer(bench.python, peer, bench.allocator));
    bench.versions.ours = await sides[0]!.ask({ do: "versions" });
    if (sides.length > 1) bench.versions.peer = await sides[1]!.ask({ do: "versions" });
    return await work(sides, prepared);
  } finally {
    for (const side of sides) await side.close();
  }
}

/** Each peer's series beside ours of the same group. */
function seriesOf(peers: readonly PeerName[], [ours, ...theirs]: readonly number[][]): Series[] {
  return peers.map((peer, i) => ({ peer, ours: ours!, theirs: theirs[i]! }));
}

/** What a side needs before it is measured: the first step also tells the loss and how long a start takes. */
async function warmUp(row: Row, folder: string, side: Side) {
  await side.ask({ do: "load", folder, precision: row.precision });
  const { losses } = await steps(row, side, 1);
  const firstStep = (performance.now() - side.startedAt) / 1000;
  await steps(row, side, 1);
  return { loss: losses?.[0] ?? 0, firstStep, seconds: (await steps(row, side, 1)).seconds! };
}

function steps(row: Row, side: Side, count: number): Promise<Answer> {
  if (row.kind === "optimize") return side.ask({ do: "optimize", steps: count });
  const { batch, length } = row;
  return side.ask({ do: row.kind === "infer" ? "infer" : "train", batch, length, steps: count });
}

/** Of the side of a large product's matrices. */
const large = 2048;

async function measureSteps(bench: Bench, row: Row, folder: string): Promise<Figure[]> {
  const groups: Awaited<ReturnType<typeof measureGroup>>[] = [];
  for (const peers of row.peers) groups.push(await measureGroup(bench, row, folder, peers));
  const all = (of: (group: typeof groups[number]) => Series[]) => groups.flatMap(of);
  const kind = row.kind === "optimize" ? { what: "speed", unit: "ms", better: "less" } as const : speed;
  const figure = figureOf(row, kind, all(({ series }) => series));
  if (row.kind === "optimize") return [figure];
  figure.share = figure.ours / limitOf(row, median(groups.flatMap(({ products }) => products)));
  if (row.kind === "infer") return [figure];
  return [
    figure,
    figureOf(row, memory, all(({ peaks }) => peaks)),
    figureOf(row, start, all(({ starts }) => starts)),
  ];
}

/** Ours beside a group of peers; a long row's sides one after the other, where memory does not do for all at once. */
async function measureGroup(bench: Bench, row: Row, folder: string, peers: readonly PeerName[]) {
  const turns = row.long ? Math.min(bench.rounds, 5) : bench.rounds;
  const ofSteps = (count: number) => async (side: Side) => (await steps(row, side, count)).seconds! / count;
  const scaled = (series: number[][]) =>
    series.map((times) => times.map((time) => row.kind === "optimize" ? 1000 * time : row.batch / time));
  const last = async (side: Side) => [await peakOf(side)];
  const inOrder = async <T>(sides: readonly Side[], work: (side: Side) => Promise<T>) => {
    const results: T[] = [];
    for (const side of sides) results.push(await work(side));
    return results;
  };
  if (row.long) {
    const alone = [];
    for (
      const make of [
        () => Side.ours(),
        ...peers.map((peer) => () => Side.peer(bench.python, peer, bench.allocator)),
      ]
    ) {
      alone.push(
        await withSides([make()], async ([side]) => {
          const { loss, firstStep } = await warmUp(row, folder, side!);
          const [times] = await inTurn([side!], turns, ofSteps(1));
          const [products] = await inTurn([side!], turns, productsOf(row));
          return { loss, firstStep, times: times!, products: products!, peak: await last(side!) };
        }),
      );
    }
    checkLosses(row, alone.map(({ loss }) => loss));
    return {
      series: seriesOf(peers, scaled(alone.map(({ times }) => times))),
      peaks: seriesOf(peers, alone.map(({ peak }) => peak)),
      starts: seriesOf(peers, alone.map(({ firstStep }) => [firstStep])),
      products: fastest(alone.map(({ products }) => products)),
    };
  }
  return await withGroup(bench, peers, (side) => warmUp(row, folder, side), async (sides, prepared) => {
    checkLosses(row, prepared.map(({ loss }) => loss));
    const slowest = Math.max(...prepared.map(({ seconds }) => seconds));
    const count = Math.max(1, Math.min(50, Math.ceil(1.5 / slowest)));
    const times = await inTurn(sides, slowest > 8 ? Math.min(turns, 5) : turns, ofSteps(count));
    const peaks = await inOrder(sides, last);
    const multiplying = sides.filter(({ name }) => name === "ours" || name === "eager");
    return {
      series: seriesOf(peers, scaled(times)),
      peaks: seriesOf(peers, peaks),
      starts: seriesOf(peers, prepared.map(({ firstStep }) => [firstStep])),
      products: fastest(await inTurn(multiplying, turns, productsOf(row))),
    };
  });
}

/** Multiplications and additions a second of a plain large product. */
const productsOf = ({ precision }: Row) => async (side: Side) =>
  2 * large ** 3 / (await side.ask({ do: "products", precision, size: large })).seconds!;

/** Of each round the side that multiplies fastest. */
function fastest(sides: readonly number[][]): number[] {
  return sides[0]!.map((_, round) => sides.reduce((most, rates) => Math.max(most, rates[round]!), 0));
}

/** Without dropout all sides must find the same first loss, else they do not do the same work. */
function checkLosses({ dropout, kind, precision }: Row, losses: readonly number[]): void {
  if (kind === "optimize" || (kind === "train" && dropout > 0)) return;
  // of answers, the sum of all logits
  const allowed = (precision === "bf16" ? 0.02 : 1e-4) * (kind === "infer" ? 20 : 1);
  if (losses.some((loss) => !(Math.abs(loss - losses[0]!) <= allowed))) {
    throw new Error(`The sides find ${losses.join(", ")}: they do not do the same work.`);
  }
}

async function measureEpochs(bench: Bench, row: Row, folder: string): Promise<Figure[]> {
  const { precision, batch, length, kind } = row, peers = row.peers[0]!;
  const lengths = row.texts === undefined ? [] : textLengths(row.texts, 1000, length);
  const prepare = async (side: Side) => {
    await side.ask({ do: "load", folder, precision });
    if (kind === "pretrain") await side.ask({ do: "pretrain", rows: 64, length });
    else await side.ask({ do: "train", batch, length, steps: 2 });
  };
  const epoch = async (side: Side) => {
    if (kind === "pretrain") return (await side.ask({ do: "pretrain", rows: batch, length })).seconds!;
    const answer = side.name !== "ours" && kind === "trainer"
      ? await side.ask({ do: "trainer", folder, lengths, precision })
      : await side.ask({ do: "epoch", lengths });
    return answer.seconds!;
  };
  return await withGroup(bench, peers, prepare, async (sides) => {
    const times = await inTurn(sides, Math.min(bench.rounds, 3), epoch);
    if (kind !== "pretrain") return [figureOf(row, seconds, seriesOf(peers, times))];
    const peaks: number[][] = [];
    for (const side of sides) peaks.push([await peakOf(side)]);
    const rates = times.map((of) => of.map((time) => batch / time));
    return [figureOf(row, speed, seriesOf(peers, rates)), figureOf(row, memory, seriesOf(peers, peaks))];
  });
}

/** Whether examples a second and memory stay as they are when there are more songs. */
async function measureGrowth(row: Row, folder: string): Promise<Figure[]> {
  const texts = textLengths(row.texts!, 1000, row.length);
  const run = (times: number) =>
    withSides([Side.ours()], async ([side]) => {
      await side!.ask({ do: "load", folder, precision: row.precision });
      await side!.ask({ do: "train", batch: row.batch, length: row.length, steps: 2 });
      const lengths = Array.from({ length: times }, () => texts).flat();
      const { seconds } = await side!.ask({ do: "epoch", lengths });
      return { rate: lengths.length / seconds!, memory: await peakOf(side!) };
    });
  const once = await run(1), grown = await run(row.times!);
  const series = (of: (run: typeof once) => number): Series[] => [
    { peer: "before", ours: [of(grown)], theirs: [of(once)] },
  ];
  return [
    figureOf(row, speed, series(({ rate }) => rate)),
    figureOf(row, memory, series(({ memory }) => memory)),
  ];
}

/** PyTorch with our allocator settings beside itself as it comes. */
async function measureAllocator(bench: Bench, row: Row, folder: string): Promise<Figure[]> {
  const sides: Side[] = [];
  for (const allocator of ["tuned", "default"] as const) {
    sides.push(Side.peer(bench.python, "eager", allocator));
  }
  return await withSides(sides, async () => {
    for (const side of sides) await warmUp(row, folder, side);
    const train = { ...row, kind: "train" } as const;
    const [tuned, plain] = await inTurn(
      sides,
      bench.rounds,
      async (side) => row.batch / (await steps(train, side, 1)).seconds!,
    );
    return [figureOf(row, speed, [{ peer: "before", ours: tuned!, theirs: plain! }])];
  });
}

async function measureLoading(bench: Bench, row: Row): Promise<Figure[]> {
  const whole = join(bench.scratch, row.model), own = join(bench.scratch, `${row.model}-${row.weights}`);
  if (!exists(own)) {
    await Deno.mkdir(own);
    const file = row.weights === "bin" ? "pytorch_model.bin" : "model.safetensors";
    for (const name of ["config.json", file]) await Deno.link(join(whole, name), join(own, name));
  }
  const load = async (side: Side) =>
    (await side.ask({ do: "reload", folder: own, weights: row.weights! })).seconds!;
  const peers = row.peers[0]!;
  return await withGroup(bench, peers, load, async (sides) => {
    // of one load: each side frees a model before the next
    const peaks: number[][] = [];
    for (const side of sides) peaks.push([await peakOf(side)]);
    const times = await inTurn(sides, bench.rounds, load);
    return [figureOf(row, seconds, seriesOf(peers, times)), figureOf(row, memory, seriesOf(peers, peaks))];
  });
}

/** The most memory that a side's process has held, GiB. */
async function peakOf(side: Side): Promise<number> {
  return (await side.ask({ do: "peak" })).bytes! / 2 ** 30;
}
