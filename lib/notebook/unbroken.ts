/** What a line of HTML does not part: a number and its sign, an interval, a word and the particle behind its bracket. */

/** Holds two characters together where a line might end; it has no width. */
const joiner = "\u2060";

/** What stays together within a text, and how it is written then. */
const bonds: readonly (readonly [RegExp, string])[] = [
  // a number and its unit: 72 %, 0.48 s, 12 GiB
  [/(\d) (?=(?:%|ms|s|[kMG]i?B)(?![A-Za-z]))/g, "$1\u00a0"],
  // p = 0.48, p < 0.001, α = 0.5
  [/(?<![\p{L}\p{N}])([\p{L}]) (=|≈|≤|≥|&lt;|&gt;) (?=[−-]?\d)/gu, "$1\u00a0$2\u00a0"],
  // intervals and ratios: [0.69, 0.83], 69% – 83%, 72%–85%, 12 : 5
  [/([[(][+−-]?[\d.]+%?), (?=[+−-]?[\d.]+%?[\])])/g, "$1,\u00a0"],
  [/(\d%?) ([–:]) (?=[+−-]?\d)/g, `$1\u00a0$2${joiner}\u00a0`],
  [/(\d%?)–(?=\d)/g, `$1–${joiner}`],
  // 질문·답, 예/아니오
  [/(?<=[가-힣])·(?=[가-힣])/g, `${joiner}·${joiner}`],
  [/(?<=[가-힣]\/)(?=[가-힣])/g, joiner],
  // 장르 · genre: the dot ends a line rather than beginning one
  [/(?<=\S) · /g, "\u00a0· "],
  // names with hyphens (kobert-small, macro-F1) that are short enough for a line of their own in a narrow column
  [
    /(?<![\w-])(?=[\w-]{3,24}(?![\w-]))[A-Za-z]\w*(?:-\w+)+/g,
    '<span style="white-space: nowrap">$&</span>',
  ],
];

/** How a text ends that a particle may follow without a space: 72%로, (head)는, ‘연구’라고; quotation marks may be escaped. */
const beforeParticle = /(?:[%)\]}’”»"'…]|&quot;|&#39;)$/;

/** The same within a text. */
const particle = /([%)\]}’”»"'…]|&quot;|&#39;)(?=[가-힣])/g;

/** What is taken as it is written: code is copied out of pages. */
const verbatim = /^<(?:code|math|pre)\b/;

/** Tags that stand within a line. */
const inline = /^<\/?(?:a|b|code|em|i|math|small|span|strong|sub|sup)\b/;

/**
 * HTML whose texts keep together what belongs together. Browsers part Korean after any sign, also where they are told to break between words
 * only (`word-break: keep-all`): `72%` and `로` would come to stand on two lines. Tags, code, and HTML that went through already stay as they
 * are.
 *
 * @example
 * ```ts
 * unbroken("정확도 72 %로"); // a no-break space before "%", a word joiner (U+2060) behind it
 * ```
 */
export function unbroken(html: string): string {
  /** Whether the text so far ends with what a particle may follow. */
  let open = false;
  return html.replaceAll(/<(code|math|pre)\b[\s\S]*?<\/\1>|<[^>]*>|[^<]+/g, (piece) => {
    if (piece.startsWith("<")) {
      if (verbatim.test(piece)) open = beforeParticle.test(piece.replaceAll(/<[^>]*>/g, ""));
      else open &&= inline.test(piece);
      return piece;
    }
    const together = bonds.reduce((text, [pattern, bond]) => text.replaceAll(pattern, bond), piece)
      .replaceAll(particle, `$1${joiner}`);
    const joined = open && /^[가-힣]/.test(piece) ? joiner + together : together;
    open = beforeParticle.test(piece);
    return joined;
  });
}

/** A text without what {@link unbroken} put in. */
export const broken = (text: string): string => text.replaceAll("\u00a0", " ").replaceAll(joiner, "");

/** A cell's text: a few characters (`< 0.001`, `12 : 5`) stay in one line. */
export const unbrokenCell = (text: string): string =>
  text.length <= 8 ? text.replaceAll(" ", "\u00a0") : text;
