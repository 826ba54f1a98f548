/** A rate of dropout in place of a model's own. */
import type { Model } from "../models/mod.ts";

/** The same model, its parameters shared, with one rate for every dropout it has; `null` leaves its own. */
export function withDropout(model: Model, rate: number | null): Model {
  if (rate === null) return model;
  const rates = Object.keys(model.config).filter((field) => /^(.+D|d)ropout$/.test(field));
  return {
    ...model,
    config: { ...model.config, ...Object.fromEntries(rates.map((field) => [field, rate])) },
  };
}
