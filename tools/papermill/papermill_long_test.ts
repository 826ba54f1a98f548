import assert from "node:assert/strict";
import { join } from "node:path";
import { notebookText } from "../notebooks/testing/notebooks.ts";
import { exists, inProject, inVenv, program } from "../setup/paths.ts";
import { run } from "../setup/process.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const ignore = !exists(program(inVenv(), "python")) || Deno.build.os === "windows";

Deno.test({
  name:
    "papermill: -p NAME VALUE reaches the notebooks' settings, from wherever it is started in the project",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const venv = join(folder, "venv"), python = join(venv, "bin", "python");
      await run(program(inVenv(), "python"), ["-m", "venv", venv]);
      // a copy: pip leaves what it builds beside the sources
      const source = join(folder, "papermill");
      await Deno.mkdir(source);
      for (const name of ["pyproject.toml", "papermill_kobert_genre.py"]) {
        await Deno.copyFile(inProject("tools", "papermill", name), join(source, name));
      }
      await run(python, ["-m", "pip", "install", "--quiet", "papermill", source]);
      const notebook = join(folder, "a.ipynb"), out = join(folder, "out.ipynb");
      await Deno.writeTextFile(
        notebook,
        notebookText([
          'import { settings } from "lib/notebook/mod.ts";\n' +
          "const { songs, seed, genres, model } = settings();\n" +
          "console.log(JSON.stringify({ songs, seed, genres, model }));",
        ]),
      );
      const papermill = (...parameters: string[]) =>
        run(python, ["-m", "papermill", notebook, out, ...parameters], {
          cwd: inProject(),
          env: { JUPYTER_PATH: inVenv("share", "jupyter"), JUPYTER_RUNTIME_DIR: folder },
        });
      await papermill("-p", "songs", "/노래/내 노래.csv", "-p", "seed", "3", "-y", "genres: [발라드, 댄스]");
      const { cells } = JSON.parse(await Deno.readTextFile(out)) as {
        cells: { source: string[]; outputs: { text?: string[] }[] }[];
      };
      assert.deepEqual(cells.map(({ outputs }) => outputs.length), [0, 1]);
      assert.deepEqual(JSON.parse(cells[1]!.outputs[0]!.text!.join("")), {
        songs: "/노래/내 노래.csv",
        seed: 3,
        genres: ["발라드", "댄스"],
        model: "kobert-small",
      });
      await assert.rejects(
        papermill("-p", "sogns", "a.csv"),
        /There is no setting "sogns" \(did you mean "songs"\?\)/,
      );
    }),
});
