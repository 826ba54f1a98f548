/** One tokenizer out of its parts: added tokens, a text model, special tokens, decoding, saving. */

import { UserError } from "../ground/pure.ts";
import { type AddedToken, makeTokenFinder, type TokenFinder } from "./added_tokens.ts";
import { englishMarks } from "./characters.ts";
import {
  assemble,
  bareTemplate,
  codePointIndex,
  cut,
  lengthsAfterTruncation,
  type LongestFirst,
  pad,
  specialCount,
  type Template,
  type TextTokens,
} from "./encoding.ts";
import type {
  BatchEncoding,
  BatchOptions,
  EncodeOptions,
  Encoding,
  Offset,
  Piece,
  Side,
  SpecialRole,
  TextModel,
  Tokenizer,
  TokenizerKind,
} from "./types.ts";

/** What `makeTokenizer` puts together. */
export interface TokenizerParts {
  kind: TokenizerKind;
  source: string;
  model: TextModel;
  vocabSize: number;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
  /** Tokens cut out of the text as it is given; those with `normalized` are the text model's affair. */
  addedTokens: readonly AddedToken[];
  /** Ids of the special tokens that exist. */
  special: ReadonlyMap<SpecialRole, number>;
  specialIds: readonly number[];
  template: Template;
  longestFirst: LongestFirst;
  paddingSide: Side;
  truncationSide: Side;
  padType: number;
  modelMaxLength: number | null;
  /** Whether spaces before English marks are taken out of decoded text. */
  cleanUp: boolean;
  /** Ids, special ones already left out where that was asked for, to text. */
  decode(ids: readonly number[]): string;
  save(folder: string): Promise<string[]>;
}

