/** The settings in force, as a table: what each is, where it comes from, and where it is changed. */
import { modelNames } from "../models/mod.ts";
import { defaultRecipe, recipes } from "../training/mod.ts";
import { type RichText } from "./show.ts";
import { type GivenSetting, type SettingName, settingNames, type Settings, shownPath } from "./settings.ts";
import { escapeHtml, tableHtml, tableOf, tableText } from "./table.ts";

const origins: Readonly<Record<GivenSetting["from"], string>> = {
  default: "기본값 · default",
  environment: "명령·환경 · command, environment",
  parameters: "매개변수 · parameters",
  cell: "이 셀 · this cell",
};

/** A setting as it is in force, where nobody gave it. */
const standard: Readonly<Record<SettingName, (options: Settings) => string>> = {
  songs: ({ songs }) => shownPath(songs),
  genres: () => "모두 · all",
  separator: () => "파일에서 찾음 · found in the file",
  genreNames: () => "없음 · none",
  model: ({ model }) => model,
  models: ({ search }) => search.models.join(", "),
  tokenizer: () => "모델의 것 · the model's",
  recipe: ({ model }) => defaultRecipe(model),
  adapt: ({ recipe }) => String(recipe.adapt),
  precision: ({ recipe }) => recipe.precision,
  seed: ({ seed }) => String(seed),
  output: ({ output }) => shownPath(output),
};

/** Settings that are of no interest unless they are given. */
const quiet: readonly SettingName[] = ["separator", "genreNames", "tokenizer", "adapt", "precision"];

/**
 * The settings as a table for the first cell, with a line below that says how to change one there, and one on the command line.
 *
 * @example
 * ```ts
 * const options = settings();
 * await show(settingsTable(options));
 * ```
 */
export function settingsTable(options: Settings): RichText {
  const rows = (Object.keys(settingNames) as SettingName[])
    .filter((name) => options.given[name].from !== "default" || !quiet.includes(name))
    .map((name) => {
      const { value, from } = options.given[name], { about, option } = settingNames[name];
      return {
        "설정 · setting": `${name}: ${about.ko} · ${about.en}`,
        "값 · value": value === undefined ? standard[name](options) : shownPath(value),
        "정한 곳 · set by": origins[from],
        "명령 · command": option,
      };
    });
  const table = tableOf(rows, { maxCell: 120, caption: "이 노트북의 설정 · the settings of this notebook" });
  const recipeNames = Object.keys(recipes).filter((name) => name !== "test").join(", ");
  const cell = 'settings({ songs: "내 노래.csv", model: "klue/roberta-base", recipe: "study" })';
  const command = "deno task lab -- --songs FILE --model SOURCE --recipe NAME";
  const lines = [
    `여기서 바꾸려면 위의 settings()를 ${cell}처럼 씁니다. 모든 노트북에 한꺼번에 주려면: ${command}`,
    `To change one here, write ${cell} above; for all notebooks at once: ${command}`,
    `recipe: ${recipeNames} · model: ${modelNames.join(", ")}, a folder, a Hub id`,
  ];
  const htmlLines = lines.map(escapeHtml).map((line) =>
    [cell, command].map(escapeHtml).reduce((text, code) => text.replace(code, `<code>${code}</code>`), line)
  );
  return {
    bundle: {
      "text/html": `${tableHtml(table)}\n<p style="word-break: keep-all"><small>${
        htmlLines.join("<br>\n")
      }</small></p>`,
      "text/plain": [tableText(table), ...lines].join("\n"),
    },
  };
}
