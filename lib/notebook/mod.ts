/**
 * Shows a figure, a table, a progress bar, in the kernel or a terminal, and hears when someone wants long work to stop.
 *
 * @module
 */
export { html, markdown, saveFigure, show } from "./show.ts";
export type { Frame, RichText, Showable, ShowOptions } from "./show.ts";
export { escapeHtml, unbroken } from "./table.ts";
export type { TableOptions } from "./table.ts";
export { figureAlt } from "./figure_text.ts";
export { figurePng, figureSvg, pictureSize } from "./picture.ts";
export { fontFaces } from "./font_face.ts";
export type { PictureSize } from "./picture.ts";
export { fitted, progressBar } from "./progress.ts";
export type { ProgressBar, ProgressOptions } from "./progress.ts";
export { settingNames, settings, settingsEnvironment } from "./settings.ts";
export type { SettingChanges, SettingName, Settings } from "./settings.ts";
export { settingsTable } from "./settings_table.ts";
export { trainingProgress, trialsProgress } from "./training_progress.ts";
export type { TrialsProgress } from "./training_progress.ts";
export { searchProgress } from "./search_progress.ts";
export { listenForStop, stopFilePath } from "./stop.ts";
export type { StopListener } from "./stop.ts";
export { inKernel } from "./kernel.ts";
