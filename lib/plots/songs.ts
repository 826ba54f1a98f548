/** Figures of a table of songs. Each takes songs as `songRows` of lib/songs gives them, or any objects with the same fields. */
import type { Data } from "plotly.js-dist";
import { grouped, percentile } from "../ground/pure.ts";
import {
  both,
  countAxis,
  emptyFigure,
  type Figure,
  figureOf,
  gatheredName,
  heightFor,
  labelledRows,
  legendAbove,
  namedAxis,
  needFinite,
  paletteColours,
  percent,
  plain,
  roleColours,
  shareTable,
  shortened,
  shownAndGathered,
} from "./figure.ts";

/** Something with genres: a song (one or more), or a training instance (one). */
export type WithGenres = { readonly genres: readonly string[] } | { readonly genre: string };

const genresOf = (row: WithGenres): readonly string[] => "genres" in row ? row.genres : [row.genre];

/** How often each name occurs, the most frequent first; equal counts in the order of the names. */
function countNames(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

/** The names that a figure shows, and under which of them each one counts: very many have their last ones gathered in a name of its own. */
function withoutTail(all: readonly string[], most?: number) {
  const { shown, gathered } = shownAndGathered(all, most);
  const rest = new Set(gathered), restName = gatheredName(gathered.length);
  return {
    names: gathered.length === 0 ? shown : [...shown, restName],
    restName,
    nameOf: (name: string) => rest.has(name) ? restName : name,
  };
}

/**
 * How many songs each genre has, the largest on top. A song with several genres counts in each of them, so the counts may
 * sum to more than the songs; shares are of the songs.
 *
 * Given several groups by name (the sides of a split; songs beside instances), their distributions stand beside each other:
 * shares of all genres named in a group, which sum to 1.
 *
 * Of very many genres the largest are shown and the rest gathered: in songs that have any of them, among groups in their sum.
 *
 * @param songs songs or instances, or groups of them by name
 * @example
 * ```ts
 * genreDistribution([{ genres: ["발라드"] }, { genres: ["발라드", "댄스"] }]);
 * genreDistribution({ train: [{ genre: "댄스" }], test: [{ genre: "댄스" }] });
 * ```
 */
export function genreDistribution(
  songs: readonly WithGenres[] | Readonly<Record<string, readonly WithGenres[]>>,
): Figure {
  const groups: [string, readonly WithGenres[]][] = Array.isArray(songs)
    ? [["", songs]]
    : Object.entries(songs);
  const total = countNames(groups.flatMap(([, rows]) => rows.flatMap(genresOf)));
  const title = ["장르 분포", "Genre distribution"] as const;
  if (total.size === 0) return emptyFigure(title, ["장르가 있는 곡이 없습니다", "no song has a genre"]);
  const { names: genres, restName, nameOf } = withoutTail([...total.keys()]);
  const alone = groups.length === 1;
  const data = groups.map(([name, rows], index): Data => {
    const counts = countNames(rows.flatMap((row) => {
      const named = genresOf(row).map(nameOf);
      return alone ? [...new Set(named)] : named;
    }));
    const values = genres.map((genre) => counts.get(genre) ?? 0);
    const whole = alone ? rows.length : values.reduce((sum, count) => sum + count, 0);
    const shares = values.map((count) => whole === 0 ? 0 : count / whole);
    const color = paletteColours[index % paletteColours.length]!;
    return {
      type: "bar",
      orientation: "h",
      name: plain(name),
      y: genres.map(plain),
      x: alone ? values : shares,
      text: values.map((count, i) =>
        alone ? `${grouped(count)} (${percent(shares[i]!)})` : percent(shares[i]!)
      ),
      textposition: "outside",
      cliponaxis: false,
      textfont: { size: alone ? 13 : 11 },
      marker: {
        color: alone ? genres.map((genre) => genre === restName ? roleColours.background : color) : color,
      },
      customdata: values,
      hovertemplate: "%{y}: %{customdata:,d}<extra>%{fullData.name}</extra>",
    };
  });
  const largest = Math.max(...data.flatMap((trace) => (trace as { customdata: number[] }).customdata));
  const sizes = groups.map(([name, rows]) =>
    name === "" ? grouped(rows.length) : `${plain(name)} ${grouped(rows.length)}`
  );
  return figureOf(title, `${sizes.join(" · ")}${alone ? "곡 · songs" : ""}`, data, {
    xaxis: alone
      ? { title: { text: both("곡 수", "Songs") }, ...countAxis(largest) }
      : { title: { text: both("비율", "Share") }, tickformat: ".0%", rangemode: "tozero" },
    yaxis: { autorange: "reversed", ticks: "", type: "category", dtick: 1 },
    ...heightFor(genres.length, alone ? 24 : 8 + 12 * groups.length),
    showlegend: !alone,
    ...(alone ? { margin: { r: 90 } } : { ...legendAbove({ r: 90 }), bargap: 0.18 }),
  });
}

/** Genres that get a colour of their own in a stack; the rest are gathered as 기타 · Other. */
const stackedGenres = paletteColours.length - 1;

/**
 * How many songs each year has, stacked by genre. A song with several genres counts once, under the first it names.
 * Songs without a year are left out and counted in the line below the title.
 *
 * @example
 * ```ts
 * songsByYear([{ date: { year: 2001 }, genres: ["발라드"] }]);
 * ```
 */
export function songsByYear(
  songs: readonly { readonly date: { readonly year: number | null }; readonly genres: readonly string[] }[],
): Figure {
  const dated = songs.flatMap(({ date, genres }) =>
    date.year === null ? [] : [{ year: date.year, genre: genres[0] }]
  );
  const title = ["연도별 곡 수", "Songs by year"] as const;
  if (dated.length === 0) return emptyFigure(title, ["연도를 아는 곡이 없습니다", "no song has a year"]);
  for (const { year } of dated) needFinite("songsByYear", "a song's year", year);
  const byGenre = countNames(dated.flatMap(({ genre }) => genre === undefined ? [] : [genre]));
  const named = [...byGenre.keys()].slice(
    0,
    byGenre.size <= stackedGenres + 1 ? byGenre.size : stackedGenres,
  );
  const other = both("기타", "Other");
  const stacks = new Map<string, Map<number, number>>();
  for (const { year, genre } of dated) {
    const name = genre !== undefined && named.includes(genre) ? genre : other;
    const counts = stacks.get(name) ?? new Map<number, number>();
    stacks.set(name, counts.set(year, (counts.get(year) ?? 0) + 1));
  }
  const years = dated.map(({ year }) => year);
  const first = years.reduce((a, b) => Math.min(a, b));
  const last = years.reduce((a, b) => Math.max(a, b));
  const data = [...named, other].flatMap((name, index): Data[] => {
    const counts = stacks.get(name);
    if (counts === undefined) return [];
    const ofGenre = [...counts].sort(([a], [b]) => a - b);
    return [{
      type: "bar",
      name: plain(name),
      x: ofGenre.map(([year]) => year),
      y: ofGenre.map(([, count]) => count),
      marker: { color: name === other ? roleColours.background : paletteColours[index] },
      hovertemplate: "%{x}: %{y:,d}",
    }];
  });
  const without = songs.length - dated.length;
  const facts = [
    `${first}–${last}`,
    `${grouped(dated.length)}곡 · songs`,
    ...(without > 0 ? [`연도 없음 · without a year: ${grouped(without)}`] : []),
  ];
  return figureOf(title, facts.join(" · "), data, {
    barmode: "stack",
    bargap: 0.1,
    xaxis: {
      title: { text: both("발매 연도", "Year of release") },
      tickformat: "d",
      range: [first - 0.6, last + 0.6],
      ...(last - first < 12 ? { dtick: 1 } : {}),
    },
    yaxis: {
      title: { text: both("곡 수", "Songs") },
      ...countAxis([...countNames(years.map(String)).values()][0]!),
    },
    legend: { traceorder: "normal" },
  });
}

/** Genres that have a column of their own beside each other. */
const mostColumns = 20;

/**
 * Which genres the artists with the most songs sing: rows are artists, columns genres; the number is the artist's songs of
 * that genre, the colour their share of the artist's songs. Of very many genres the largest have a column, and one more has an
 * artist's songs of any other.
 *
 * @param options.artists how many artists to show, 18 by default
 * @example
 * ```ts
 * genreByArtist([{ artists: ["가수"], genres: ["댄스"] }]);
 * ```
 */
export function genreByArtist(
  songs: readonly { readonly artists: readonly string[]; readonly genres: readonly string[] }[],
  options: { artists?: number } = {},
): Figure {
  const whole = songs.filter(({ artists, genres }) => artists.length > 0 && genres.length > 0);
  const title = ["가수별 장르", "Genre by artist"] as const;
  if (whole.length === 0) {
    return emptyFigure(title, ["가수와 장르를 아는 곡이 없습니다", "no song has an artist and a genre"]);
  }
  const { artists: most = 18 } = options;
  const perArtist = countNames(whole.flatMap(({ artists }) => [...new Set(artists)]));
  const artists = [...perArtist.keys()].slice(0, most);
  const listed = new Set(artists);
  const ofListed = whole.filter((song) => song.artists.some((artist) => listed.has(artist)));
  const byGenre = [...countNames(ofListed.flatMap(({ genres }) => [...new Set(genres)])).keys()];
  const { names: genres, nameOf } = withoutTail(byGenre, mostColumns);
  const counts = new Map<string, Map<string, number>>(artists.map((artist) => [artist, new Map()]));
  for (const song of whole) {
    for (const artist of new Set(song.artists)) {
      const row = counts.get(artist);
      if (row === undefined) continue;
      for (const genre of new Set(song.genres.map(nameOf))) {
        row.set(genre, (row.get(genre) ?? 0) + 1);
      }
    }
  }
  const count = (artist: string, genre: string) => counts.get(artist)!.get(genre) ?? 0;
  return figureOf(
    title,
    `곡이 많은 가수 · artists with the most songs: ${artists.length} / ${grouped(perArtist.size)}, ` +
      "색은 가수의 곡 중 비율 · colour: share of the artist's songs",
    [shareTable({
      x: genres.map(plain),
      // The number of songs makes the labels of two artists with equally shortened names differ in all but rare cases;
      // Plotly would join equal ones into one row, so rows are numbered and labelled by ticktext.
      y: artists.map((_, row) => row),
      z: artists.map((artist) => genres.map((genre) => count(artist, genre) / perArtist.get(artist)!)),
      text: artists.map((artist) =>
        genres.map((genre) => count(artist, genre) === 0 ? "" : grouped(count(artist, genre)))
      ),
      customdata: artists.map((artist) => genres.map(() => plain(artist))),
      hovertemplate: "%{customdata}<br>%{x}: %{text} (%{z:.0%})<extra></extra>",
    }, 12)],
    {
      xaxis: namedAxis("장르", "Genre"),
      ...heightFor(artists.length, 18),
      yaxis: {
        ...labelledRows(
          artists.map((artist) => `${plain(shortened(artist, 16))} (${grouped(perArtist.get(artist)!)})`),
        ),
        tickfont: { size: 12 },
      },
    },
  );
}

/**
 * How long the lyrics of each genre are, in characters: the box from the first to the third quartile with the median,
 * whiskers from the 5th to the 95th percentile. A song with several genres counts in each; one without lyrics is left out. Of
 * very many genres the largest have a box, and one more, the last, has the songs of any other.
 *
 * @example
 * ```ts
 * lyricLengths([{ lyrics: "봄이 와요", genres: ["발라드"] }]);
 * ```
 */
export function lyricLengths(
  songs: readonly { readonly lyrics: string; readonly genres: readonly string[] }[],
): Figure {
  const sung = songs.filter(({ lyrics, genres }) => lyrics.length > 0 && genres.length > 0);
  const title = ["장르별 가사 길이", "Lyric length by genre"] as const;
  if (sung.length === 0) {
    return emptyFigure(title, ["가사와 장르를 아는 곡이 없습니다", "no song has lyrics and a genre"]);
  }
  const { restName, nameOf } = withoutTail([...countNames(sung.flatMap(({ genres }) => genres)).keys()]);
  const measured = sung.flatMap(({ lyrics, genres }) => {
    const length = [...lyrics].length;
    return [...new Set(genres.map(nameOf))].map((genre) => ({ genre, length }));
  });
  const boxes = [...Map.groupBy(measured, ({ genre }) => genre)].map(([genre, songs]) => {
    const sorted = songs.map(({ length }) => length).sort((a, b) => a - b);
    const [low, q1, median, q3, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) =>
      percentile(sorted, share)
    );
    return { genre, count: sorted.length, low: low!, q1: q1!, median: median!, q3: q3!, high: high! };
  }).sort((a, b) =>
    Number(a.genre === restName) - Number(b.genre === restName) || b.median - a.median ||
    (a.genre < b.genre ? -1 : 1)
  );
  const all = sung.map(({ lyrics }) => [...lyrics].length).sort((a, b) => a - b);
  return figureOf(
    title,
    `중앙값 · median ${grouped(Math.round(percentile(all, 0.5)))} · 상자 25–75% · box, 수염 5–95% · whiskers`,
    [{
      type: "box",
      orientation: "h",
      y: boxes.map(({ genre, count }) => `${plain(genre)} (${grouped(count)})`),
      lowerfence: boxes.map(({ low }) => low),
      q1: boxes.map(({ q1 }) => q1),
      median: boxes.map(({ median }) => median),
      q3: boxes.map(({ q3 }) => q3),
      upperfence: boxes.map(({ high }) => high),
      marker: { color: paletteColours[0] },
      fillcolor: "#C6DFF0",
      line: { width: 1.5 },
    }],
    {
      xaxis: { title: { text: both("글자 수", "Characters") }, tickformat: ",d", rangemode: "tozero" },
      yaxis: { autorange: "reversed", ticks: "", showgrid: false, type: "category", dtick: 1 },
      ...heightFor(boxes.length, 26),
      showlegend: false,
    },
  );
}

