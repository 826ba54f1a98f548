/** Tables that lack what notebooks are about, as people have them: for tests. Everything in them is made up. */

/** A row of a table of songs. */
type Row = Record<
  "id" | "song_name" | "adults" | "artist" | "album_id" | "date" | "genre" | "lyrics",
  string
>;

const themes: Readonly<Record<string, string>> = {
  "발라드": "눈물 이별 기억 밤비 그리움 편지 약속 안녕 가슴 계절",
  "댄스": "리듬 파티 점프 불빛 신나게 무대 심장 손뼉 볼륨 여름",
  "트로트": "고향 어머니 항구 술잔 인생 사랑아 나그네 고갯길 철새 청춘",
};
const genres = Object.keys(themes);

/** Lyrics of a genre, other ones for each number. */
function lyricsOf(genre: string, n: number): string {
  const words = (themes[genre] ?? `${genre}말 ${genre}길 ${genre}빛 노래`).split(" ");
  const line = (l: number) =>
    Array.from({ length: 5 }, (_, w) => words[(n * 7 + l * 3 + w * w) % words.length]).join(" ");
  return `${line(1)}\n${line(2)} ${n}\n${line(4)}`;
}

function row(n: number, genre: string, values: Partial<Row> = {}): Row {
  return {
    id: String(5000 + n),
    song_name: `노래 ${n}`,
    adults: "0",
    artist: `가수${n % 9}`,
    album_id: String(900 + Math.floor(n / 3)),
    date: `${1990 + n % 30}.${String(1 + n % 12).padStart(2, "0")}.11`,
    genre,
    lyrics: lyricsOf(genre, n),
    ...values,
  };
}

/** Words of a syllable, all different. */
const syllables =
  "봄 밤 별 달 꿈 눈 비 길 맘 손 잔 술 강 산 꽃 나 너 또 왜 곧 늘 참 안 못 잘 더 다 한 두 세 네 이 그 저 온 첫 끝 속 곁 품"
    .split(" ");

const table = (count: number, of: (n: number) => Row): string => {
  const rows = Array.from({ length: count }, (_, n) => of(n));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
    .map((cells) => cells.map(quoted).join(",")).join("\r\n") + "\r\n";
};
const mixed = (n: number, values: Partial<Row> = {}) => row(n, genres[n % 3]!, values);

/** Tables that all notebooks go through, by a word for each. */
export const poorTables: Readonly<Record<string, () => string>> = {
  "no dates": () => table(60, (n) => mixed(n, { date: "-" })),
  "no artists": () => table(60, (n) => mixed(n, { artist: "" })),
  "no dates, artists, albums": () =>
    table(60, (n) => mixed(n, { artist: "", date: "", adults: "", album_id: "" })),
  "24 songs": () => table(24, (n) => mixed(n)),
  "24 songs, nothing else known": () =>
    table(24, (n) => row(n, n < 4 ? "댄스" : "발라드", { artist: "", date: "", adults: "", album_id: "" })),
  "4 songs of two genres": () => table(4, (n) => row(n, genres[n % 2]!)),
  "one genre has nearly all songs": () => table(160, (n) => row(n, n < 4 ? "댄스" : "발라드")),
  "a genre of one song": () => table(61, (n) => n === 60 ? row(n, "동요") : mixed(n)),
  "230 genres": () => table(230 * 3, (n) => row(n, `장르${n % 230}`)),
  "420 genres": () => table(420 * 2, (n) => row(n, `장르${n % 420}`)),
  "lyrics of a syllable": () => table(40, (n) => mixed(n, { lyrics: syllables[n]! })),
  "most songs without lyrics": () =>
    table(90, (n) => mixed(n, n % 4 === 0 ? {} : { lyrics: n % 4 === 1 ? "" : "…" })),
  "one artist": () => table(60, (n) => mixed(n, { artist: "모두" })),
  "every song of all genres": () =>
    table(60, (n) => mixed(n, { genre: [...genres.slice(n % 3), ...genres.slice(0, n % 3)].join(", ") })),
  "one year, an artist each": () => table(60, (n) => mixed(n, { date: "2001", artist: `가수 ${n}` })),
};

/** Tables that nothing can be learnt from, and what is said of each. */
export const hopelessTables: Readonly<Record<string, [text: () => string, message: RegExp]>> = {
  "one genre": [() => table(60, (n) => row(n, "발라드")), /all 60 songs have the genre 발라드/],
  "one song": [() => table(1, (n) => row(n, "발라드")), /the only song has the genre 발라드/],
  "a genre each": [() => table(40, (n) => row(n, `장르${n}`)), /its 40 songs of 40 genres are too few/],
  "no lyrics": [() => table(30, (n) => mixed(n, { lyrics: "" })), /no song has lyrics and a genre/],
  "the same lyrics": [
    () => table(30, (n) => mixed(n, { lyrics: "같은 노래" })),
    /30 songs of 3 genres have 1 different lyrics/,
  ],
};
