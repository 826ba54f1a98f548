/** What a reader calls things: each name once, in Korean and English. */
import { isAbsolute } from "node:path";
import { defaultRecipe, recipes } from "../training/mod.ts";
import { type ColumnPart, columnParts, type Method, type SongWay } from "./trial.ts";

/** A name in both languages. */
export interface Name {
  ko: string;
  en: string;
}

/** Both, as tables and figures show them. */
export const bilingual = ({ ko, en }: Name): string => ko === en ? ko : `${ko} · ${en}`;

const both = (ko: string, en = ko): Name => ({ ko, en });

/** Ways of learning songs of several genres. */
export const wayNames: Readonly<Record<SongWay, Name>> = {
  oversampling: both("오버샘플링", "oversampling"),
  weights: both("곡마다 가중치", "weights by song"),
  sigmoid: both("장르마다 예/아니오", "a yes or no for each genre"),
};

/** What a split kept together. */
export const splitNames = {
  song: both("곡별 분할", "split by song"),
  artist: both("가수별 분할", "split by artist"),
} as const;

/** Forms of the artist idea. */
export const artistIdeaNames = {
  majority: both("최다 장르", "majority class"),
  artist: both("가수의 최다 장르", "artist's most frequent genre"),
  lyrics: both("가사만", "lyrics alone"),
  naive: both("연구의 규칙 그대로", "study's rule, naive"),
  mended: both("연구의 규칙 수정", "study's rule, mended"),
  fitted: both("연구의 규칙 수정, 배수 맞춤", "study's rule, mended and fitted"),
  product: both("가수 사전확률", "artist prior"),
  bayes: both("가수 사전확률/장르 비율", "artist prior over genre share"),
} as const;

/** By how many training songs the best known of a song's artists has. */
export const artistBucketNames = {
  "0": both("모르는 가수", "unknown"),
  "1": both("1곡", "1 song"),
  "2–5": both("2–5곡", "2–5 songs"),
  ">5": both("6곡 이상", "6 or more"),
} as const;

/** What the linear model looks at. */
export const columnNames: Readonly<Record<ColumnPart, Name>> = {
  lyrics: both("가사", "lyrics"),
  artist: both("가수", "artist"),
  year: both("연도", "year"),
  album: both("앨범", "album"),
  length: both("길이", "length"),
  latin: both("로마자 비율", "Latin share"),
};

/** The small models: KoBERT pretrained here, and one of each architecture from scratch. */
export const smallModels = [
  "kobert-small",
  "kobert-small-scratch",
  "roberta-small",
  "electra-small",
  "xlnet-small",
  "llama-small",
] as const;

/** A model's source: of a folder by its full path the end alone. */
export const sourceName = (source: string): Name =>
  both(isAbsolute(source) ? source.split(/[/\\]/).filter((part) => part !== "").slice(-2).join("/") : source);

/** A method's name. */
export function nameOf(method: Method): Name {
  switch (method.kind) {
    case "majority":
      return artistIdeaNames.majority;
    case "artist":
      return artistIdeaNames.artist;
    case "words": {
      const { ko, en } = method.learner === "bayes"
        ? both("나이브 베이즈", "naive Bayes")
        : both("TF-IDF + 로지스틱 회귀", "TF-IDF + logistic regression");
      if (method.read === "whole") return both(ko, en);
      const { tokens } = method.read;
      return both(`${ko}, 앞 ${tokens}토큰`, `${en}, first ${tokens} tokens`);
    }
    case "network": {
      const { source, trainings = 1, recipe: { adapt } } = method, { ko, en } = sourceName(source);
      // as a model is trained where nothing is said goes without saying
      const isUsual = recipes[defaultRecipe(source)]!.adapt > 0;
      const reading = adapt === 0 || isUsual ? both("") : both(", 가사 먼저 읽음", ", lyrics read first");
      return both(
        `${ko}${reading.ko}${trainings > 1 ? `, ${trainings}번 평균` : ""}`,
        `${en}${reading.en}${trainings > 1 ? `, mean of ${trainings}` : ""}`,
      );
    }
    case "columns": {
      const missing = columnParts.filter((part) => !method.parts.includes(part));
      if (missing.length === 0) return both("모든 열, 선형", "all columns, linear");
      const [only] = method.parts;
      if (method.parts.length === 1) {
        return both(`${columnNames[only!].ko}만, 선형`, `${columnNames[only!].en} alone, linear`);
      }
      if (missing.length === 1) {
        const { ko, en } = columnNames[missing[0]!];
        return both(`모든 열 − ${ko}`, `all columns − ${en}`);
      }
      const list = (of: "ko" | "en") => method.parts.map((part) => columnNames[part][of]).join(" + ");
      return both(`${list("ko")}, 선형`, `${list("en")}, linear`);
    }
  }
}
