/**
 * Which cells of a notebook are slides: Jupyter's `slideshow.slide_type` in the cells' metadata. `deno run -A tools/notebooks/slide_types.ts`
 * gives cells that have none one by a rule; what an author chose stays.
 */
import { readOptions } from "../options.ts";
import { namedNotebooks, notebooksOption } from "./run.ts";
import { writeWhole } from "../../lib/ground/mod.ts";

/** Jupyter's names; `-` goes on with the slide before. */
export const slideTypes = ["slide", "subslide", "fragment", "skip", "notes", "-"] as const;
export type SlideType = typeof slideTypes[number];

/** A cell as nbformat 4 has it, as far as slides need it. */
export interface SlideCell {
  cell_type: string;
  source: string | string[];
  metadata?: { slideshow?: { slide_type?: string } } & Record<string, unknown>;
}

/** A cell's slide type, where it has a valid one. */
export function slideTypeOf(cell: SlideCell): SlideType | undefined {
  return slideTypes.find((type) => type === cell.metadata?.slideshow?.slide_type);
}

const textOf = (text: unknown): string => Array.isArray(text) ? text.join("") : String(text ?? "");

/** Code that the audience sees with its output: it shows something, or tells how a training goes. */
const showingCode = /\bshow\(|Progress\(\)/;

/**
 * Slide types for a notebook's cells: a heading begins a slide, and what it announces stands below it; each further figure or table has a
 * slide of its own beneath; other texts, too. Code that shows nothing is left out.
 */
export function ruledSlideTypes(cells: readonly SlideCell[]): SlideType[] {
  /** Whether a heading or text waits for what it announces. */
  let announced = false;
  return cells.map((cell) => {
    const source = textOf(cell.source);
    if (cell.cell_type !== "code") {
      announced = true;
      return /^#{1,6} /m.test(source) ? "slide" : "subslide";
    }
    if (!showingCode.test(source)) return "skip";
    const type = announced ? "-" : "subslide";
    announced = false;
    return type;
  });
}

/**
 * A notebook whose every cell has a slide type: its own, else the rule's.
 *
 * @param text the notebook's JSON
 * @returns its JSON as nbformat writes it; the text itself where every cell has a type
 */
export function withSlideTypes(text: string): string {
  const notebook = JSON.parse(text) as { cells: SlideCell[] };
  if (notebook.cells.every((cell) => slideTypeOf(cell) !== undefined)) return text;
  const ruled = ruledSlideTypes(notebook.cells);
  notebook.cells.forEach((cell, i) => {
    const slideshow = { ...cell.metadata?.slideshow, slide_type: slideTypeOf(cell) ?? ruled[i]! };
    // nbformat sorts all keys
    cell.metadata = Object.fromEntries(
      Object.entries({ ...cell.metadata, slideshow }).toSorted(([a], [b]) => a < b ? -1 : 1),
    );
  });
  return JSON.stringify(notebook, null, 1) + "\n";
}

if (import.meta.main) {
  const options = readOptions({
    command: "slide-types",
    about: "Gives the cells of notebooks that have no slide type one.",
    options: { notebooks: notebooksOption },
  });
  for (const path of namedNotebooks(options.notebooks)) {
    const before = await Deno.readTextFile(path), after = withSlideTypes(before);
    if (after === before) continue;
    await writeWhole(path, after);
    console.log(path);
  }
}
