/** In a kernel, which shows a cell's error as it is, what a person can mend is said in both languages from the beginning. */
import { inBoth, UserError } from "../ground/mod.ts";
import { inKernel } from "./kernel.ts";

if (inKernel()) UserError.say = inBoth;