/** Makes the tokenizer. */
export function makeTokenizer(parts: TokenizerParts): Tokenizer {
  const { model, template } = parts;
  const find: TokenFinder | null = parts.addedTokens.length > 0 ? makeTokenFinder(parts.addedTokens) : null;
  const contentOf = new Map(parts.addedTokens.map((token) => [token.id, token.content]));
  const specialIds = new Set(parts.specialIds);

  const idsOf = (text: string): number[] => {
    const ids: number[] = [];
    if (find === null) model.ids(text, ids, true);
    else {
      for (const { from, to, id } of find(text)) {
        if (id >= 0) ids.push(id);
        else model.ids(text.slice(from, to), ids, from === 0);
      }
    }
    return ids;
  };

  const piecesOf = (text: string): Piece[] => {
    if (find === null) return model.pieces(text, true);
    return find(text).flatMap(({ from, to, id }) =>
      id >= 0
        ? [{ id, token: contentOf.get(id)!, start: from, end: to }]
        : model.pieces(text.slice(from, to), from === 0).map((piece) => ({
          ...piece,
          start: piece.start + from,
          end: piece.end + from,
        }))
    );
  };

  const tokensOf = (text: string, withOffsets: boolean): TextTokens => {
    if (!withOffsets) return { ids: idsOf(text), offsets: null };
    if (!model.hasOffsets) {
      throw new UserError(
        `Offsets are not known for a ${parts.kind} tokenizer (${parts.source}): leave offsets out.`,
      );
    }
    const pieces = piecesOf(text);
    const index = codePointIndex(text);
    return {
      ids: pieces.map((piece) => piece.id),
      offsets: pieces.map((piece): Offset => [index[piece.start]!, index[piece.end]!]),
    };
  };

  const encodeOne = (text: string, second: string | undefined, options: EncodeOptions): Encoding => {
    const { maxLength, truncation = "longest_first", addSpecialTokens = true, offsets = false } = options;
    const used = addSpecialTokens ? template : bareTemplate;
    const layout = second === undefined ? used.single : used.pair;
    let first = tokensOf(text, offsets);
    let other = second === undefined ? undefined : tokensOf(second, offsets);
    if (maxLength !== undefined) {
      const room = maxLength - specialCount(layout);
      if (!Number.isInteger(maxLength) || room < 0) {
        throw new RangeError(
          `maxLength ${maxLength} leaves no room: the special tokens alone are ${specialCount(layout)}.`,
        );
      }
      const [a, b] = lengthsAfterTruncation(
        first.ids.length,
        other === undefined ? null : other.ids.length,
        room,
        truncation,
        parts.longestFirst,
      );
      const side = options.truncationSide ?? parts.truncationSide;
      first = cut(first, a, side);
      if (other !== undefined) other = cut(other, b, side);
    }
    return assemble(layout, [first, other], offsets);
  };

  const idOfRole = (role: SpecialRole): number => {
    const id = parts.special.get(role);
    if (id === undefined) {
      throw new UserError(
        `The tokenizer of ${parts.source} has no ${role} token; it has ${describeSpecial(parts)}. If ` +
          "one of its tokens is meant for that, name it in tokenizer_config.json beside it: " +
          `"${role}_token": "…".`,
      );
    }
    return id;
  };

  const encodeBatch = (
    texts: readonly (string | readonly [string, string])[],
    options: BatchOptions = {},
  ): BatchEncoding => {
    const { padding = "longest", paddingSide = parts.paddingSide, padToMultipleOf = 1, maxLength } = options;
    if (!Number.isInteger(padToMultipleOf) || padToMultipleOf < 1) {
      throw new RangeError(`padToMultipleOf ${padToMultipleOf} is not a whole number from 1.`);
    }
    if (padding === "max_length" && maxLength === undefined) {
      throw new TypeError('Padding "max_length" needs a maxLength.');
    }
    const rows = texts.map((text) =>
      typeof text === "string" ? encodeOne(text, undefined, options) : encodeOne(text[0], text[1], options)
    );
    if (padding !== false && rows.length > 0) {
      const longest = rows.reduce((length, row) => Math.max(length, row.ids.length), 0);
      const least = padding === "max_length" ? maxLength! : longest;
      const length = Math.ceil(least / padToMultipleOf) * padToMultipleOf;
      for (const row of rows) {
        if (row.ids.length < length) pad(row, length, paddingSide, idOfRole("pad"), parts.padType);
      }
    }
    const batch: BatchEncoding = {
      ids: rows.map((row) => row.ids),
      tokenTypeIds: rows.map((row) => row.tokenTypeIds),
      attentionMask: rows.map((row) => row.attentionMask),
    };
    if (options.offsets === true) batch.offsets = rows.map((row) => row.offsets!);
    return batch;
  };

  return {
    kind: parts.kind,
    source: parts.source,
    vocabSize: parts.vocabSize,
    get padId() {
      return idOfRole("pad");
    },
    get clsId() {
      return idOfRole("cls");
    },
    get sepId() {
      return idOfRole("sep");
    },
    get unkId() {
      return idOfRole("unk");
    },
    get maskId() {
      return idOfRole("mask");
    },
    get bosId() {
      return idOfRole("bos");
    },
    get eosId() {
      return idOfRole("eos");
    },
    specialId: (role) => parts.special.get(role) ?? null,
    specialIds: parts.specialIds,
    paddingSide: parts.paddingSide,
    modelMaxLength: parts.modelMaxLength,
    tokenize: (text) => piecesOf(text).map((piece) => piece.token),
    encode: (text, options = {}) => encodeOne(text, options.pair, options),
    encodeBatch,
    decode: (ids, { skipSpecialTokens = true } = {}) => {
      const kept: number[] = [];
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (parts.idToToken(id) === null) {
          throw new RangeError(`Id ${id} (at ${i}) is not in the vocabulary of ${parts.vocabSize} ids.`);
        }
        if (!skipSpecialTokens || !specialIds.has(id)) kept.push(id);
      }
      const text = parts.decode(kept);
      if (!parts.cleanUp) return text;
      return englishMarks.reduce((cleaned, [tokens, written]) => cleaned.replaceAll(tokens, written), text);
    },
    tokenToId: parts.tokenToId,
    idToToken: parts.idToToken,
    save: parts.save,
  };
}

function describeSpecial(parts: TokenizerParts): string {
  if (parts.special.size === 0) return "no special tokens";
  return [...parts.special].sort((a, b) => a[1] - b[1]).map(([role, id]) =>
    `${role} ${parts.idToToken(id)} (${id})`
  ).join(", ");
}

/**
 * How many tokens each text has, special tokens included: for histograms of lengths and for choosing `maxLength`.
 *
 * @example
 * ```ts
 * const lengths = tokenLengths(tokenizer, lyrics); // [213, 340, …]
 * ```
 */
export function tokenLengths(tokenizer: Tokenizer, texts: readonly string[]): number[] {
  return texts.map((text) => tokenizer.encode(text).ids.length);
}