/** Widths that read well on an axis; the histogram takes the smallest with which it has at most `mostBars` bars. */
const barWidths = [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000];
const mostBars = 48;

/**
 * How many tokens the texts have, and how much of them is read: in one window, in several, or in part, in the warning colour. A
 * line stands where a window is full. The last bar gathers the longest 0.5 %.
 *
 * @param lengths tokens of each text, special tokens included
 * @param options.maxLength tokens that a window holds
 * @param options.read of each text the tokens that are read; by default its first `maxLength`
 * @throws RangeError when a length is not a positive whole number, or more is read than there is
 * @example
 * ```ts
 * tokenLengths([118, 240, 311], { maxLength: 256, read: [118, 240, 311] }); // the last in two windows
 * ```
 */
export function tokenLengths(
  lengths: ArrayLike<number>,
  options: { maxLength: number; read?: ArrayLike<number> },
): Figure {
  const { maxLength, read = Array.from(lengths, (length) => Math.min(length, maxLength)) } = options;
  for (
    const [where, value] of [
      ["maxLength", maxLength] as const,
      ...Array.from(lengths, (l, i) => [`length ${i}`, l] as const),
    ]
  ) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`tokenLengths: ${where} is ${value}; it must be a whole number of at least 1.`);
    }
  }
  Array.from(lengths).forEach((length, i) => {
    if (!(read[i]! >= 0 && read[i]! <= length)) {
      throw new RangeError(`tokenLengths: ${read[i]} tokens of text ${i} are read, which has ${length}.`);
    }
  });
  const title = ["토큰 길이와 읽는 양", "Length in tokens, and what is read"] as const;
  if (lengths.length === 0) return emptyFigure(title, ["가사가 없습니다", "there are no lyrics"]);
  const sorted = Float64Array.from(lengths).sort();
  const longest = sorted[sorted.length - 1]!;
  const reach = Math.max(percentile(sorted, 0.995), Math.min(maxLength, longest));
  const width = barWidths.find((width) => reach / width <= mostBars) ?? Math.ceil(reach / mostBars);
  const bars = Math.floor(reach / width) + 1;
  const kinds = [
    { name: both("창 하나", "one window"), color: paletteColours[0] },
    { name: both("창 여럿", "several windows"), color: paletteColours[4] },
    { name: both("일부만", "in part"), color: paletteColours[1] },
  ].map((kind) => ({ ...kind, counts: new Array<number>(bars).fill(0) }));
  let total = 0, readInAll = 0;
  Array.from(lengths).forEach((length, i) => {
    const kind = read[i]! < length ? 2 : length > maxLength ? 1 : 0;
    kinds[kind]!.counts[Math.min(bars - 1, Math.floor(length / width))]!++;
    total += length;
    readInAll += read[i]!;
  });
  const centres = Array.from({ length: bars }, (_, bar) => (bar + 0.5) * width);
  const ranges = centres.map((_, bar) =>
    bar === bars - 1 && longest >= bars * width
      ? `≥ ${bar * width}`
      : `${bar * width}–${(bar + 1) * width - 1}`
  );
  const drawn = kinds.filter(({ counts }) => counts.some((count) => count > 0));
  const data = drawn.map(({ name, color, counts }): Data => ({
    type: "bar",
    name,
    x: centres,
    y: counts,
    width,
    marker: { color, line: { color: "#FFFFFF", width: 1 } },
    customdata: ranges,
    hovertemplate: "%{customdata}: %{y:,d}",
  }));
  const end = Math.max(bars * width, maxLength <= reach * 1.5 ? maxLength * 1.04 : 0);
  const onAxis = maxLength <= end;
  const beyond = longest >= bars * width ? [`마지막 막대 · last bar ${ranges.at(-1)}`] : [];
  const rowName = `${both("창의 끝", "window's end")}: ${grouped(maxLength)}`;
  return figureOf(
    title,
    [
      `중앙값 · median ${grouped(Math.round(percentile(sorted, 0.5)))}`,
      `95% ${grouped(Math.round(percentile(sorted, 0.95)))}`,
      `최대 · longest ${grouped(longest)}`,
      `읽는 토큰 · tokens read ${percent(readInAll / total)}`,
      ...(onAxis ? [] : [`${rowName} →`]),
      ...beyond,
    ].join(" · "),
    data,
    {
      barmode: "stack",
      xaxis: {
        title: { text: both("토큰 수", "Tokens") },
        tickformat: ",d",
        range: [0, end],
      },
      yaxis: {
        title: { text: both("가사 수", "Texts") },
        ...countAxis(
          centres.reduce(
            (most, _, bar) => Math.max(most, kinds.reduce((sum, { counts }) => sum + counts[bar]!, 0)),
            0,
          ),
        ),
      },
      ...legendAbove(),
      showlegend: drawn.length > 1 || onAxis,
      // named in the legend: a label beside the line would lie on bars or ticks
      shapes: onAxis
        ? [{
          type: "line",
          name: rowName,
          showlegend: true,
          x0: maxLength + 0.5,
          x1: maxLength + 0.5,
          y0: 0,
          y1: 1,
          yref: "paper",
          line: { color: roleColours.text, width: 1.5, dash: "dash" },
        }]
        : [],
    },
  );
}
