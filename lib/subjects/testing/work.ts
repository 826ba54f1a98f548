/** Songs that a notebook works on, for the tests of this room: made up, in a folder of their own. */
import { join } from "node:path";
import { startEngine } from "../../engine/mod.ts";
import { createModel, disposeModel, saveCheckpoint } from "../../models/mod.ts";
import { loadTokenizer } from "../../tokenizer/mod.ts";
import { bundledTokenizer } from "../../training/mod.ts";
import { tinyTextConfig } from "../../training/testing/tiny.ts";
import { type SettingChanges, settings } from "../../notebook/mod.ts";
import { openSongs, type Work } from "../work.ts";

const themes: readonly [genre: string, words: string][] = [
  ["발라드", "눈물 이별 기억 밤비 그리움 편지 약속"],
  ["댄스", "리듬 파티 점프 불빛 신나게 무대 심장"],
];

/** A table of songs of two genres, as a file has it; every eighth has both, every fifteenth no lyrics. */
export function table(count: number): string {
  const rows = Array.from({ length: count }, (_, n) => {
    const [genre, words] = themes[n % 2]!;
    const pick = (k: number) => words.split(" ")[(n * 3 + k) % 7];
    const lyrics = n % 15 === 14 ? "" : Array.from({ length: 12 }, (_, k) => `${pick(k)} ${n + k}`).join(" ");
    const cells = [n, `노래 ${n}`, 0, `가수${n % 5}`, n, 2001, n % 8 === 7 ? "발라드, 댄스" : genre, lyrics];
    return cells.map((cell) => `"${cell}"`);
  });
  return ["id,song_name,adults,artist,album_id,date,genre,lyrics", ...rows.map((cells) => cells.join(","))]
    .join("\n") + "\n";
}

/** Opens such songs in a folder that is gone after the test. */
export async function withWork(
  test: (work: Work, folder: string) => Promise<void>,
  changed: SettingChanges = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "work-" });
  try {
    const songs = join(folder, "songs.csv"), output = join(folder, "run");
    await Deno.writeTextFile(songs, table(60));
    await test(
      await openSongs(
        settings({ songs, output, recipe: "test", ...changed }, () => undefined, {}),
      ),
      folder,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a BERT of one layer into a folder, with the bundled tokenizer. @returns the folder, a `MODEL` */
export async function tinyCheckpoint(folder: string): Promise<string> {
  const tokenizer = await loadTokenizer(bundledTokenizer), path = join(folder, "tiny");
  await startEngine();
  const model = createModel(tinyTextConfig(tokenizer), { labels: ["가", "나"], seed: 1 });
  await saveCheckpoint(model, path);
  await tokenizer.save(path);
  disposeModel(model);
  return path;
}
