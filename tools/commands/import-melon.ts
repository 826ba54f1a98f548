/** `deno task import-melon`: Melon's monthly charts to a table of songs. */
import { dirname } from "node:path";
import { progressBar } from "../../lib/notebook/mod.ts";
import { importMelon } from "../../lib/songs/mod.ts";
import { readOptions } from "../options.ts";

const options = readOptions({
  command: "import-melon",
  about:
    "Makes a table of songs, as --songs takes it, of Melon's monthly charts: a checkout of EX3exp/Kpop-lyric-datasets or any\n" +
    "folder of its JSON files. A song that is in several charts comes once. The lyrics are under copyright: keep the table\n" +
    "to your own research.",
  options: {
    from: {
      type: "text",
      placeholder: "FOLDER",
      required: true,
      about: "the folder with the charts' JSON files",
    },
    output: { type: "text", placeholder: "FILE", default: "outputs/melon.csv", about: "the table" },
  },
});

await Deno.mkdir(dirname(options.output), { recursive: true });
const bar = progressBar({ total: null, label: "차트 · charts", unit: "files" });
const { entries, songs, withoutLyrics } = await importMelon(
  options.from,
  options.output,
  (done, total) => bar.update(done, `of ${total}`),
);
await bar.finish();
console.log(
  `${options.output}: ${songs} songs of ${entries} chart entries, ${withoutLyrics} of them without lyrics.`,
);
