/** `deno task import-melon`: Melon's monthly charts to a table of songs. */
import { grouped, tell } from "../../lib/ground/mod.ts";
import { progressBar } from "../../lib/notebook/mod.ts";
import { importMelon } from "../../lib/songs/mod.ts";
import { commandLines } from "../command_lines.ts";
import { readOptions } from "../options.ts";

const options = readOptions(commandLines["import-melon"]);

const bar = progressBar({ total: null, label: "차트 · charts", unit: "files" });
const { entries, songs, withoutLyrics } = await importMelon(
  options.from,
  options.output,
  (done, total) => bar.update(done, `of ${total}`),
);
await bar.finish();
tell(
  `${options.output}: ${grouped(songs)} songs of ${grouped(entries)} chart entries, ${
    grouped(withoutLyrics)
  } of them without lyrics.`,
);
