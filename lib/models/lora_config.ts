/** What a LoRA is told: which layers it adapts, and how. */

/** Which layers a LoRA adapts and how: PEFT's `LoraConfig`. */
export interface LoraConfig {
  /** r: rows of A, columns of B. */
  rank: number;
  /** α: the low-rank product is multiplied by α / r. */
  alpha: number;
  /** Dropout of what goes into A. */
  dropout: number;
  /**
   * The linear layers by the ends of their names (`["query", "value"]`), by a regular expression for whole names, or
   * `"all-linear"`: all but the language model's decoder.
   */
  targets: readonly string[] | string;
  /** Linear layers that the targets name and that are left out, in the same way. */
  excludes: readonly string[] | string;
  /** Ends of names of modules that are trained as a whole and saved with the adapter: the head, as a rule. They get no adapter. */
  modulesToSave: readonly string[];
  /** Other ranks, by regular expressions for the ends of names. */
  rankPattern: Readonly<Record<string, number>>;
  /** Other α, in the same way. */
  alphaPattern: Readonly<Record<string, number>>;
  /** Multiplies by α / √r instead (Kalajdzievski 2023, "A Rank Stabilization Scaling Factor"). */
  rankStabilized: boolean;
  /** Where the base model is: a folder or an id on the Hub; `null` where nobody said. */
  base: string | null;
}
