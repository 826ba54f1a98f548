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

function padded(side: Side, names: SpecialNames, ...classes: string[]): [string, Conventions][] {
  return classes.map((name) => [name, { names, paddingSide: side, padType: 0 }]);
}

/**
 * Classes of transformers 5 (and their names in transformers 4) that read a `tokenizer.json` of a kind known here. Held to
 * transformers by a test: tools/reference/tokenizer_classes.py asks each class.
 */
export const classConventions: ReadonlyMap<string, Conventions> = new Map<string, Conventions>([
  ...padded(
    "right",
    bertNames,
    "BertTokenizer",
    "BertJapaneseTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "LayoutLMTokenizer",
    "LxmertTokenizer",
    "MobileBertTokenizer",
    "RoFormerTokenizer",
  ),
  ...padded(
    "right",
    robertaNames,
    "RobertaTokenizer",
    "XLMRobertaTokenizer",
    "BartTokenizer",
    "BarthezTokenizer",
    "CamembertTokenizer",
    "LEDTokenizer",
    "MBartTokenizer",
    "MvpTokenizer",
    "NllbTokenizer",
  ),
  ...padded("right", { ...robertaNames, unk: "[UNK]" }, "MPNetTokenizer"),
  ...padded("right", xlnetNames, "FunnelTokenizer"),
  ...padded("right", albertNames, "AlbertTokenizer", "FNetTokenizer", "RemBertTokenizer"),
  ...padded("right", { ...albertNames, bos: "<s>", eos: "</s>" }, "BigBirdTokenizer"),
  ...padded("right", debertaNames, "DebertaTokenizer", "DebertaV2Tokenizer"),
  ...padded("right", t5Names, "T5Tokenizer"),
  ...padded("right", gpt2Names, "GPT2Tokenizer"),
  ...padded("right", { ...gpt2Names, pad: "<|padding|>" }, "GPTNeoXTokenizer"),
  ...padded(
    "right",
    { unk: "<|endoftext|>", eos: "<|endoftext|>", pad: "<|endoftext|>" },
    "Qwen2Tokenizer",
  ),
  ...padded("left", gemmaNames, "GemmaTokenizer"),
  ...padded("left", llamaNames, "CodeLlamaTokenizer"),
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
