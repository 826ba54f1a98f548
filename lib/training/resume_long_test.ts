import { startEngine } from "../engine/mod.ts";
import { checkKilledTraining } from "./killing.ts";

await startEngine();

Deno.test("killed 20 times with SIGKILL at random moments: the same curve, best and final model", async () => {
  await checkKilledTraining(20, 25, 6);
});
