/** Korean sentences around names and numbers that are known only when they are computed. */

/** A particle's two forms, after a consonant and after a vowel: 발라드가, 트로트를, 록은, TF-IDF로. */
export type Particle = "이/가" | "은/는" | "을/를" | "과/와" | "으로/로" | "이었/였" | "이라/라";

/** Digits that end in a consonant when they are read: 영, 일, 삼, 육, 칠, 팔. */
const closedDigits = "013678";
/** Digits that end in ㄹ: 일, 칠, 팔. */
const rieulDigits = "178";

/** How a word ends when it is read in Korean: in a vowel, in ㄹ, or in another consonant. */
function endingOf(word: string): "vowel" | "rieul" | "consonant" {
  // what stands in brackets behind a name, and quotation marks, are not read
  const read = word.replace(/\s*\([^()]*\)$/, "").replaceAll(/[^\p{L}\p{N}%]/gu, "");
  const last = read.at(-1) ?? "";
  if (/[가-힣]/.test(last)) {
    const final = (last.charCodeAt(0) - 0xac00) % 28;
    return final === 0 ? "vowel" : final === 8 ? "rieul" : "consonant";
  }
  if (/\d/.test(last)) {
    return rieulDigits.includes(last) ? "rieul" : closedDigits.includes(last) ? "consonant" : "vowel";
  }
  // Latin names as they are said: small 스몰, albumen 앨범, electra 일렉트라, base 베이스, BERT 버트
  if (/l$/i.test(last)) return "rieul";
  return /[mn]$|ng$/i.test(read) ? "consonant" : "vowel";
}

/**
 * A word with the form of a particle that it takes.
 *
 * @param word of Latin letters it is judged by its last one, as it is usually said
 * @example
 * ```ts
 * withParticle("발라드", "이/가"); // 발라드가
 * withParticle("kobert-small", "은/는"); // kobert-small은
 * withParticle("12.5%", "으로/로"); // 12.5%로
 * ```
 */
export function withParticle(word: string, particle: Particle): string {
  const [closed, open] = particle.split("/") as [string, string];
  const ending = endingOf(word);
  const takesOpen = ending === "vowel" || (ending === "rieul" && particle === "으로/로");
  return word + (takesOpen ? open : closed);
}

/**
 * The Korean half of a name in both languages (`가사만 · lyrics alone`), for a sentence: with a comma in it in quotation marks, so that the
 * sentence does not part there. A name that is one for both as it is.
 */
export function inKorean(name: string): string {
  const korean = name.split(" · ")[0]!;
  return korean.includes(", ") ? `‘${korean}’` : korean;
}

/** The English half of it. */
export const inEnglish = (name: string): string => name.split(" · ").at(-1)!;
