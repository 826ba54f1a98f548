/** The README.md that a trained model carries. */
import type { Examples } from "./examples.ts";
import { duration } from "./journal.ts";
import { type Recipe, studyRecipe } from "./recipe.ts";
import type { AboutModel, EvaluationRecord, Trainable, TrainingRun } from "./types.ts";

/** What a card tells of a model. */
export type CardModel = Pick<Trainable, "labels" | "languageModel" | "about">;

/** What a model was trained on. */
export interface CardData {
  train: Examples;
  validation: Examples;
  /** Where the songs come from. */
  description?: string;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

function table(head: string[], rows: (string | number)[][]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

function countsOf(examples: Examples, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < examples.length; i++) {
    const { label, targets } = examples.at(i);
    if (targets !== undefined) targets.forEach((target, k) => counts[k]! += target);
    else if (label >= 0) counts[label]!++;
  }
  return counts;
}

/** What any classifier or language model is. */
function aboutOf({ labels, languageModel }: CardModel, { multiLabel }: Recipe): AboutModel {
  if (languageModel === undefined) {
    return {
      title: "Genres of Korean songs from their lyrics",
      does: `Tells ${labels.length} genres apart: ${labels.join(", ")}.` +
        (multiLabel ? " A song may have several: each has a probability of its own (a sigmoid)." : ""),
      accuracyPer: "example",
    };
  }
  return {
    title: "A language model of Korean lyrics",
    does: languageModel === "masked"
      ? "Tells masked words of a text; a start for models that classify."
      : "Tells the next word of a text.",
    accuracyPer: "labelled token",
  };
}

/** Hugging Face's names of what models do. */
const pipelines = { masked: "fill-mask", causal: "text-generation" };

function songs(examples: Examples, { languageModel }: CardModel): string {
  const { length, lengths } = examples;
  if (languageModel !== undefined) {
    return `${length} rows, ${Array.from(lengths).reduce((sum, tokens) => sum + tokens, 0)} tokens`;
  }
  return `${length} examples of ${new Set(Array.from({ length }, (_, i) => examples.at(i).songId)).size} ` +
    "songs";
}

/**
 * A model card in Hugging Face's layout: what the model tells apart, what it was trained on and how, and how well it does.
 *
 * @param model the labels, what kind of language model it is, or what it says of itself
 * @returns Markdown, with the result as metadata at the top
 */
export function modelCard(
  run: TrainingRun,
  recipe: Recipe,
  model: CardModel,
  data: CardData,
): string {
  const evaluations = run.history.filter((record): record is EvaluationRecord =>
    record.kind === "evaluation"
  );
  const best = evaluations.find(({ step }) => step === run.best?.step);
  const { labels, languageModel } = model, about = model.about ?? aboutOf(model, recipe);
  const trainCounts = labels.length === 0 ? [] : countsOf(data.train, labels.length);
  const validationCounts = labels.length === 0 ? [] : countsOf(data.validation, labels.length);
  const changed = Object.entries(recipe)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(studyRecipe[name as keyof Recipe]));
  const metrics = Object.entries(best?.validation ?? {}).map(([name, value]) => [name, value.toFixed(4)]);
  const ended = {
    finished: "ran to its end",
    "stopped early": "ended when the validation figures stopped improving",
    interrupted: "was interrupted",
  }[run.ended];
  const parts = [
    [
      "---",
      "language: ko",
      `pipeline_tag: ${languageModel === undefined ? "text-classification" : pipelines[languageModel]}`,
      "tags: [genre, lyrics, korean]",
      "---",
    ].join("\n"),
    `# ${about.title}`,
    about.does,
    "## Result",
    best === undefined || best.validation === null
      ? "There was no validation set."
      : `On validation, ${
        best.averagedEpochs === undefined
          ? `at step ${best.step} (epoch ${best.epoch.toFixed(2)}), the best of ${evaluations.length} ` +
            `evaluations by ${recipe.bestMetric}`
          : `the mean of the parameters at the ends of the last ${best.averagedEpochs} epochs`
      }; accuracy is per ${about.accuracyPer}:\n\n${table(["metric", "value"], metrics)}`,
    "## Data",
    [
      ...(data.description === undefined ? [] : [data.description, ""]),
      `Training: ${songs(data.train, model)}. Validation: ${songs(data.validation, model)}.`,
      ...(labels.length === 0 ? [] : [
        "",
        table(
          ["genre", "training", "validation"],
          labels.map((label, i) => [label, trainCounts[i]!, validationCounts[i]!]),
        ),
      ]),
    ].join("\n"),
    "## Training",
    `The training ${ended} after ${run.steps} steps and ${duration(run.elapsedMs)}. Its recipe, ` +
    "where it differs from the study's (10 epochs, batches of 32, learning rate 2e-5):",
    changed.length === 0
      ? "nothing"
      : table(["field", "value"], changed.map(([name, value]) => [name, JSON.stringify(value)])),
  ];
  return parts.join("\n\n") + "\n";
}
