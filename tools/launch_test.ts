import assert from "node:assert/strict";

const windows = Deno.build.os === "windows";
const launch = new URL("launch.ts", import.meta.url).href;

/** Starts a launcher whose child is `child`, waits for the child's first line, and gives both. */
async function start(child: string): Promise<{ launcher: Deno.ChildProcess; rest: () => Promise<string> }> {
  const text = `import { launch } from ${JSON.stringify(launch)};
    Deno.exit(await launch(Deno.execPath(), ["eval", "--no-config", ${
    JSON.stringify(child)
  }], { FROM_LAUNCHER: "yes" }));`;
  const launcher = new Deno.Command(Deno.execPath(), { args: ["eval", text], stdin: "null", stdout: "piped" })
    .spawn();
  const reader = launcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader.read()).value ?? "";
  assert.match(first, /ready/);
  const rest = async () => {
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    return text;
  };
  return { launcher, rest };
}

Deno.test("launch: exit code, environment and output are the program's", async () => {
  const { launcher, rest } = await start(
    `console.log("ready"); console.log(Deno.env.get("FROM_LAUNCHER")); Deno.exit(7);`,
  );
  await rest();
  assert.equal((await launcher.status).code, 7);
});

Deno.test({
  name: "launch: an interrupt lets the program end cleanly, once, and the launcher waits for it",
  ignore: windows,
  fn: async () => {
    const { launcher, rest } = await start(
      `let n = 0;
       Deno.addSignalListener("SIGINT", () => {
         n++;
         setTimeout(() => { console.log("saved after " + n); Deno.exit(3); }, 400);
       });
       setTimeout(() => Deno.exit(9), 10_000);
       console.log("ready");`,
    );
    launcher.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
    launcher.kill("SIGINT");
    assert.match(await rest(), /saved after 1/);
    assert.equal((await launcher.status).code, 3);
  },
});

Deno.test({
  name: "launch: a request to end reaches the program",
  ignore: windows,
  fn: async () => {
    const { launcher, rest } = await start(`setTimeout(() => Deno.exit(9), 10_000); console.log("ready");`);
    launcher.kill("SIGTERM");
    await rest();
    assert.equal((await launcher.status).code, 143);
  },
});
