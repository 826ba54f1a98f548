/** Texts as full rows of tokens: short ones share a row, long ones take several. */
import { fingerprint, UserError } from "../ground/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { LanguageModel } from "./language_model.ts";

/** How a language model's rows are laid out. */
export interface RowLayout {
  /** Before every text: `[CLS]`, Llama's `<s>`. */
  start: readonly number[];
  /** After every text: `[SEP]`, Llama's `</s>`. */
  end: readonly number[];
  /** Tokens of a row at most, all of the above included. */
  maxLength: number;
}

/**
 * The layout for a language model: `[CLS] a [SEP] [CLS] b [SEP]` for BERT's family, `<s> a </s> <s> b </s>` for Llama: each text as it
 * stands where it has a row for itself.
 *
 * @throws Error when `maxLength` leaves no room for text
 */
export function rowLayout({ tokenizer, kind, model }: LanguageModel, maxLength: number): RowLayout {
  const layout = {
    start: kind === "masked" ? [tokenizer.clsId] : startIds(tokenizer),
    end: [kind === "masked" ? tokenizer.sepId : model.config.endIds?.[0] ?? tokenizer.sepId],
    maxLength: Math.min(maxLength, model.config.maxLength),
  };
  if (roomOf(layout) < 1) {
    throw new UserError(`maxLength ${maxLength} leaves no room for text beside the special tokens.`);
  }
  return layout;
}

/** Tokens of text that a row holds where one text has it for itself. */
export const roomOf = ({ start, end, maxLength }: RowLayout): number => maxLength - start.length - end.length;

/** What a tokenizer puts before a text: `[CLS]`, Llama's `<s>`, or nothing. */
export function startIds(tokenizer: Tokenizer): number[] {
  const { ids } = tokenizer.encode("가"), text = ids.findIndex((id) => !tokenizer.specialIds.includes(id));
  return ids.slice(0, text);
}

/** Rows that are filled at the same time: among so many, a text finds one that it nearly fills. */
const openRows = 64;

/**
 * Packs texts into rows, in one pass and little memory: a text goes, whole, where it leaves the least room (best fit); where
 * it fits nowhere, the fullest row is done. A text that no row holds is cut into pieces of a row each. The borders stay
 * marked by the layout's tokens. The same texts in the same order give the same rows.
 */
export class RowPacker {
  private open: number[][] = [];

  /** @param done is given each row */
  constructor(private readonly layout: RowLayout, private readonly done: (row: number[]) => void) {}

  /** @param ids of a text, without special tokens */
  add(ids: readonly number[]): void {
    const room = roomOf(this.layout);
    for (let from = 0; from < ids.length; from += room) this.place(ids.slice(from, from + room));
  }

  private place(ids: readonly number[]): void {
    const { start, end, maxLength } = this.layout;
    const needed = start.length + ids.length + end.length;
    let row: number[] | undefined;
    for (const candidate of this.open) {
      if (candidate.length + needed > maxLength) continue;
      if (row === undefined || candidate.length > row.length) row = candidate;
    }
    if (row === undefined) {
      if (this.open.length === openRows) this.close(this.fullest());
      row = [];
      this.open.push(row);
    }
    row.push(...start, ...ids, ...end); // a row at most
    if (row.length === maxLength) this.close(row);
  }

  private fullest(): number[] {
    return this.open.reduce((a, b) => b.length > a.length ? b : a);
  }

  private close(row: number[]): void {
    this.open.splice(this.open.indexOf(row), 1);
    this.done(row);
  }

  /** Gives the rows that are not full. */
  finish(): void {
    for (const row of this.open.splice(0)) this.done(row);
  }
}

/** Texts that follow one another, put together to as much as a row holds before they are packed; none is cut that fits a row. */
export class RunningTexts {
  private readonly room: number;
  private ids: number[] = [];

  constructor(layout: RowLayout, private readonly packer: RowPacker) {
    this.room = roomOf(layout);
  }

  /** @param ids of the next text, without special tokens */
  add(ids: readonly number[]): void {
    if (this.ids.length + ids.length > this.room) this.flush();
    for (const id of ids) this.ids.push(id);
  }

  private flush(): void {
    this.packer.add(this.ids);
    this.ids = [];
  }

  finish(): void {
    this.flush();
    this.packer.finish();
  }
}

/** The text of each token in a row of {@link RowPacker}: they are counted by what stands before each. */
export function textIdsOf(row: Int32Array, start: number): Int32Array {
  let text = 0;
  return row.map((id) => id === start ? ++text : text);
}

/** A number that changes with a tokenizer's vocabulary and with how it splits. */
export function tokenizerFingerprint(tokenizer: Tokenizer): string {
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => `${tokenizer.idToToken(id)}\n`);
  const splits = probes.map((text) => `${tokenizer.encode(text).ids}\n`);
  return fingerprint([`${tokenizer.kind} ${tokenizer.vocabSize}\n`, ...tokens, ...splits]).slice(0, 16);
}

/** Texts that tokenizers with one vocabulary split in different ways. */
const probes = [
  "막차가 떠난 정류장에서 네 이름을 불러 본다.",
  "Stay a little longer, 조금만 더 SLOW",
  "ＡＢＣ①②　½ ㅋㅋㅋ  뷁!!",
];
