/** How each genre goes about a song: its voices, themes, neighbours, years, and how freely it shows itself. */
import { type Voice, type Weighted, weights } from "./endings.ts";

/** A genre's ways. */
export interface Manner {
  /** The voices its songs speak in. */
  voices: Weighted<Voice>;
  /** Genres whose diction it borrows, where its artists wander, and what its second genre is. */
  neighbours: Weighted<string>;
  /** What it sings of; every genre has every theme, some seldom. */
  themes: Weighted<string>;
  /** First and last year of its songs. */
  years: [number, number];
  /** Chance that a line has an English half. */
  english: number;
  /** Chance that a line has a call before or after it. */
  calls: number;
  /** Chance that a song has long lines. */
  long: number;
  /** Relative output of its artists: what makes the genres uneven. */
  output: number;
}

function voices(list: string): Weighted<Voice> {
  return weights(list) as Weighted<Voice>;
}

const mannerOf: Record<string, Manner> = {
  "발라드": {
    voices: voices("반말 5, 존댓말 4, 서술 1"),
    neighbours: weights("R&B/Soul 3, 인디음악 2, 트로트 1, 록/메탈 1, 포크/블루스 1.5, 댄스 1"),
    themes: weights(
      "이별 9, 그리움 8, 사랑 7, 밤 3, 계절 4, 설렘 3, 위로 3, 바다 1.5, 인생 1, 꿈 1.5, 가족 1.5, 도시 1, 술 1, 여행 0.7, " +
        "청춘 0.7, 일상 1, 고향 0.2, 춤 0.2, 돈과 성공 0.2",
    ),
    years: [1990, 2023],
    english: 0.01,
    calls: 0.01,
    long: 0.02,
    output: 2.5,
  },
  "댄스": {
    voices: voices("반말 8, 존댓말 1, 랩 1"),
    neighbours: weights("R&B/Soul 3, 랩/힙합 3, 록/메탈 1, 발라드 2, 트로트 1, 인디음악 1"),
    themes: weights(
      "춤 9, 설렘 7, 사랑 5, 밤 3, 청춘 2.5, 꿈 2, 이별 2.5, 도시 2, 계절 2, 여행 2, 바다 2, 돈과 성공 1, 그리움 1.2, " +
        "일상 0.8, 위로 0.5, 술 0.6, 인생 0.4, 가족 0.2, 고향 0.1",
    ),
    years: [1993, 2023],
    english: 0.05,
    calls: 0.1,
    long: 0.03,
    output: 0.84,
  },
  "랩/힙합": {
    voices: voices("랩 8, 반말 2"),
    neighbours: weights("R&B/Soul 3, 댄스 3, 록/메탈 2, 인디음악 1.5, 발라드 1.5"),
    themes: weights(
      "돈과 성공 8, 도시 5, 꿈 3.5, 청춘 3.5, 밤 2.5, 가족 2, 술 2, 사랑 1.8, 이별 2, 인생 1.8, 춤 2, 그리움 1, 일상 1.2, " +
        "설렘 0.8, 위로 0.8, 여행 0.7, 계절 0.5, 고향 0.5, 바다 0.3",
    ),
    years: [1998, 2023],
    english: 0.05,
    calls: 0.12,
    long: 0.72,
    output: 1.0,
  },
  "R&B/Soul": {
    voices: voices("반말 8, 존댓말 2"),
    neighbours: weights("발라드 3.5, 댄스 2.5, 랩/힙합 2.5, 인디음악 2, 록/메탈 0.5"),
    themes: weights(
      "사랑 7, 밤 7, 설렘 4, 이별 4, 그리움 2.5, 도시 3, 계절 1.5, 춤 2, 술 2, 바다 1, 여행 0.7, 위로 1, 꿈 0.6, 일상 0.8, " +
        "청춘 0.5, 인생 0.3, 돈과 성공 0.4, 가족 0.2, 고향 0.05",
    ),
    years: [1996, 2023],
    english: 0.08,
    calls: 0.1,
    long: 0.06,
    output: 0.98,
  },
  "록/메탈": {
    voices: voices("반말 5, 서술 4, 존댓말 0.5"),
    neighbours: weights("인디음악 3, 발라드 2, 댄스 1.5, 랩/힙합 1.5, 포크/블루스 1.5"),
    themes: weights(
      "청춘 8, 꿈 7, 도시 3, 밤 2.5, 이별 2.5, 인생 2.5, 그리움 1.5, 바다 2, 여행 2, 사랑 1.5, 계절 1, 돈과 성공 1.5, " +
        "위로 1, 술 1.2, 춤 0.8, 가족 0.5, 일상 0.5, 고향 0.3, 설렘 0.4",
    ),
    years: [1989, 2023],
    english: 0.02,
    calls: 0.05,
    long: 0.03,
    output: 0.98,
  },
  "트로트": {
    voices: voices("옛말 5, 존댓말 2.5, 반말 1.5, 서술 1"),
    neighbours: weights("포크/블루스 3, 발라드 3, 댄스 1.5, 록/메탈 0.5"),
    themes: weights(
      "고향 7, 인생 7, 이별 3.5, 사랑 3, 술 4, 가족 3, 그리움 3, 바다 2, 계절 1.5, 춤 2, 청춘 0.8, 밤 1, 여행 0.8, " +
        "설렘 1, 돈과 성공 0.8, 위로 0.4, 꿈 0.4, 도시 0.4, 일상 0.2",
    ),
    years: [1988, 2023],
    english: 0,
    calls: 0.08,
    long: 0.01,
    output: 0.58,
  },
  "포크/블루스": {
    voices: voices("서술 3.5, 반말 2.5, 존댓말 2, 옛말 2"),
    neighbours: weights("인디음악 3.5, 발라드 3, 트로트 2, 록/메탈 1"),
    themes: weights(
      "여행 7, 고향 4, 인생 4, 계절 6, 그리움 3, 가족 2, 일상 2, 바다 3, 밤 2.5, 위로 1.8, 청춘 1.8, 사랑 1.5, 이별 1.5, " +
        "술 1.2, 도시 0.6, 꿈 0.7, 설렘 0.3, 돈과 성공 0.2, 춤 0.2",
    ),
    years: [1988, 2023],
    english: 0,
    calls: 0.04,
    long: 0.01,
    output: 0.58,
  },
  "인디음악": {
    voices: voices("반말 5, 존댓말 3, 서술 2"),
    neighbours: weights("포크/블루스 3, 록/메탈 2.5, 발라드 2.5, R&B/Soul 2, 댄스 0.8"),
    themes: weights(
      "일상 9, 위로 5, 밤 3, 설렘 2, 계절 3, 청춘 2.5, 여행 2.5, 도시 4, 사랑 2, 이별 1.5, 그리움 2, 바다 1.2, 꿈 1.2, " +
        "술 1.2, 인생 0.8, 가족 0.8, 춤 0.4, 돈과 성공 0.4, 고향 0.2",
    ),
    years: [1999, 2023],
    english: 0.02,
    calls: 0.04,
    long: 0.02,
    output: 0.82,
  },
};

/** All genres of the bundled songs. */
export const allGenres = Object.keys(mannerOf);

/**
 * A genre's ways.
 *
 * @throws Error for a genre that is not one of {@link allGenres}
 */
export function manner(genre: string): Manner {
  const found = mannerOf[genre];
  if (!found) throw new Error(`no genre "${genre}"; the genres are ${allGenres.join(", ")}`);
  return found;
}

/** How plainly a song shows its genre. */
export interface Shade {
  /** Share of its lines that are about the genre's own things, lowest and highest. */
  share: [number, number];
  /** Of those, the share in its own diction rather than a neighbour's. */
  own: number;
  /** How much of the genre's calls, English and long lines it has; at 0 it also speaks as any song may. */
  manner: number;
}

/** The shades of songs: many keep to shared themes, some are unmistakable. */
export const songShades: Weighted<Shade> = [
  [{ share: [0.02, 0.08], own: 0.75, manner: 0 }, 0.13],
  [{ share: [0.14, 0.28], own: 0.8, manner: 0.5 }, 0.31],
  [{ share: [0.3, 0.46], own: 0.86, manner: 1 }, 0.36],
  [{ share: [0.46, 0.68], own: 0.92, manner: 1.2 }, 0.2],
];
