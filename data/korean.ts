/**
 * Korean word forms for the bundled songs: final consonants, particles chosen by them, and the conjugation of
 * verbs and adjectives with the common irregular classes. Only as much grammar as the line bank uses.
 */

const hangulFirst = 0xac00;
const hangulLast = 0xd7a3;

/** Position of a final consonant among the 28 of Unicode's Hangul syllables (0 is none). */
const finalAt = { none: 0, ㄴ: 4, ㄷ: 7, ㄹ: 8, ㅁ: 16, ㅂ: 17, ㅅ: 19, ㅆ: 20, ㅎ: 27 } as const;
const vowelLetters = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
const onsetLetters = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";

interface Syllable {
  onset: number;
  vowel: number;
  final: number;
}

function isHangul(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code >= hangulFirst && code <= hangulLast;
}

function split(char: string): Syllable {
  const code = (char.codePointAt(0) ?? 0) - hangulFirst;
  return { onset: Math.floor(code / 588), vowel: Math.floor((code % 588) / 28), final: code % 28 };
}

function join({ onset, vowel, final }: Syllable): string {
  return String.fromCodePoint(hangulFirst + onset * 588 + vowel * 28 + final);
}

function withFinal(text: string, final: number): string {
  return text.slice(0, -1) + join({ ...split(text.slice(-1)), final });
}

function vowelOf(char: string): string {
  return vowelLetters.charAt(split(char).vowel);
}

/**
 * The final consonant's number of a word's last syllable (0: none, 8: ㄹ). Digits and Latin letters are taken as they
 * are read in Korean (`3` 삼, `L` 엘).
 *
 * @example
 * ```ts
 * finalOf("바다"); // 0
 * finalOf("길"); // 8
 * ```
 */
export function finalOf(word: string): number {
  const last = word.trim().slice(-1);
  if (isHangul(last)) return split(last).final;
  if (/[178lrLR]/.test(last)) return finalAt.ㄹ;
  if (/[036mnMN]/.test(last)) return finalAt.ㅁ;
  return finalAt.none;
}

/** Particles as [after a consonant, after a vowel]; longer ones first, as they are looked for at a word's end. */
const particlePairs: [string, string][] = [
  ["이에요", "예요"],
  ["이었", "였"],
  ["이라", "라"],
  ["이야", "야"],
  ["으로", "로"],
  ["이랑", "랑"],
  ["을", "를"],
  ["이", "가"],
  ["은", "는"],
  ["과", "와"],
];

/**
 * Joins a word and what follows it, giving a particle at the start of `rest` the form that the word's end asks for.
 *
 * @example
 * ```ts
 * attachParticle("바다", "을 보며"); // "바다를 보며"
 * attachParticle("길", "로"); // "길로"
 * attachParticle("당신", "라는 이름"); // "당신이라는 이름"
 * ```
 */
export function attachParticle(word: string, rest: string): string {
  const final = finalOf(word);
  for (const [consonant, vowel] of particlePairs) {
    for (const form of [consonant, vowel]) {
      if (!rest.startsWith(form)) continue;
      const bare = final === finalAt.none || (consonant === "으로" && final === finalAt.ㄹ);
      return word + (bare ? vowel : consonant) + rest.slice(form.length);
    }
  }
  return word + rest;
}

const adjectiveStems = new Set(
  ("가볍 가쁘 거칠 고달프 고프 곱 구슬프 귀엽 그립 길 깊 날카롭 낯설 넓 눈부시 느리 다르 달 두껍 둥글 뜨겁 맑 멀 " +
    "무겁 무섭 반갑 밝 배부르 버겁 붉 빠르 뿌옇 서럽 시리 아프 얄밉 얇 예쁘 우습 자유롭 작 질기 짧 춥 크 푸르 흐리 " +
    "같 똑같 차갑 두렵 싶 어렵 쉽 높 낮 많 좋 싫 슬프 기쁘 외롭 새롭 가깝 어둡 편하 " +
    "가난하 가득하 가지런하 잔인하 소란하 선명하 사소하 야속하 후하 훤하 환하 조용하 행복하 따뜻하 먹먹하 달콤하 " +
    "끈적하 기구하 아찔하 찌릿찌릿하 진하 듯하 쓰디쓰 쓸쓸하 고요하 초라하 이상하 불안하 서툴").split(" "),
);
const existentialForm = /(있|없)$/;

