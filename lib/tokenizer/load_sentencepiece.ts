/** Tokenizers whose heart is a SentencePiece model: KoBERT's in its three variants, XLNet's, Llama's. */

import { UserError } from "../ground/pure.ts";
import type { AddedToken } from "./added_tokens.ts";
import { bertNames, llamaConventions, type SpecialNames, xlnetConventions } from "./classes.ts";
import { specialToken, type TokenizerConfig, type TokenSpec } from "./config.ts";
import { bertTemplate, startEndTemplate, type Template, xlnetTemplate } from "./encoding.ts";
import { makeDecoder } from "./json_decoder.ts";
import { type KobertSettings, kobertText } from "./kobert.ts";
import { llamaDecoder, type LlamaSettings, llamaText } from "./llama.ts";
import { saveSentencePiece, type SentencePieceFiles, type SentencePieceKind } from "./save_sentencepiece.ts";
import { decodePieces, openSentencePiece, sentencePieceText } from "./sentencepiece.ts";
import { parseSentencePieceModel, PieceType } from "./sentencepiece_model.ts";
import { makeTokenizer } from "./tokenizer.ts";
import { type SpecialRole, specialRoles, type Tokenizer } from "./types.ts";

const inOrder = (names: SpecialNames) => Object.entries(names) as [SpecialRole, string][];
const kobertNames = inOrder(bertNames);

/** Special tokens by their usual names, in the order in which Python adds missing ones. */
const namesOfKind: Record<SentencePieceKind, readonly (readonly [SpecialRole, string])[]> = {
  sentencepiece: [...kobertNames, ["bos", "<s>"], ["eos", "</s>"], ["pad", "<pad>"]],
  // skt's class uses [CLS] and [SEP] as the first and last token too.
  "kobert-skt": [["bos", "[CLS]"], ["eos", "[SEP]"], ...kobertNames],
  "kobert-monologg": kobertNames,
  xlnet: inOrder(xlnetConventions.names),
  llama: inOrder(llamaConventions.names),
};

/**
 * Makes the tokenizer of a SentencePiece model.
 *
 * @throws Error where the map does not belong to the model or a special token named by the files is missing.
 */
