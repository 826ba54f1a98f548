/** Which parameters a recipe leaves as they are, when they thaw, how fast they learn and which start anew: by their layers; and adapters beside them. */
import { UserError } from "../ground/mod.ts";
import type { Parameter } from "../engine/mod.ts";
import { checkRecipe, type Recipe } from "./recipe.ts";
import { attachLora, isLoraFolder, type Model } from "../models/mod.ts";

/** What says which parameters are frozen. */
export type FreezeOptions = Pick<Recipe, "freeze" | "freezeLayers" | "unfreezeGradually" | "unfreezeEvery">;

/**
 * A parameter's place from the bottom, by its name: 0 for the embeddings, i + 1 for layer i, Infinity for the head.
 */
export function depthOf(name: string): number {
  const layer = name.match(/\.(?:layer|layers|h)\.(\d+)\./);
  if (layer !== null) return Number(layer[1]) + 1;
  return /(^|\.)(embeddings|embeddings_project|embed_tokens|word_embedding|mask_emb)(\.|$)/.test(name)
    ? 0
    : Infinity;
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

/**
 * The parameters that are frozen after so many epochs, whole or in part.
 *
 * @throws Error when a pattern fits no name, or the model has fewer layers, or nothing is left to train
 */
export function frozenAfter(epochs: number, names: Iterable<string>, options: FreezeOptions): Set<string> {
  const all = [...names];
  const { freeze, freezeLayers } = options;
  for (const pattern of freeze) {
    if (!all.some((name) => matches(pattern, name))) {
      throw new UserError(
        `Recipe: freeze has "${pattern}", which no parameter is named; names are like ${all[0]} and ` +
          `${all.at(-1)}, and * stands for anything.`,
      );
    }
  }
  const layers = Math.max(0, ...all.map(depthOf).filter(Number.isFinite));
  if (freezeLayers > layers) {
    throw new UserError(`Recipe: freezeLayers is ${freezeLayers}; the model has ${layers} layers.`);
  }
  // the groups are the embeddings and the layers above them
  const groups = freezeLayers === 0 ? 0 : freezeLayers + 1 - thawedAfter(epochs, options);
  const frozen = all.filter((name) =>
    depthOf(name) < groups || freeze.some((pattern) => matches(pattern, name))
  );
  if (frozen.length === all.length) {
    throw new UserError("Recipe: every parameter is frozen; nothing can be learnt.");
  }
  return new Set(frozen);
}

/** How many groups have thawed after so many epochs. */
export function thawedAfter(
  epochs: number,
  { unfreezeGradually, unfreezeEvery }: Pick<FreezeOptions, "unfreezeGradually" | "unfreezeEvery">,
): number {
  // a hair more: three tenths of an epoch are three times a tenth
  return unfreezeGradually ? Math.floor(epochs / unfreezeEvery + 1e-9) : 0;
}

/**
 * Freezes what a recipe freezes after so many epochs. Parameters that were frozen before the training stay so.
 *
 * @param trainable names of the parameters that were trainable before
 */
export function freezeFor(
  epochs: number,
  parameters: ReadonlyMap<string, Parameter>,
  trainable: ReadonlySet<string>,
  options: FreezeOptions,
): void {
  const frozen = frozenAfter(epochs, trainable, options);
  for (const [name, parameter] of parameters) parameter.trainable = trainable.has(name) && !frozen.has(name);
}

/** What each parameter's learning rate is multiplied by where each layer's is `decay` times that of the one above it. */
export function layerRates(names: Iterable<string>, decay: number): (name: string) => number {
  const top = 1 + Math.max(0, ...[...names].map(depthOf).filter(Number.isFinite));
  return (name) => decay ** (top - Math.min(top, depthOf(name)));
}

/** Whether a parameter is of one of the `count` highest layers. */
export function isOfHighest(names: Iterable<string>, count: number): (name: string) => boolean {
  const layers = Math.max(0, ...[...names].map(depthOf).filter(Number.isFinite));
  if (count > layers) {
    throw new UserError(`Recipe: reinitialiseLayers is ${count}; the model has ${layers} layers.`);
  }
  return (name) => Number.isFinite(depthOf(name)) && depthOf(name) > layers - count;
}

/** Where a model's weights come from: what an adapter must name to be opened later. */
export interface Origin {
  /** A folder's full path, or an id on the Hub. */
  source: string;
  /** Parameters that were freshly drawn. */
  initialised: readonly string[];
}

/**
 * Puts the adapters that a recipe asks for beside a model's layers and freezes the rest; a model that has them already goes on
 * with them.
 *
 * @param origin absent for a model from scratch
 * @throws Error when there is nothing to adapt, no layer of that name, or other adapters are there
 */
export function adaptFor(model: Model, recipe: Recipe, origin: Origin | undefined): void {
  checkRecipe(recipe);
  const { loraRank: rank, loraAlpha: alpha, loraTargets: targets, loraDropout: dropout, seed } = recipe;
  if (rank === null) return;
  const wanted = { rank, alpha, targets, dropout };
  if (model.lora !== undefined) {
    const { rank, alpha, targets, dropout } = model.lora,
      there = JSON.stringify({ rank, alpha, targets, dropout });
    if (there === JSON.stringify(wanted)) return;
    throw new UserError(
      `Recipe: the model has adapters already (${there}); leave loraRank out to train them further, or give the ` +
        "merged model, which train writes with --merged.",
    );
  }
  if (origin === undefined) {
    throw new UserError(
      "Recipe: loraRank adapts a pretrained checkpoint, and this model starts from scratch: all of it has to be trained.",
    );
  }
  if (isLoraFolder(origin.source)) {
    throw new UserError(
      `Recipe: loraRank needs a base model that can be opened, and ${origin.source} is an adapter: give the merged model, which train writes with --merged, and ` +
        "train on that.",
    );
  }
  attachLora(model, { ...wanted, seed, base: origin.source, fresh: origin.initialised });
}
