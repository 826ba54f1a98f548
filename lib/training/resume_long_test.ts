import { startEngine } from "../engine/mod.ts";
import { checkKilledTraining } from "./testing/killing.ts";

await startEngine();

Deno.test("killed 20 times with SIGKILL at random moments: the same curve, best and final model", async () => {
  const whileSaving = await checkKilledTraining(20, 60, 6);
  console.log(`${whileSaving} of the 20 kills came while a checkpoint or the best model was being written`);
});
