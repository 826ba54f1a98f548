/** Figures of the benchmark, and the tables that show them. */
import { compare, median } from "./statistics.ts";
import type { PeerName, Row } from "./rows.ts";

/** What one peer reached beside ours in the same rounds. */
export interface PeerFigure {
  value: number;
  /** Above 1 where ours is better. */
  ratio: number;
  /** The smallest and the largest ratio of one round. */
  spread: [number, number];
}

/** A line of the table. */
export interface Figure {
  row: Row;
  what: "speed" | "memory" | "start";
  unit: string;
  better: "less" | "more";
  ours: number;
  peers: Partial<Record<PeerName | "before", PeerFigure>>;
  /** The share of what products alone would allow, of ours; where that is known. */
  share?: number;
  rounds: number;
}

/** What ours and a peer measured in the same rounds. */
export interface Series {
  peer: PeerName | "before";
  ours: readonly number[];
  theirs: readonly number[];
}

/** Several peers' series as one figure. */
export function figureOf(
  row: Row,
  { what, unit, better }: Pick<Figure, "what" | "unit" | "better">,
  series: readonly Series[],
): Figure {
  const peers: Figure["peers"] = {};
  for (const { peer, ours, theirs } of series) {
    const { peer: value, ratio, spread } = compare(ours, theirs, better);
    peers[peer] = { value, ratio, spread };
  }
  // peers of one group share ours
  const all = [...new Set(series.map(({ ours }) => ours))].flat();
  return { row, what, unit, better, ours: median(all), peers, rounds: series[0]!.ours.length };
}

/** The peer that ours has the least lead on. */
export function bestPeer({ peers }: Figure): [PeerName | "before", PeerFigure] | null {
  const all = Object.entries(peers) as [PeerName | "before", PeerFigure][];
  return all.length === 0 ? null : all.reduce((best, peer) => peer[1].ratio < best[1].ratio ? peer : best);
}

export const peerTitles: Record<PeerName, string> = {
  eager: "PyTorch",
  compile: "torch.compile",
  openvino: "OpenVINO",
  onnxruntime: "ONNX Runtime",
};

const number = (value: number) =>
  value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
const cells = (values: readonly string[]) => `| ${values.join(" | ")} |`;
const titled = (titles: readonly string[]) => [
  cells(titles),
  cells(titles.map((_, i) => i === 0 ? "---" : "---:")),
];

function ratioCell(figure: Figure): string {
  const best = bestPeer(figure);
  if (best === null) return "";
  const { ratio, spread } = best[1];
  return `**${ratio.toFixed(2)}**` +
    (figure.rounds > 1 ? ` (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})` : "");
}

const nameOf = ({ row, what }: Figure) =>
  what === "memory"
    ? `peak memory, ${row.name}`
    : what === "start"
    ? `process start to first step, ${row.name}`
    : row.name;

/** Every figure a line: ours, each peer's, the ratio to the best of them, and the share of the products' limit. */
export function longTable(figures: readonly Figure[]): string[] {
  const names = Object.keys(peerTitles) as PeerName[];
  const line = (figure: Figure) => {
    const of = (name: PeerName | "before") => {
      const peer = figure.peers[name];
      return peer === undefined ? "" : number(peer.value);
    };
    const share = figure.share === undefined ? "" : `${Math.round(figure.share * 100)} %`;
    const before = figure.peers.before === undefined ? [] : [`before: ${of("before")}`];
    return cells([
      nameOf(figure),
      `${number(figure.ours)} ${figure.unit}`,
      ...names.map((name, i) => i === 0 && before.length > 0 ? before[0]! : of(name)),
      ratioCell(figure),
      share,
    ]);
  };
  const speed = figures.filter(({ what }) => what === "speed");
  const rest = figures.filter(({ what }) => what !== "speed");
  return [
    ...titled(["", "ours", ...names.map((name) => peerTitles[name]), "ratio to the best", "of the limit"]),
    ...[...speed, ...rest].map(line),
  ];
}

/** Rows of the short table: what they measure, in English and Korean. */
const shortRows: [RegExp, en: string, ko: string][] = [
  [
    /^train small 32x64 .* 0\.1$/,
    "`kobert-small` learns, 64 tokens a row",
    "`kobert-small` 학습, 행마다 64토큰",
  ],
  [/^train small 32x256 .* 0\.1$/, "… 256 tokens", "… 256토큰"],
  [/^train base 32x64 .* 0\.1$/, "KoBERT's shape learns, 64 tokens", "KoBERT 크기 학습, 64토큰"],
  [/^train base 32x256 .* 0\.1$/, "… 256 tokens", "… 256토큰"],
  [/^train llama 32x64 .* 0\.1$/, "Llama of that size, 64 tokens", "같은 크기의 Llama, 64토큰"],
  [/^train xlnet 32x64 .* 0\.1$/, "XLNet of that size, 64 tokens", "같은 크기의 XLNet, 64토큰"],
  [/^pretrain small/, "`kobert-small` is pretrained, 128 tokens", "`kobert-small` 사전학습, 128토큰"],
  [/^infer small 32x64/, "`kobert-small` answers, 64 tokens", "`kobert-small` 예측, 64토큰"],
  [/^infer base 32x64/, "KoBERT's shape answers, 64 tokens", "KoBERT 크기 예측, 64토큰"],
];

const shortTitles = {
  en: ["rows a second, ours / the best peer", "bf16", "ratio", "float32", "ratio"],
  ko: ["초당 행 수, 이 프로젝트 / 가장 빠른 다른 프로그램", "bf16", "비", "float32", "비"],
} as const;

/** The few lines that a reader asks for first: rows a second of ours and of the best peer, in both precisions. */
export function shortTable(figures: readonly Figure[], language: "en" | "ko" = "en"): string[] {
  const cell = (pattern: RegExp, precision: string) => {
    const figure = figures.find(({ row, what }) =>
      what === "speed" && pattern.test(row.name) && row.precision === precision
    );
    if (figure === undefined) return ["", ""];
    const best = bestPeer(figure);
    const peer = best === null || best[0] === "before"
      ? ""
      : ` / ${number(best[1].value)} (${peerTitles[best[0]]})`;
    return [number(figure.ours) + peer, best === null ? "" : `**${best[1].ratio.toFixed(2)}**`];
  };
  const lines = shortRows.map((
    [pattern, en, ko],
  ) => [language === "ko" ? ko : en, ...cell(pattern, "bf16"), ...cell(pattern, "float32")])
    .filter(([, ...rest]) => rest.some((text) => text !== ""));
  return [
    ...titled([...shortTitles[language]]),
    ...lines.map(cells),
  ];
}

export const markers = { start: "<!-- bench -->", end: "<!-- /bench -->" };

/** The text with `lines` in place of what stands between {@link markers}; `null` where the markers are not there, each once. */
export function between(text: string, lines: readonly string[]): string | null {
  const parts = text.split(markers.start);
  if (parts.length !== 2) return null;
  const rest = parts[1]!.split(markers.end);
  if (rest.length !== 2) return null;
  return `${parts[0]}${markers.start}\n\n${lines.join("\n")}\n\n${markers.end}${rest[1]}`;
}
