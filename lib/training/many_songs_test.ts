import { startEngine } from "../engine/mod.ts";
import { checkManySongs } from "./testing/many_songs.ts";

await startEngine();

Deno.test("150,000 songs are read, cleaned, split and trained on: no call has as many arguments as there are songs", async () => {
  await checkManySongs(150_000);
});