export async function loadSentencePiece(files: SentencePieceFiles): Promise<Tokenizer> {
  const { kind, config, source, map } = files;
  const model = parseSentencePieceModel(files.bytes, files.modelName);
  const sentencePiece = await openSentencePiece(model, files.modelName);

  const ids = map === null ? new Map(sentencePiece.pieceOf) : new Map(map.ids);
  if (map !== null) {
    const text = model.pieces.filter((piece) => piece.type === PieceType.normal);
    const known = text.filter((piece) => map.ids.has(piece.text)).length;
    if (2 * known < text.length) {
      throw new UserError(
        `${map.name} does not belong to ${files.modelName}: it has ids for ${known} of the model's ` +
          `${text.length} pieces.`,
      );
    }
  }
  let vocabSize = map === null
    ? model.pieces.length
    : 1 + [...ids.values()].reduce((most, id) => Math.max(most, id), -1);
  const tokens = new Map([...ids].map(([token, id]) => [id, token]));
  if (map === null) model.pieces.forEach((piece, id) => tokens.set(id, piece.text));

  // Special tokens: as the files name them, else by their usual names.
  const special = new Map<SpecialRole, number>();
  const added: AddedToken[] = [];
  const plain = kind === "sentencepiece";
  const take = (spec: TokenSpec, role: SpecialRole | null): void => {
    let id = ids.get(spec.content);
    if (id === undefined) {
      if (plain) {
        throw new UserError(
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
  // Those that a kind does not take for granted exist only if the files name them.
  const others = specialRoles.filter((role) =>
    config.special.has(role) && !namesOfKind[kind].some(([own]) => own === role)
  );
  for (const [role, name] of [...others.map((role) => [role, ""] as const), ...namesOfKind[kind]]) {
    if (special.has(role)) continue;
    const spec = config.special.get(role);
    const described = config.added.find((token) => token.content === spec?.content);
    // These classes take the space before [MASK] along.
    const lstrip = role === "mask" && (kind === "kobert-skt" || kind === "xlnet");
    if (spec !== undefined) {
      take({ ...spec, lstrip: spec.bare ? described?.lstrip ?? lstrip : spec.lstrip }, role);
    } else if (!plain || ids.has(name)) take(specialToken(name, lstrip), role);
  }
  if (!special.has("unk")) {
    const unknown = model.pieces[model.unkId]!.text;
    const id = ids.get(unknown);
    if (id === undefined) {
      throw new UserError(
        `${map?.name ?? files.modelName} has no id for unknown text (${unknown} or [UNK]).`,
      );
    }
    special.set("unk", id);
  }
  for (const spec of config.additional) take(spec, null);
  if (kind === "xlnet" && config.additional.length === 0) {
    for (const name of xlnetConventions.additional) take(specialToken(name), null);
  }
  const llama: LlamaSettings = { legacy: config.legacy ?? true, prefixSpace: config.addPrefixSpace ?? true };
  if (kind === "llama" && !llama.legacy) {
    // As Python's fast class: SentencePiece's own symbols are cut out of the text, too.
    model.pieces.forEach(({ text, type }, id) => {
      if (
        (type === PieceType.control || type === PieceType.userDefined) &&
        !added.some((token) => token.id === id)
      ) {
        added.push({ ...specialToken(text), id, special: type === PieceType.control });
      }
    });
  }
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
  const template = templateOf(kind, special, config);
  const splitAdded = plain || config.splitSpecialTokens ? [] : added;
  const conventions = kind === "xlnet" ? xlnetConventions : kind === "llama" ? llamaConventions : null;
  const paddingSide = config.paddingSide ?? conventions?.paddingSide ?? "right";
  const tokenOf = (id: number) => tokens.get(id)!;

  const textModel = () => {
    switch (kind) {
      case "sentencepiece":
        return sentencePieceText(sentencePiece, idOf);
      case "llama":
        return llamaText(sentencePiece, idOf, llama);
    }
    return kobertText(sentencePiece, idOf, (token) => ids.get(token) ?? unkId, settings);
  };
  const decodeLlama = kind === "llama" ? makeDecoder(llamaDecoder(llama), source) : null;
  const decode = (given: readonly number[]): string => {
    if (decodeLlama !== null) return decodeLlama(given.map(tokenOf));
    if (!plain) return decodeKobert(given, tokens, added, kind === "kobert-monologg" ? " " : "");
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
        text += tokenOf(id);
      }
    }
    flush();
    return text;
  };

  return makeTokenizer({
    kind,
    source,
    model: textModel(),
    vocabSize,
    tokenToId: (token) => ids.get(token) ?? null,
    idToToken: (id) => tokens.get(id) ?? null,
    addedTokens: splitAdded,
    special,
    specialIds,
    template,
    longestFirst: plain || kind === "llama" ? "tokenizers" : "python",
    paddingSide,
    truncationSide: config.truncationSide ?? "right",
    padType: conventions?.padType ?? 0,
    modelMaxLength: config.modelMaxLength,
    cleanUp: config.cleanUp,
    decode,
    save: (folder) =>
      saveSentencePiece(folder, {
        ...files,
        model,
        tokens,
        vocabSize,
        special,
        added,
        settings,
        llama,
        template,
        paddingSide,
      }),
  });
}

/** The layout of a kind's special tokens. */
function templateOf(
  kind: SentencePieceKind,
  special: ReadonlyMap<SpecialRole, number>,
  config: TokenizerConfig,
): Template {
  if (kind === "xlnet") return xlnetTemplate(special.get("cls")!, special.get("sep")!);
  if (kind === "llama") {
    return startEndTemplate(
      config.addBos === false ? null : special.get("bos")!,
      config.addEos === true ? special.get("eos")! : null,
    );
  }
  const cls = special.get("cls");
  const sep = special.get("sep");
  if (cls !== undefined && sep !== undefined) return bertTemplate(cls, sep);
  const asked = (role: "bos" | "eos", value: boolean | null): number | null => {
    const id = special.get(role);
    if (value === true && id === undefined) {
      throw new UserError(`tokenizer_config.json says add_${role}_token, but there is no ${role}_token.`);
    }
    return value === true ? id! : null;
  };
  return startEndTemplate(asked("bos", config.addBos), asked("eos", config.addEos));
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
