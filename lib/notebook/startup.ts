/**
 * Runs in a kernel before its first cell (tools/notebooks/kernel.py sees to it), or with the first one that imports this room, should that
 * come sooner: a name that is not defined is, as a rule, one of a cell further up that has not run since the kernel began, and the error says
 * so. It imports nothing that npm has: a notebook outside of the project has no map of imports.
 */
import { inKernel } from "./kernel.ts";

/** What is added to `songs is not defined`. */
export const runFromTop =
  "\n위의 셀에서 정하는 이름입니다. 커널을 새로 시작한 뒤에는 맨 위부터 다시 실행하세요 " +
  "(Run > Run All Above Selected Cell).\n" +
  "A cell further up defines it: after a restart of the kernel run the cells from the top.";

/** Lets errors about names that are not defined say what to do. Errors that code catches and does not look at stay as they are. */
export function explainMissingNames(): void {
  const explained = new WeakSet<ReferenceError>();
  // the kernel asks an error for its name before its message
  Object.defineProperty(ReferenceError.prototype, "name", {
    configurable: true,
    get(this: ReferenceError) {
      if (Object.hasOwn(this, "message") && this.message.endsWith("is not defined") && !explained.has(this)) {
        explained.add(this);
        this.message += runFromTop;
      }
      return "ReferenceError";
    },
  });
}

if (inKernel()) explainMissingNames();
