/** Reading `config.json`: every field that changes a model's result is honoured or refused by name. */
import { type Activation, activationNames } from "../engine/mod.ts";

/** A parsed JSON object. */
export type JsonObject = Record<string, unknown>;

/** What a model is asked to do; it decides the head. */
export type Task = "sequence-classification" | "masked-lm";

/** A config's fields by name, read with types, defaults and errors that name the field. */
export class ConfigReader {
  private readonly json: JsonObject;
  /** Where the config came from, for errors. */
  readonly source: string;

  constructor(json: JsonObject, source = "config.json") {
    this.json = json;
    this.source = source;
  }

  private fail(field: string, wanted: string): never {
    throw new Error(
      `${this.source}: "${field}" is ${JSON.stringify(this.json[field])}; it must be ${wanted}.`,
    );
  }

  private get(field: string): unknown {
    return this.json[field] ?? undefined;
  }

  /** A whole number of at least `least`. */
  integer(field: string, fallback?: number, least = 1): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < least) {
      this.fail(field, `a whole number of at least ${least}`);
    }
    return value;
  }

  /** A whole number or `null`; the fallback where the field is absent. */
  optionalInteger(field: string, fallback: number | null): number | null {
    if (this.json[field] === null) return null;
    return this.get(field) === undefined ? fallback : this.integer(field, undefined, 0);
  }

  /** A number within [least, most]. */
  number(field: string, fallback: number, least = 0, most = Infinity): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      this.fail(field, `a number from ${least}${most === Infinity ? "" : ` to ${most}`}`);
    }
    return value;
  }

  /** A dropout rate, in [0, 1). */
  rate(field: string, fallback: number): number {
    const value = this.number(field, fallback, 0, 1);
    if (value === 1) this.fail(field, "below 1");
    return value;
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback;
    if (typeof value !== "boolean") this.fail(field, "true or false");
    return value;
  }

  /** One of some names. */
  oneOf<T extends string>(field: string, names: readonly T[], fallback: T): T {
    const value = this.get(field) ?? fallback;
    if (!names.includes(value as T)) this.fail(field, `one of ${names.join(", ")}, the ones known here`);
    return value as T;
  }

  activation(field: string, fallback: Activation): Activation {
    const alias: Record<string, Activation> = { gelu_pytorch_tanh: "gelu_new", swish: "silu" };
    const value = this.get(field);
    if (typeof value === "string" && alias[value] !== undefined) return alias[value];
    return this.oneOf(field, activationNames, fallback);
  }

  /** Refuses a field that would change the result unless it is absent or has one of the harmless values. */
  only(field: string, ...harmless: unknown[]): void {
    const value = this.get(field);
    if (
      value === undefined || harmless.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))
    ) return;
    this.fail(
      field,
      `${harmless.map((v) => JSON.stringify(v)).join(" or ")} or absent: anything else is not implemented`,
    );
  }

  /** The classes' names: `id2label`, else `num_labels` numbered ones, else two, as Hugging Face does. */
  labels(): string[] {
    const named = this.get("id2label");
    if (named === undefined) {
      return Array.from({ length: this.integer("num_labels", 2) }, (_, i) => `LABEL_${i}`);
    }
    if (typeof named !== "object" || named === null) {
      this.fail("id2label", "an object from class number to name");
    }
    const entries = Object.entries(named);
    return entries.map((_, i) => {
      const label = (named as JsonObject)[String(i)];
      if (typeof label !== "string") {
        this.fail("id2label", `an object with the keys 0 to ${entries.length - 1}`);
      }
      return label;
    });
  }
}
