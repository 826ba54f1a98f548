/**
 * One function a figure: plain data in, a Plotly figure (`{ data, layout }`) out; where there is nothing to draw, a figure that says so.
 * Titles and axes are in Korean and English, colours and type face the same in all.
 * Nothing is drawn here: `show` of lib/notebook shows figures.
 *
 * @module
 */
export { both, gatheredName, percent, shownAndGathered } from "./figure.ts";
export type { Estimate } from "../ground/pure.ts";
export type { Figure } from "./figure.ts";
export * from "./songs.ts";
export * from "./training.ts";
export * from "./evaluation.ts";
export * from "./analysis.ts";
export * from "./search.ts";
export * from "./columns.ts";
