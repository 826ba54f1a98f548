// Tokenizers whose heart is a SentencePiece model: KoBERT's, in its three variants.

import type { AddedToken } from "./added_tokens.ts";
import type { TokenizerConfig, TokenSpec } from "./config.ts";
import { BARE_TEMPLATE, bertTemplate } from "./encoding.ts";
import { type KobertSettings, kobertText } from "./kobert.ts";
import { saveSentencePiece } from "./save_sentencepiece.ts";
import { decodePieces, makeSentencePiece, sentencePieceText } from "./sentencepiece.ts";
import { parseSentencePieceModel, PieceType } from "./sentencepiece_model.ts";
import { makeTokenizer, type SpecialRole } from "./tokenizer.ts";
import type { Tokenizer } from "./types.ts";

/** The kinds of tokenizers around a SentencePiece model. */
export type SentencePieceKind = "sentencepiece" | "kobert-skt" | "kobert-monologg";

/** What the files held. */
export interface SentencePieceFiles {
  kind: SentencePieceKind;
  bytes: Uint8Array;
  /** Name of the model file, as it is written again. */
  modelName: string;
  /** Ids of tokens, null: the model's own. */
  map: { ids: Map<string, number>; name: string } | null;
  config: TokenizerConfig;
  source: string;
}

const DEFAULT_NAMES: readonly [SpecialRole, string][] = [
  ["unk", "[UNK]"],
  ["sep", "[SEP]"],
  ["pad", "[PAD]"],
  ["cls", "[CLS]"],
  ["mask", "[MASK]"],
];

/**
 * Makes the tokenizer of a SentencePiece model.
 *
 * @throws Error where the map does not belong to the model or a special token named by the files is missing.
 */
