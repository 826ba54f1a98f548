/**
 * Shows a figure, a table, a progress bar, in the kernel or a terminal, and hears when someone wants long work to stop.
 *
 * @module
 */
export { html, markdown, saveFigure, show } from "./show.ts";
export type { Frame, RichText, Showable, ShowOptions } from "./show.ts";
export type { TableOptions } from "./table.ts";
export { figurePng, figureSvg } from "./picture.ts";
export type { PictureSize } from "./picture.ts";
export { progressBar } from "./progress.ts";
export type { ProgressBar, ProgressOptions } from "./progress.ts";
export { settings } from "./settings.ts";
export type { Settings } from "./settings.ts";
export { trainingProgress, trialsProgress } from "./training_progress.ts";
export type { TrialsProgress } from "./training_progress.ts";
export { searchProgress } from "./search_progress.ts";
export { listenForStop, stopFilePath } from "./stop.ts";
export type { StopListener } from "./stop.ts";
export { inKernel } from "./kernel.ts";
