/** Small notebooks for the tests of this folder. */
import { kernelName } from "../../setup/kernel.ts";

/** A cell of a test's notebook: code as text, or as it stands after a run. */
export type TestCell = string | { markdown: string; metadata?: Record<string, unknown> } | {
  code: string;
  count: number | null;
  outputs?: unknown[];
  /** Of a slide, by default one of the slide before. */
  metadata?: Record<string, unknown>;
};

const onSlide = { slideshow: { slide_type: "-" } };

/** A notebook's JSON in nbformat 4.5, laid out as nbformat writes it. */
export function notebookText(cells: readonly TestCell[]): string {
  const lines = (text: string) => text.split(/(?<=\n)/);
  const content = cells.map((cell, index) => {
    if (typeof cell === "object" && "markdown" in cell) {
      const { markdown, metadata = onSlide } = cell;
      return { cell_type: "markdown", id: `cell-${index}`, metadata, source: lines(markdown) };
    }
    const { code, count, outputs = [], metadata = onSlide } = typeof cell === "string"
      ? { code: cell, count: null }
      : cell;
    return {
      cell_type: "code",
      execution_count: count,
      id: `cell-${index}`,
      metadata,
      outputs,
      source: lines(code),
    };
  });
  const metadata = {
    kernelspec: { display_name: "Deno", language: "typescript", name: kernelName },
    language_info: { file_extension: ".ts", mimetype: "text/x.typescript", name: "typescript" },
  };
  return JSON.stringify({ cells: content, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1) + "\n";
}
