/** Architectures, their weights, and what a model computes. */
export * from "./architecture.ts";
export { ConfigReader, type JsonObject, type Task } from "./config.ts";
export * from "./files/mod.ts";
export * from "./model.ts";
