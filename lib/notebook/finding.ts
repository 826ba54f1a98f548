/** What came out of a subject, in a sentence or two, in both languages. */
import { escapeHtml } from "./table.ts";
import { unbroken } from "./unbroken.ts";

/** Sentences computed from a run's figures: Korean, and the same in English. */
export interface Finding {
  ko: string;
  en: string;
}

/** Whether a thing that is to be shown is a {@link Finding}. */
export const isFinding = (thing: object): thing is Finding =>
  "ko" in thing && "en" in thing && typeof thing.ko === "string" && typeof thing.en === "string";

/** As HTML: Korean first, the English below it, smaller. */
export const findingHtml = ({ ko, en }: Finding): string =>
  `<p class="finding" style="word-break: keep-all">${unbroken(escapeHtml(ko))}<br>\n<small lang="en">` +
  `${unbroken(escapeHtml(en))}</small></p>`;

/** As text, for a terminal. */
export const findingText = ({ ko, en }: Finding): string => `${ko}\n${en}`;

/** Several findings one after the other. */
export const joinFindings = (...findings: readonly (Finding | null)[]): Finding => {
  const said = findings.filter((finding) => finding !== null);
  return { ko: said.map(({ ko }) => ko).join(" "), en: said.map(({ en }) => en).join(" ") };
};
