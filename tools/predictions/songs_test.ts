import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../lib/ground/testing/folder.ts";
import { openTables, tablesIdentity } from "./songs.ts";

Deno.test("openTables: tables that a run had checked before it was cut off are not checked again, unless they have changed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "songs.csv"), { warn, log } = console;
    // the same id twice, which a check tells of
    const table = "id,song_name,lyrics\n1,별,별을 센다\n1,달,달을 본다\n";
    await Deno.writeTextFile(path, table);
    const told: string[] = [];
    console.warn = (...words: unknown[]) => void told.push(words.join(" "));
    console.log = () => {};
    try {
      const open = async (before: Record<string, unknown> | null, separator?: string) => {
        told.length = 0;
        const songs = await openTables([path], { separator, genreNames: undefined }, (rows) => ({
          from: 0,
          to: rows,
        }), before);
        return {
          songs: await tablesIdentity(songs, separator),
          checked: told.some((note) => note.includes("the same id")),
        };
      };
      const { songs, checked } = await open(null);
      assert.ok(checked);
      // as it comes out of the file that a run leaves
      const before = JSON.parse(JSON.stringify({ songs, labels: ["발라드"] }));
      assert.equal((await open(before)).checked, false);
      // read otherwise they are other songs
      assert.equal((await open(before, ",")).checked, true);
      await Deno.writeTextFile(path, table + "1,해,해가 뜬다\n");
      assert.equal((await open(before)).checked, true);
    } finally {
      Object.assign(console, { warn, log });
    }
  }));