/** ㄷ becomes ㄹ before a vowel. 묻다 is one of them where it means to ask; see {@link stemOf}. */
const dIrregular = /(듣|걷|싣|깨닫|되묻)$/;
const sIrregular = /(짓|긋|젓|잇|낫|붓)$/;
const bRegular = /(입|잡|씹|뽑|접|집|좁|업|꼽|굽|뵙)$/;
const hIrregular = /(뿌옇|하얗|파랗|까맣|빨갛|노랗|그렇|이렇|어떻)$/;
/** Stems in 르 that only drop ㅡ (따라) instead of doubling ㄹ (불러). */
const reuRegular = /(따르|들르|치르|다다르|우러르)$/;

type Kind = "verb" | "adjective" | "existential";

interface Stem {
  /** All words before the last one, with the space after them. */
  before: string;
  stem: string;
  kind: Kind;
  /** True for a verb that keeps its consonant though others of its shape change (묻다, to bury). */
  regular: boolean;
}

function kindOf(before: string, stem: string, asVerb: boolean): Kind {
  if (existentialForm.test(stem)) return "existential";
  if (asVerb) return "verb";
  if (stem === "않") {
    const negated = before.trim().split(" ").pop() ?? "";
    const base = negated.replace(/지도?$/, "");
    return adjectiveStems.has(base) ? "adjective" : "verb";
  }
  return adjectiveStems.has(stem) ? "adjective" : "verb";
}

function stemOf(predicate: string, asVerb: boolean): Stem {
  if (!predicate.endsWith("다")) {
    throw new Error(`"${predicate}" is no dictionary form: a predicate of the bank must end in 다`);
  }
  const cut = predicate.lastIndexOf(" ") + 1;
  const before = predicate.slice(0, cut);
  const stem = predicate.slice(cut, -1);
  const buried = /(에 |씨감자를 |기억은 )/.test(before.replace(/에게 /g, ""));
  return { before, stem, kind: kindOf(before, stem, asVerb), regular: stem === "묻" && buried };
}

/**
 * The stem's form before a linking vowel (으면, 을, 은): 부르, 들, 추우, 지. `linked` says that 으 is written after it
 * (들으면, 지으면, 먹으면; not 부르면, 추우면, 살면).
 */
function beforeVowel({ stem, regular }: Stem): { text: string; linked: boolean } {
  if (!regular && (dIrregular.test(stem) || stem === "묻")) {
    return { text: withFinal(stem, finalAt.ㄹ), linked: true };
  }
  const { final } = split(stem.slice(-1));
  if (sIrregular.test(stem)) return { text: withFinal(stem, finalAt.none), linked: true };
  if (final === finalAt.ㅂ && !bRegular.test(stem)) {
    return { text: withFinal(stem, finalAt.none) + "우", linked: false };
  }
  if (hIrregular.test(stem)) return { text: withFinal(stem, finalAt.none), linked: false };
  return { text: stem, linked: final !== finalAt.none && final !== finalAt.ㄹ };
}

/** The 아/어 form: 불러, 들어, 추워, 해. */
function infinitive(parts: Stem): string {
  const { stem, regular } = parts;
  const lastChar = stem.slice(-1);
  const head = stem.slice(0, -1);
  const last = split(lastChar);
  const previous = head.slice(-1);
  const bright = (char: string): boolean => isHangul(char) && "ㅏㅗㅑ".includes(vowelOf(char));

  if (!regular && (dIrregular.test(stem) || stem === "묻")) {
    return withFinal(stem, finalAt.ㄹ) + (bright(lastChar) ? "아" : "어");
  }
  if (sIrregular.test(stem)) return withFinal(stem, finalAt.none) + (bright(lastChar) ? "아" : "어");
  if (hIrregular.test(stem)) {
    const open = vowelOf(lastChar) === "ㅕ" ? "ㅖ" : "ㅐ";
    return head + join({ ...last, vowel: vowelLetters.indexOf(open), final: finalAt.none });
  }
  if (last.final === finalAt.ㅂ && !bRegular.test(stem)) {
    return withFinal(stem, finalAt.none) + (/(돕|곱)$/.test(stem) ? "와" : "워");
  }
  if (last.final !== finalAt.none) return stem + (bright(lastChar) ? "아" : "어");

  const vowel = vowelOf(lastChar);
  const change = (to: string): string => head + join({ ...last, vowel: vowelLetters.indexOf(to) });
  if (lastChar === "하") return head + "해";
  if (lastChar === "르" && !reuRegular.test(stem)) {
    if (stem === "푸르") return "푸르러";
    return withFinal(head, finalAt.ㄹ) + (bright(previous) ? "라" : "러");
  }
  if (lastChar === "푸" && head === "") return "퍼";
  if (lastChar === "되") return head + "돼";
  switch (vowel) {
    case "ㅡ":
      return change(bright(previous) ? "ㅏ" : "ㅓ");
    case "ㅗ":
      return lastChar === "꼬" ? stem + "아" : change("ㅘ");
    case "ㅜ":
      return change("ㅝ");
    case "ㅣ":
      return head === "" && !"지치찌".includes(lastChar) ? stem + "어" : change("ㅕ");
    case "ㅟ":
    case "ㅚ":
    case "ㅢ":
      return stem + "어";
    default:
      return stem;
  }
}

