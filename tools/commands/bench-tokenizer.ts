/**
 * `deno task bench-tokenizer`: how fast texts become ids, ours beside Python's `sentencepiece` and Hugging Face `tokenizers`, one thread each, on the
 * same texts, in turn.
 */
import { readSongs, readText, songRows } from "../../lib/songs/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { Side } from "../bench/side.ts";
import { median } from "../bench/statistics.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { ensureReferenceVenv } from "../setup.ts";

const values = readOptions(commandLines["bench-tokenizer"]);
const python = await ensureReferenceVenv();

const texts = values.lines === undefined
  ? songRows(await readSongs(values.songs)).map((song) => song.lyrics)
  : (await readText(values.lines)).split("\n").filter((line) => line !== "");
const unit = values.lines === undefined ? "songs" : "lines";
const { rounds } = values;

const started = performance.now();
const tokenizer = await loadTokenizer(values.tokenizer);
const loadMs = performance.now() - started;

// The same tokenizer for Python: the files that save writes.
const folder = await Deno.makeTempDir();
const written = await tokenizer.save(folder);
const model = written.find((name) => /\.(model|spiece)$/.test(name));
const json = written.includes("tokenizer.json") ? `${folder}/tokenizer.json` : null;
const peer = Side.tokenizers(python);
await peer.ask({ do: "texts", texts, model: model === undefined ? null : `${folder}/${model}`, json });

const seconds = new Map<string, number[]>();
const tokens = new Map<string, number>();
const note = (way: string, spent: number, count: number) => {
  seconds.set(way, [...seconds.get(way) ?? [], spent]);
  tokens.set(way, count);
};
for (let round = 0; round <= rounds; round++) {
  const start = performance.now();
  let count = 0;
  for (const text of texts) count += tokenizer.encode(text).ids.length;
  const ours = (performance.now() - start) / 1000;
  const theirs = await peer.ask({ do: "round" }) as Record<string, [seconds: number, tokens: number]>;
  // The first round warms up.
  if (round === 0) continue;
  note("ours", ours, count);
  for (const [way, [spent, number]] of Object.entries(theirs)) note(way, spent, number);
}
await peer.close();
await Deno.remove(folder, { recursive: true });

console.log(`${tokenizer.source}: ${tokenizer.kind}, loaded in ${loadMs.toFixed(0)} ms`);
console.log(
  `${texts.length} ${unit}, ${texts.join("").length} characters, ${rounds} rounds in turn, one thread each`,
);
const ours = seconds.get("ours")!;
for (const [way, list] of seconds) {
  const rate = texts.length / median(list);
  const ratios = list.map((spent, i) => spent / ours[i]!);
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `${way.padEnd(32)} ${rate.toFixed(0).padStart(8)} ${unit}/s  ${tokens.get(way)} tokens` +
      (way === "ours" ? "" : `  ours is ${median(ratios).toFixed(2)} times as fast (${spread})`),
  );
}
