/** `deno task report`: one page of a whole run, to present, print or send. */
import { resolve } from "node:path";
import { readOptions, shared } from "../options.ts";
import { writeReport } from "../report/write.ts";

const options = readOptions({
  command: "report",
  about:
    "Writes report.html: tables, figures, settings, machine and versions of a run on one page that needs nothing else.\n" +
    "`start` writes it at its end; this makes it anew.",
  options: {
    output: { ...shared.output, default: "outputs", about: "the output folder of start or train" },
  },
});
try {
  console.log(await writeReport(resolve(options.output)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
