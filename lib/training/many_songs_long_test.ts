import { startEngine } from "../engine/mod.ts";
import { checkManySongs } from "./testing/many_songs.ts";

await startEngine();

Deno.test("a million songs are read, cleaned, split and trained on", async () => {
  await checkManySongs(1_000_000);
});
