import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Environment,
  findPython,
  install,
  isInstalled,
  isMade,
  makeEnvironment,
  MissingPython,
  pipReason,
  runTied,
} from "./python.ts";
import { exists } from "./paths.ts";

Deno.test("python: one that is not there is an error that says what to install", async () => {
  await assert.rejects(findPython("no-such-python"), (error: unknown) => {
    assert.ok(error instanceof MissingPython);
    assert.match(error.message, /Python 3\.10 or newer .* none was found\. Install it from python\.org/);
    return true;
  });
});

Deno.test({
  name: "python: an old one, and one without venv, are told apart",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = Deno.makeTempDirSync();
    try {
      const fake = (name: string, answer: string) => {
        const path = join(folder, name);
        Deno.writeTextFileSync(path, `#!/bin/sh\necho "${answer}"\n`, { mode: 0o755 });
        return path;
      };
      await assert.rejects(findPython(fake("old", "3 8 venv")), /is 3\.8\. Install it from python\.org/);
      await assert.rejects(
        findPython(fake("bare", "3 12 no-venv")),
        /is 3\.12 without its venv module\. .*python3-venv/,
      );
      assert.equal(await findPython(fake("good", "3 10 venv")), join(folder, "good"));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

/** Stands in for Python, venv and pip: an environment is a folder with a copy of this; pip fails while a file "offline" is beside it. */
const fakePython = `#!/bin/sh
if [ "$1" = -c ] && [ $# -gt 2 ]; then shift 2; exec "$@"; fi
if [ "$1" = -c ]; then echo "3 12 venv"; exit; fi
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit; fi
[ "$2" = pip ] && [ ! -e "$(dirname "$0")/offline" ]
`;

Deno.test({
  name: "python: an environment that was left half made is made again, what is kept stays",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = Deno.makeTempDirSync();
    const named = Deno.env.get("KOBERT_PYTHON");
    try {
      Deno.env.set("KOBERT_PYTHON", join(folder, "python"));
      Deno.writeTextFileSync(join(folder, "python"), fakePython, { mode: 0o755 });
      const environment: Environment = { folder: join(folder, "venv"), keep: ["kept"] };
      const requirements = join(folder, "requirements.txt");
      Deno.writeTextFileSync(requirements, "x==1\n");
      const parts = { some: requirements };
      const installed = () => isInstalled(environment, "some", requirements);
      const touch = (name: string) => Deno.writeTextFileSync(join(environment.folder, name), "");
      const stands = (name: string) => exists(join(environment.folder, name));

      assert.equal(isMade(environment), false);
      await makeEnvironment(environment, parts);
      assert.equal(isMade(environment), true);
      await install(environment, "some", requirements);
      assert.equal(installed(), true);
      touch("mark");
      touch("kept");
      await makeEnvironment(environment, parts);
      assert.equal(stands("mark"), true, "nothing to do: nothing done");

      Deno.writeTextFileSync(requirements, "x==2\n");
      assert.equal(installed(), false, "other versions are asked for");
      await makeEnvironment(environment, parts);
      assert.equal(stands("mark"), false, "made from scratch");
      assert.equal(stands("kept"), true);

      touch("mark");
      touch("bin/offline");
      await assert.rejects(install(environment, "some", requirements), /pip failed/);
      assert.equal(installed(), false, "pip was begun and not ended");
      await makeEnvironment(environment, parts);
      assert.equal(stands("mark"), false, "made from scratch");
      await install(environment, "some", requirements);
      assert.equal(installed(), true);

      Deno.removeSync(join(environment.folder, "bin", "python"));
      assert.equal(isMade(environment), false, "its Python is gone");
    } finally {
      if (named === undefined) Deno.env.delete("KOBERT_PYTHON");
      else Deno.env.set("KOBERT_PYTHON", named);
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "python: what was started ends with the process that started it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const folder = Deno.makeTempDirSync();
    try {
      const pidFile = join(folder, "pid");
      const text = `import { runTied } from ${JSON.stringify(new URL("python.ts", import.meta.url).href)};
        await runTied("python3", ["sh", "-c", "echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 60"]);`;
      const parent = new Deno.Command(Deno.execPath(), { args: ["eval", text], stdin: "null" }).spawn();
      await until(() => exists(pidFile));
      const pid = Number(Deno.readTextFileSync(pidFile));
      assert.equal(runs(pid), true);
      parent.kill("SIGKILL");
      await parent.status;
      await until(() => !runs(pid));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test("python: a tied program's failure is told under its own name", async () => {
  const python = await findPython();
  await assert.rejects(
    runTied(python, [python, "-c", "print('so it is'); raise SystemExit(5)"]),
    /ended with exit code 5.\nso it is/,
  );
});

Deno.test("pipReason: no network, a full disk, and pip's own word", () => {
  const offline = "WARNING: Retrying (Retry(total=0)) after connection broken\n" +
    "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n" +
    "ERROR: No matching distribution found for x==1\n";
  assert.match(
    pipReason(offline),
    /^the Python package index cannot be reached \(pip: No matching distribution/,
  );
  assert.match(
    pipReason("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"),
    /^the disk is full: pip needs room there, and in \/\S+ for what it downloads; make room, or set TMPDIR$/,
  );
  assert.equal(
    pipReason("ERROR: No matching distribution found for x==1\n"),
    "pip failed: No matching distribution found for x==1",
  );
});

/** Whether a process still runs; one that ended and was not yet collected does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 50) {
    assert.ok(waited < 10_000, "it did not happen within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