export function loadSentencePiece(files: SentencePieceFiles): Tokenizer {
  const { kind, config, source, map } = files;
  const model = parseSentencePieceModel(files.bytes, files.modelName);
  const sentencePiece = makeSentencePiece(model, files.modelName);

  const ids = map === null ? new Map(sentencePiece.pieceOf) : new Map(map.ids);
  if (map !== null) {
    const text = model.pieces.filter((piece) => piece.type === PieceType.normal);
    const known = text.filter((piece) => map.ids.has(piece.text)).length;
    if (2 * known < text.length) {
      throw new Error(
        `${map.name} does not belong to ${files.modelName}: it has ids for ${known} of the model's ` +
          `${text.length} pieces.`,
      );
    }
  }
  let vocabSize = map === null ? model.pieces.length : 1 + Math.max(...ids.values());
  const tokens = new Map([...ids].map(([token, id]) => [id, token]));
  if (map === null) model.pieces.forEach((piece, id) => tokens.set(id, piece.text));

  // Special tokens: as the files name them, else by KoBERT's names.
  const special = new Map<SpecialRole, number>();
  const added: AddedToken[] = [];
  const plain = kind === "sentencepiece";
  const take = (spec: TokenSpec, role: SpecialRole | null): void => {
    let id = ids.get(spec.content);
    if (id === undefined) {
      if (plain) {
        throw new Error(
          `The special token ${spec.content} named beside ${files.modelName} is not in its vocabulary of ` +
            `${vocabSize} ids.`,
        );
      }
      // Python's classes give missing special tokens the next ids.
      id = vocabSize++;
      ids.set(spec.content, id);
      tokens.set(id, spec.content);
    }
    if (role !== null) special.set(role, id);
    if (!added.some((token) => token.id === id)) {
      added.push({ ...spec, id, normalized: false, special: true });
    }
  };
  for (const [role, name] of named(config, kind)) {
    const spec = config.special.get(role);
    // skt's class takes the space before [MASK] along.
    const lstrip = role === "mask" && kind === "kobert-skt";
    if (spec !== undefined) take({ ...spec, lstrip: spec.bare ? lstrip : spec.lstrip }, role);
    else if (!plain || ids.has(name)) take(defaultSpec(name, lstrip), role);
  }
  if (!special.has("unk")) {
    const unknown = model.pieces[model.unkId]!.text;
    const id = ids.get(unknown);
    if (id === undefined) {
      throw new Error(`${map?.name ?? files.modelName} has no id for unknown text (${unknown} or [UNK]).`);
    }
    special.set("unk", id);
  }
  for (const spec of config.additional) take(spec, null);
  if (!plain) {
    for (const token of config.added) {
      if (added.some((other) => other.id === token.id)) continue;
      added.push(token);
      ids.set(token.content, token.id);
      tokens.set(token.id, token.content);
      vocabSize = Math.max(vocabSize, token.id + 1);
    }
  }

  const unkId = special.get("unk")!;
  const idOf = Int32Array.from(
    model.pieces,
    (piece, i) => map === null ? i : i === model.unkId ? unkId : map.ids.get(piece.text) ?? unkId,
  );
  const pieceOfId = new Map<number, number>();
  idOf.forEach((id, piece) => {
    if (!pieceOfId.has(id) || id === unkId && piece === model.unkId) pieceOfId.set(id, piece);
  });

  const settings: KobertSettings = {
    lowercase: config.lowercase ?? false,
    removeSpace: config.removeSpace ?? true,
    keepAccents: config.keepAccents ?? false,
  };
  const specialIds = [...new Set([...special.values(), ...added.filter((t) => t.special).map((t) => t.id)])]
    .sort((a, b) => a - b);
  const cls = special.get("cls");
  const sep = special.get("sep");
  const splitAdded = plain || config.splitSpecialTokens ? [] : added;

  const decode = (given: readonly number[]): string => {
    if (plain) {
      // Ids that are no piece of the model (special tokens of the map) show as they are written.
      let text = "";
      let run: number[] = [];
      const flush = () => {
        text += decodePieces(sentencePiece, run);
        run = [];
      };
      for (const id of given) {
        const piece = pieceOfId.get(id);
        if (piece !== undefined) run.push(piece);
        else {
          flush();
          text += tokens.get(id)!;
        }
      }
      flush();
      return text;
    }
    return decodeKobert(given, tokens, added, kind === "kobert-monologg" ? " " : "");
  };

  return makeTokenizer({
    kind,
    source,
    model: plain
      ? sentencePieceText(sentencePiece, idOf)
      : kobertText(sentencePiece, idOf, (token) => ids.get(token) ?? unkId, settings),
    vocabSize,
    tokenToId: (token) => ids.get(token) ?? null,
    idToToken: (id) => tokens.get(id) ?? null,
    addedTokens: splitAdded,
    special,
    specialIds,
    template: cls !== undefined && sep !== undefined ? bertTemplate(cls, sep) : BARE_TEMPLATE,
    longestFirst: plain ? "tokenizers" : "python",
    paddingSide: config.paddingSide ?? "right",
    truncationSide: config.truncationSide ?? "right",
    padType: 0,
    modelMaxLength: config.modelMaxLength,
    decode,
    save: (folder) =>
      saveSentencePiece(folder, { ...files, model, tokens, vocabSize, special, added, settings }),
  });
}

/** The roles a kind of tokenizer fills, in the order in which Python adds missing tokens. */
function named(config: TokenizerConfig, kind: SentencePieceKind): [SpecialRole, string][] {
  const roles: [SpecialRole, string][] = [...DEFAULT_NAMES];
  // skt's class uses [CLS] and [SEP] as the first and last token too; elsewhere these two exist only if named.
  for (const [role, name] of [["eos", "[SEP]"], ["bos", "[CLS]"]] as const) {
    if (kind === "kobert-skt" || config.special.has(role)) roles.unshift([role, name]);
  }
  return roles;
}

function defaultSpec(content: string, lstrip: boolean): TokenSpec {
  return { content, singleWord: false, lstrip, rstrip: false, normalized: false, special: true };
}

/** `_decode` of transformers' Python tokenizers: added tokens stand apart, pieces are joined and stripped. */
function decodeKobert(
  given: readonly number[],
  tokens: ReadonlyMap<number, string>,
  added: readonly AddedToken[],
  between: string,
): string {
  const apart = new Set(added.map((token) => token.id));
  const parts: string[] = [];
  let run = "";
  const flush = () => {
    if (run !== "") parts.push(run.replaceAll("▁", " ").trim());
    run = "";
  };
  for (const id of given) {
    if (apart.has(id)) {
      flush();
      parts.push(tokens.get(id)!);
    } else run += tokens.get(id)!;
  }
  flush();
  return parts.join(between);
}
