/** `deno task pretrain`, killed in each of its parts and gone on with: the same losses and weights as left alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { generator, isThere, randomKey } from "../lib/ground/mod.ts";
import { processEnvironment } from "./environment.ts";
import { inProject } from "./setup/paths.ts";

const steps = 60;

/** Some ten megabytes, so that tokenizing has several parts. */
function makeText(): string {
  const random = generator(randomKey(11)), draw = (size: number) => Math.floor(random() * size);
  const syllables = [
    ..."가나다라마바사아자차카하거너더러머버서어고노도로모보소오구누두루무부수우기니디리미비시이",
  ];
  const words = Array.from(
    { length: 800 },
    () => Array.from({ length: 1 + draw(4) }, () => syllables[draw(syllables.length)]).join(""),
  );
  return Array.from(
    { length: 110_000 },
    () =>
      Array.from({ length: 6 + draw(12) }, () => words[Math.floor(words.length * random() ** 2)]).join(" "),
  ).join("\n");
}

/** Runs the command, and kills it as soon as it is seen to be where it should be. */
async function run(
  folder: string,
  output: string,
  isTime: (said: string) => Promise<boolean> | boolean = () => false,
): Promise<{ killed: boolean; said: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", inProject("tools", "commands", "pretrain.ts")],
      ...["--text", join(folder, "text.txt"), "--output", output, "--max-length", "64", "--batch-size", "8"],
      ...[
        "--max-steps",
        String(steps),
        "--warmup-steps",
        "5",
        "--learning-rate",
        "1e-3",
        "--recipe",
        "study",
      ],
      ...["--save-every-steps", "10", "--evaluate-every-steps", "30", "--max-validation-samples", "16"],
    ],
    env: processEnvironment(),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "", ended = false, killed = false;
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) said += text;
  };
  const listening = Promise.all([listen(child.stdout), listen(child.stderr)]);
  const watching = (async () => {
    while (!ended && !killed) {
      if (await isTime(said)) {
        child.kill("SIGKILL");
        killed = true;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const { success } = await child.status;
  ended = true;
  await Promise.all([listening, watching]);
  assert.ok(killed || success, said);
  return { killed, said };
}

/** What a run leaves, without times. */
async function outcome(output: string) {
  const history = (await Deno.readTextFile(join(output, "history.jsonl"))).trimEnd().split("\n")
    .map((line) => ({ ...JSON.parse(line), elapsedMs: 0 }));
  const weights = await Promise.all(
    [join("best"), join("checkpoints", `step-${String(steps).padStart(8, "0")}`)].map(async (place) =>
      new Uint8Array(
        await crypto.subtle.digest("SHA-256", await Deno.readFile(join(output, place, "model.safetensors"))),
      ).toHex()
    ),
  );
  return { losses: history.flatMap(({ kind, loss }) => kind === "step" ? [loss] : []), history, weights };
}

Deno.test("pretraining killed while it tokenizes, makes word vectors, and trains: the losses and weights of one left alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "text.txt"), makeText());
    const [alone, cut] = [join(folder, "alone"), join(folder, "cut")];
    await run(folder, alone);
    const expected = await outcome(alone);
    assert.equal(expected.losses.length, steps);
    assert.ok(expected.losses.at(-1)! < expected.losses[0]! - 0.3, `${expected.losses}`);

    const moments: [when: string, isTime: (said: string) => Promise<boolean> | boolean][] = [
      ["tokenizing", () => isThere(join(cut, "texts", "00000.json"))],
      ["after the tokenizing", (said) => /tokens in \d+ rows/.test(said)],
      ["before the first checkpoint", (said) => /million parameters/.test(said)],
      ["after a checkpoint", () => isThere(join(cut, "checkpoints", "step-00000010"))],
      ["later", () => isThere(join(cut, "checkpoints", "step-00000040"))],
    ];
    for (const [when, isTime] of moments) {
      const { killed, said } = await run(folder, cut, isTime);
      assert.ok(killed, `${when}: it was done before.\n${said}`);
      if (when === "tokenizing") {
        assert.ok(!await isThere(join(cut, "texts", "00002.json")), "it was not done with the texts");
      }
    }
    const { said } = await run(folder, cut);
    assert.match(said, /Going on after step \d\d of 60/);
    assert.deepEqual(await outcome(cut), expected);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
