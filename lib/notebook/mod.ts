/**
 * What a notebook's cells call to be seen: figures, tables and progress, in a Jupyter kernel or a terminal, as pictures where files are written.
 * Settings of a run come in from the environment, and a wish to stop is heard while long work runs.
 * Nothing is computed here: it shows what the other rooms give.
 *
 * @module
 */
import "./startup.ts";
import "./kernel_errors.ts";

export { html, markdown, saveFigure, show } from "./show.ts";
export type { Frame, RichText, Showable, ShowOptions } from "./show.ts";
export { escapeHtml, isCounting, isNumeric } from "./table.ts";
export { broken, unbroken, unbrokenCell } from "./unbroken.ts";
export type { TableOptions } from "./table.ts";
export { figureAlt } from "./figure_text.ts";
export { figurePng, figureSvg, pictureSize } from "./picture.ts";
export { fontFaces } from "./font_face.ts";
export type { PictureSize } from "./picture.ts";
export { fitted, progressBar } from "./progress.ts";
export type { ProgressBar, ProgressOptions } from "./progress.ts";
export { settingNames, settings, settingsEnvironment, shownPath } from "./settings.ts";
export type { SettingChanges, SettingName, Settings } from "./settings.ts";
export * from "./settings_table.ts";
export {
  fitShown,
  readingProgress,
  trainingProgress,
  trialsProgress,
  withTrialsProgress,
} from "./training_progress.ts";
export type { TrialsProgress } from "./training_progress.ts";
export * from "./search_progress.ts";
export * from "./stop.ts";
export { inKernel } from "./kernel.ts";
export { type Finding, joinFindings } from "./finding.ts";
