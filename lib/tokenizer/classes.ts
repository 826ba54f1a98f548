/** What Python's tokenizer classes take for granted where the files do not say it. */

import type { TokenizerConfig } from "./config.ts";
import type { Side, SpecialRole } from "./types.ts";

/** Special tokens by their part. */
export type SpecialNames = Partial<Record<SpecialRole, string>>;

/** What a class takes for granted. */
export interface Conventions {
  names: SpecialNames;
  paddingSide: Side;
  /** The segment of padding. */
  padType: number;
}

/** BERT's special tokens. */
export const bertNames: SpecialNames = {
  unk: "[UNK]",
  sep: "[SEP]",
  pad: "[PAD]",
  cls: "[CLS]",
  mask: "[MASK]",
};

const robertaNames: SpecialNames = {
  bos: "<s>",
  eos: "</s>",
  unk: "<unk>",
  sep: "</s>",
  pad: "<pad>",
  cls: "<s>",
  mask: "<mask>",
};
const xlnetNames: SpecialNames = { ...robertaNames, sep: "<sep>", cls: "<cls>" };
const albertNames: SpecialNames = { ...bertNames, bos: "[CLS]", eos: "[SEP]", unk: "<unk>", pad: "<pad>" };
const debertaNames: SpecialNames = { ...bertNames, bos: "[CLS]", eos: "[SEP]" };
const t5Names: SpecialNames = { eos: "</s>", unk: "<unk>", pad: "<pad>" };
const gpt2Names: SpecialNames = { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" };
const qwenNames: SpecialNames = { unk: "<|endoftext|>", eos: "<|endoftext|>", pad: "<|endoftext|>" };
const llamaNames: SpecialNames = { unk: "<unk>", bos: "<s>", eos: "</s>" };
const gemmaNames: SpecialNames = {
  unk: "<unk>",
  bos: "<bos>",
  eos: "<eos>",
  pad: "<pad>",
  mask: "<mask>",
};

/** XLNetTokenizer's; `additional` are special tokens without a part of their own. */
export const xlnetConventions = {
  names: xlnetNames,
  paddingSide: "left",
  padType: 3,
  additional: ["<eop>", "<eod>"],
} as const;

/** LlamaTokenizer's. */
export const llamaConventions = { names: llamaNames, paddingSide: "left", padType: 0 } as const;

/** Classes by the beginnings of their names, `Bert` for `BertTokenizer`. */
function padded(side: Side, names: SpecialNames, classes: string): [string, Conventions][] {
  return classes.split(" ").map((name) => [`${name}Tokenizer`, { names, paddingSide: side, padType: 0 }]);
}

/**
 * Classes of transformers 5 (and their names in transformers 4) that read a `tokenizer.json` of a kind known here. Held to
 * transformers by a test: tools/reference/tokenizer_classes.py asks each class.
 */
export const classConventions: ReadonlyMap<string, Conventions> = new Map<string, Conventions>([
  ...padded("right", bertNames, "Bert BertJapanese DistilBert Electra LayoutLM Lxmert MobileBert RoFormer"),
  ...padded("right", robertaNames, "Roberta XLMRoberta Bart Barthez Camembert LED MBart Mvp Nllb"),
  ...padded("right", { ...robertaNames, unk: "[UNK]" }, "MPNet"),
  ...padded("right", xlnetNames, "Funnel"),
  ...padded("right", albertNames, "Albert FNet RemBert"),
  ...padded("right", { ...albertNames, bos: "<s>", eos: "</s>" }, "BigBird"),
  ...padded("right", debertaNames, "Deberta DebertaV2"),
  ...padded("right", t5Names, "T5"),
  ...padded("right", gpt2Names, "GPT2"),
  ...padded("right", { ...gpt2Names, pad: "<|padding|>" }, "GPTNeoX"),
  ...padded("right", qwenNames, "Qwen2"),
  ...padded("left", gemmaNames, "Gemma"),
  ...padded("left", llamaNames, "CodeLlama"),
  ["LlamaTokenizer", llamaConventions],
  ["XLNetTokenizer", xlnetConventions],
]);

/** The class that `AutoTokenizer` takes for a `model_type` where no file names one. */
const classOfModelType: Readonly<Record<string, string>> = {
  bert: "BertTokenizer",
  distilbert: "DistilBertTokenizer",
  electra: "ElectraTokenizer",
  roberta: "RobertaTokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
  albert: "AlbertTokenizer",
  "deberta-v2": "DebertaV2Tokenizer",
  mpnet: "MPNetTokenizer",
  gpt2: "GPT2Tokenizer",
  llama: "LlamaTokenizer",
  xlnet: "XLNetTokenizer",
};

/** The class that the files name, or that their model takes. */
export function classOf({ tokenizerClass, modelType }: TokenizerConfig): string | null {
  return tokenizerClass ?? classOfModelType[modelType ?? ""] ?? null;
}

/** The conventions of that class. */
export function conventionsOf(config: TokenizerConfig): Conventions {
  return classConventions.get(classOf(config) ?? "") ?? { names: {}, paddingSide: "right", padType: 0 };
}
