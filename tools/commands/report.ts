/** `deno task report`: one page of a whole run, to present, print or send. */
import { resolve } from "node:path";
import { commandLines, ownRuns } from "../command_lines.ts";
import { readOptions } from "../options.ts";
import { newestRun } from "../report/data.ts";
import { writeReport } from "../report/write.ts";

const options = readOptions(commandLines.report);
console.log(await writeReport(resolve(options.output ?? newestRun(ownRuns))));