function dropFinalL(stem: string): string {
  return split(stem.slice(-1)).final === finalAt.ㄹ ? withFinal(stem, finalAt.none) : stem;
}

/** 는다, 는데, 는 and their like: which shape depends on verb, adjective or 있다/없다. */
function presentForm(parts: Stem, ending: string): string {
  const { stem, kind } = parts;
  const rest = ending.slice(1);
  const open = split(stem.slice(-1)).final === finalAt.none || split(stem.slice(-1)).final === finalAt.ㄹ;
  if (ending.startsWith("는다")) {
    if (kind !== "verb") return stem + rest;
    return open ? withFinal(stem, finalAt.ㄴ) + rest : stem + ending;
  }
  if (ending.startsWith("는구나")) return kind === "verb" ? dropFinalL(stem) + ending : stem + rest;
  if (kind === "adjective") return euphonic(parts, "은" + rest);
  return dropFinalL(stem) + ending;
}

/** 으면, 을게, 은, 읍니다: 으 only after a consonant, a consonant moved into an open syllable, ㄹ dropped where it must be. */
function euphonic(parts: Stem, ending: string): string {
  const { text, linked } = beforeVowel(parts);
  const first = ending.charAt(0);
  const rest = ending.slice(1);
  const moved: Record<string, number> = { 을: finalAt.ㄹ, 은: finalAt.ㄴ, 음: finalAt.ㅁ, 읍: finalAt.ㅂ };
  if (first === "읍") {
    const { stem } = parts;
    const own = split(stem.slice(-1)).final;
    if (own === finalAt.none || own === finalAt.ㄹ) return withFinal(stem, finalAt.ㅂ) + rest;
    return stem + "습" + rest;
  }
  if (first === "으") {
    if (linked) return text + ending;
    const drops = rest.startsWith("오") || dropsL(rest);
    return (drops ? dropFinalL(text) : text) + rest;
  }
  if (linked) return text + ending;
  return withFinal(text, moved[first] ?? finalAt.none) + rest;
}

/** True for endings before which a stem loses its ㄹ (사네, 사니). */
function dropsL(ending: string): boolean {
  const first = ending.charAt(0);
  return isHangul(first) && "ㄴㅂㅅ".includes(onsetLetters.charAt(split(first).onset));
}

/**
 * A predicate in its dictionary form with another ending. Endings are written in their fullest shape and take the one
 * that the stem asks for: `어…` and `었…` the 아/어 form, `으…` `을…` `은…` `읍니다` those with a linking vowel, `는…`
 * and `나 봐` those that differ between verbs and adjectives; any other is added as it is.
 *
 * @param predicate words ending in a dictionary form, e.g. `이름을 부르다`
 * @param ending e.g. `어요`, `었어`, `을게`, `는다`, `는데`, `고`
 * @param asVerb take the last word as a verb even where an adjective is spelt the same (커튼을 달다)
 * @throws Error where the predicate does not end in 다
 *
 * @example
 * ```ts
 * conjugate("이름을 부르다", "어요"); // "이름을 불러요"
 * conjugate("밤이 길다", "는데"); // "밤이 긴데"
 * conjugate("길을 걷다", "을게"); // "길을 걸을게"
 * ```
 */
export function conjugate(predicate: string, ending: string, asVerb = false): string {
  const parts = stemOf(predicate, asVerb);
  const { before, stem, kind } = parts;
  const first = ending.charAt(0);
  if (first === "어") return before + infinitive(parts) + ending.slice(1);
  if (first === "었") return before + withFinal(infinitive(parts), finalAt.ㅆ) + ending.slice(1);
  if (first === "는") return before + presentForm(parts, ending);
  if (ending.startsWith("나 봐") && kind === "adjective") {
    return before + euphonic(parts, "은가 봐" + ending.slice(3));
  }
  if ("으을은음읍".includes(first)) return before + euphonic(parts, ending);
  return before + (dropsL(ending) ? dropFinalL(stem) : stem) + ending;
}

/** True where the predicate's last word is an adjective or 있다/없다, which take no 고 있다 and no 는다. */
export function isState(predicate: string, asVerb = false): boolean {
  return stemOf(predicate, asVerb).kind !== "verb";
}
