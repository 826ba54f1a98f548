/**
 * What of this room needs neither Deno nor Node: the door for what runs in a browser.
 *
 * @module
 */
export * from "./errors.ts";
export * from "./nearest.ts";
export * from "./numbers.ts";
export * from "./random.ts";
export * from "./text_table.ts";
export * from "./values.ts";
