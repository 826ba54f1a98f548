/**
 * Composes single lines: picks fragments of the bank for a song's mood, joins them by one of the frames below, and
 * refuses lines too near to one that another song has.
 */
import { distance } from "fastest-levenshtein";
import type { Bank, Fragment, Sections } from "./bank.ts";
import {
  askedOfGiving,
  endingsOf,
  joiningEndings,
  stateJoining,
  type Voice,
  type Weighted,
  weights,
} from "./endings.ts";
import { attachParticle, conjugate, isState } from "./korean.ts";
import type { Random } from "./random.ts";

/** What a song's lines have in common. */
export interface Mood {
  voice: Voice;
  /** How the one sung to is called: 너, 그대 or 당신. */
  pronoun: "너" | "그대" | "당신";
  season: string;
  /** The song's genres, the first one leading. */
  genres: string[];
  /** The genre whose diction this song borrows now and then. */
  neighbour: string;
  /** Main and second theme. */
  themes: [string, string];
  /** Share of fragments from genre diction rather than from shared themes. */
  genreShare: number;
  /** Of those, the share from the song's own genres rather than its neighbours'. */
  ownShare: number;
  /** Chance that a line has an English half, or a call before or after it. */
  english: number;
  calls: number;
  /** Long lines of three or four parts. */
  long: boolean;
}

/** A composed line and the fragments it is made of. */
interface Draft {
  text: string;
  parts: Fragment[];
}

const pronouns: Record<Mood["pronoun"], Record<string, string[]>> = {
  "너": {
    가: ["네가"],
    는: ["너는", "넌"],
    를: ["너를", "널"],
    의: ["네", "너의"],
    에게: ["네게", "너에게"],
  },
  "그대": { 의: ["그대", "그대의"] },
  "당신": { 의: ["당신의"] },
};

/** Lines of 1 or 2 words say too little to be told apart by words; only equal ones are refused there. */
const shortLine = 2;
/** Lines that share a fragment must differ by more than this (1 is equal, by edits over the longer length). */
const nearestShare = 0.72;

/** How alike two lines are: 1 − edits / longer length. */
export function likeness(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  return longer === 0 ? 1 : 1 - distance(a, b) / longer;
}

/** A line as it is compared: lower case, letters and digits only, single spaces. */
export function plainLine(line: string): string {
  return line.toLowerCase().replace(/[^\p{L}\p{N}\s]/gu, "").replace(/\s+/g, " ").trim();
}

/** Remembers all lines of all songs, and tells whether a new one is too near to any of them. */
class LineMemory {
  private lines = new Set<string>();
  private masked = new Set<string>();
  private shortened = new Set<string>();
  private byFragment = new Map<string, string[]>();

  isNear(text: string, parts: Fragment[]): boolean {
    const line = plainLine(text);
    if (this.lines.has(line) || this.shortened.has(line)) return true;
    const words = line.split(" ");
    if (words.length > shortLine) {
      for (let i = 0; i < words.length; i++) {
        if (this.masked.has(maskAt(words, i)) || this.lines.has(without(words, i))) return true;
      }
    }
    for (const { id } of parts) {
      for (const other of this.byFragment.get(id) ?? []) {
        const limit = (1 - nearestShare) * Math.max(line.length, other.length);
        if (Math.abs(line.length - other.length) <= limit && likeness(line, other) > nearestShare) {
          return true;
        }
      }
    }
    return false;
  }

  add(text: string, parts: Fragment[]): void {
    const line = plainLine(text);
    const words = line.split(" ");
    this.lines.add(line);
    if (words.length > shortLine) {
      for (let i = 0; i < words.length; i++) {
        this.masked.add(maskAt(words, i));
        this.shortened.add(without(words, i));
      }
    }
    for (const { id } of parts) {
      const lines = this.byFragment.get(id) ?? [];
      lines.push(line);
      this.byFragment.set(id, lines);
    }
  }
}

function maskAt(words: string[], index: number): string {
  return words.map((word, i) => (i === index ? "*" : word)).join(" ");
}

function without(words: string[], index: number): string {
  return words.filter((_, i) => i !== index).join(" ");
}

/** Composes lines for one song after another; keeps what was used over all of them. */
export class LineComposer {
  private bank: Bank;
  private random: Random;
  private memory = new LineMemory();
  private uses = new Map<string, number>();
  private inSong = new Set<string>();
  private fragments: Fragment[] = [];
  private stanzaTurns = false;

  constructor(bank: Bank, random: Random) {
    this.bank = bank;
    this.random = random;
  }

  /** Forgets which fragments the song so far has used. Call it before each song. */
  startSong(): void {
    this.inSong.clear();
    this.fragments = [];
  }

  /** Chooses which of the song's two themes the next lines are mostly about. Call it before each stanza. */
  startStanza(): void {
    this.stanzaTurns = this.random.chance(0.35);
  }

  /** The fragments of a section that the song so far has used. */
  used(section: string): Fragment[] {
    return this.fragments.filter(({ id }) => id.includes(`/${section}/`));
  }

  /**
   * A new line for a verse, a chorus or a bridge.
   *
   * @throws Error where 400 tries give no line that differs enough from all others: the bank is too small for the
   * number of songs
   */
  line(mood: Mood, kind: "verse" | "chorus"): string {
    for (let tries = 0; tries < 400; tries++) {
      const draft = this.draft(mood, kind);
      if (!draft) continue;
      const text = this.dress(draft.text, mood);
      const length = text.length;
      const [low, high] = mood.long ? [14, 46] : [8, 30];
      if (length < low || length > high) continue;
      if (plainLine(text).split(" ").length < 3) continue;
      if (this.memory.isNear(text, draft.parts)) continue;
      this.keep(text, draft.parts);
      return text;
    }
    throw new Error(
      `no new line for ${mood.genres.join(", ")} on ${mood.themes.join(", ")}: add fragments to data/bank`,
    );
  }

  /** A new line wholly in English, of a scene and a clause, or (rarely) a refrain. */
  englishLine(genre: string, tagged: number, kind: "verse" | "chorus"): string {
    for (let tries = 0; tries < 400; tries++) {
      const hook = kind === "chorus" && this.random.chance(0.08);
      const parts = hook
        ? [this.english("hook", genre, tagged)]
        : [this.english("scene", genre, tagged), this.english("clause", genre, tagged)];
      if (parts.some((part) => this.inSong.has(part.id))) continue;
      const text = parts.map((part) => part.text).join(", ");
      if (this.memory.isNear(text, parts)) continue;
      this.keep(text, parts);
      return text;
    }
    throw new Error(`no new English line for ${genre}: add fragments to data/bank/english.txt`);
  }

  private keep(text: string, parts: Fragment[]): void {
    this.memory.add(text, parts);
    this.fragments.push(...parts);
    for (const { id } of parts) {
      this.inSong.add(id);
      this.uses.set(id, (this.uses.get(id) ?? 0) + 1);
    }
  }

  /** Where the next fragment comes from. */
  private source(mood: Mood): Sections {
    const { genres, themes, common } = this.bank;
    const named = (from: Map<string, Sections>, name: string): Sections => {
      const sections = from.get(name);
      if (!sections) throw new Error(`the bank has nothing named ${name}`);
      return sections;
    };
    if (this.random.chance(mood.genreShare)) {
      return named(
        genres,
        this.random.chance(mood.ownShare) ? this.random.pick(mood.genres) : mood.neighbour,
      );
    }
    if (this.random.chance(0.12)) return common;
    const [first, second] = this.stanzaTurns ? [mood.themes[1], mood.themes[0]] : mood.themes;
    return named(themes, this.random.chance(0.85) ? first : second);
  }

  /** A fragment that suits the mood and is new to the song, the less used ones first. */
  private pick(section: string, mood: Mood, source: Sections = this.source(mood)): Fragment | null {
    const suits = (fragment: Fragment): boolean => {
      if (this.inSong.has(fragment.id)) return false;
      const { tag, text } = fragment;
      if (tag && "봄여름가을겨울".includes(tag) && tag !== mood.season) return false;
      if (section !== "full" && section !== "hook") return true;
      const polite = mood.voice === "존댓말";
      if (tag === "존") return polite;
      return tag === "중" || text.includes("{") || !polite;
    };
    const fragments = (source.get(section) ?? []).filter(suits);
    if (fragments.length === 0) return null;
    const drawn = [this.random.pick(fragments), this.random.pick(fragments), this.random.pick(fragments)];
    const uses = ({ id }: Fragment): number => this.uses.get(id) ?? 0;
    return drawn.reduce((best, fragment) => (uses(fragment) < uses(best) ? fragment : best));
  }

  private english(section: string, genre: string, tagged: number): Fragment {
    const all = this.bank.english.get(section) ?? [];
    const own = all.filter(({ tag }) => tag === genre);
    const shared = all.filter(({ tag }) => tag === null);
    return this.random.pick(own.length > 0 && this.random.chance(tagged) ? own : shared);
  }

  /** Fills @ (the one sung to), <slots> and {plain|polite} alternatives. */
  fill(text: string, mood: Mood): string {
    const level = mood.voice === "존댓말" ? 1 : 0;
    let filled = text.replace(
      /\{([^|}]*)\|([^}]*)\}/g,
      (_, plain: string, polite: string) => (level ? polite : plain),
    );
    const chosen = new Map<string, string>();
    filled = filled.replace(/@(에게|가|는|를|의)?/g, (_match, particle: string | undefined) => {
      if (!particle) return `${mood.pronoun}\u0000`;
      const special = pronouns[mood.pronoun][particle];
      if (!special) return `${mood.pronoun}\u0000${particle}`;
      const form = chosen.get(particle) ?? this.random.pick(special);
      chosen.set(particle, form);
      return form;
    });
    filled = filled.replaceAll("^", "\u0000").replace(/<([^>]+)>/g, (_, name: string) => {
      const words = this.bank.words.get(name);
      if (!words) {
        throw new Error(`"${text}" has the slot <${name}>, which data/bank/words.txt does not list`);
      }
      return `${this.random.pick(words)}\u0000`;
    });
    const [first = "", ...rest] = filled.split("\u0000");
    return rest.reduce((done, part) => attachParticle(done, part), first);
  }

  /** A predicate with one of a list of endings that it can take. */
  private end({ text }: Fragment, endings: Weighted<string>, asVerb: boolean): string {
    const stays = isState(text, asVerb) || / (않다|못하다)$/.test(text);
    const fits = endings.filter(([ending]) => {
      if (/(보|주)다$/.test(text) && /^어 (보|봐|본)/.test(ending)) return false;
      return !(stays && /^(고 있|기만|는 중|어 보|어 봐|어 본|지 못|지 않|고 말|고 만)/.test(ending));
    });
    const ending = this.random.weighted(fits);
    if (text.endsWith("주다")) {
      // 불러 주다 asked for is 불러 줘, not 불러 줘 줘
      if (ending === "어 다오") return text.replace(/ ?주다$/, " 다오");
      const asked = askedOfGiving[ending];
      if (asked) return conjugate(text, asked);
    }
    return conjugate(text, ending === "는 나" && speaksOfMe.test(text) ? "어" : ending, asVerb);
  }

  private joined({ text }: Fragment, joining: Weighted<string>, asVerb: boolean): string {
    const stays = isState(text, asVerb) || / (않다|못하다)$/.test(text);
    const endings = stays ? joining.filter(([ending]) => stateJoining.has(ending)) : joining;
    return dependent(
      conjugate(text, this.random.weighted(endings.length > 0 ? endings : weights("으면 1")), asVerb),
    );
  }

  private draft(mood: Mood, kind: "verse" | "chorus"): Draft | null {
    const parts: Fragment[] = [];
    // the pieces of a line mostly speak of one thing; the common ones go with any
    const topic = this.source(mood);
    const take: Take = (section, from) => {
      const near = topic.has(section) && this.random.chance(0.8) ? topic : this.bank.common;
      const source = this.random.chance(0.05) || !near.has(section) ? this.source(mood) : near;
      const fragment = this.pick(section, mood, from ?? source);
      if (!fragment || parts.includes(fragment)) return null;
      parts.push(fragment);
      return fragment;
    };
    if (this.random.chance(mood.english)) {
      const scene = take("scene");
      const clause = this.english("clause", mood.genres[0] ?? "", mood.genreShare);
      if (!scene || this.inSong.has(clause.id)) return null;
      return { text: this.fill(`${scene.text} ${clause.text}`, mood), parts: [scene, clause] };
    }
    const frames = mood.long ? longFrames : kind === "chorus" ? chorusFrames : verseFrames;
    const words: string[] = [];
    for (const piece of this.random.weighted(frames).split(" ")) {
      const written = this.piece(piece, mood, take);
      if (written === null) return null;
      words.push(written);
    }
    return { text: this.fill(words.join(" "), mood), parts };
  }

  /** Writes one piece of a frame; null where the bank has nothing for it. */
  private piece(piece: string, mood: Mood, take: Take): string | null {
    const endings = endingsOf[mood.voice];
    const common = this.bank.common;
    const final = (section: keyof typeof endings): string | null => {
      const fragment = take(section);
      return fragment && this.end(fragment, endings[section], section !== "be" && section !== "you");
    };
    const joined = (section: "do" | "be" | "you", joining: Weighted<string>): string | null => {
      const fragment = take(section);
      return fragment && this.joined(fragment, joining, section === "do");
    };
    switch (piece) {
      case "scene":
      case "like":
      case "np":
      case "full":
      case "hook":
        return take(piece)?.text ?? null;
      case "judge":
      case "because":
      case "quote":
        return take(piece, common)?.text ?? null;
      case "do":
      case "be":
      case "you":
      case "ask":
      case "dont":
      case "lets":
        return final(piece);
      case "do+be":
        return joined("do", joiningEndings.doThenBe);
      case "do+do":
        return joined("do", joiningEndings.doThenDo);
      case "be+":
        return joined("be", joiningEndings.beThenAny);
      case "you+":
        return joined("you", joiningEndings.beThenAny);
      case "be+ask":
        return joined("be", joiningEndings.beThenAsk);
      case "mydo": {
        // 나는 오늘도 …: only where the act does not speak of me already
        const fragment = take("do");
        if (!fragment || speaksOfMe.test(fragment.text)) return null;
        return `${this.random.pick(subjectForms)} ${this.end(fragment, endings.do, true)}`;
      }
      case "doing": {
        const fragment = take("do");
        const noun = this.random.pick(["는 건", "는 일은", "는 게", "는 것도"]);
        return fragment && conjugate(fragment.text, noun, true);
      }
      case "happening": {
        const fragment = take("be");
        const noun = this.random.pick(["는 건", "는 이유는", "는 것도", "는 까닭은"]);
        return fragment && dependent(conjugate(fragment.text, noun));
      }
      case "said": {
        const fragment = take("be");
        return fragment && conjugate(fragment.text, "는다는");
      }
      case "when": {
        const fragment = take(this.random.chance(0.5) ? "you" : "be");
        const noun = this.pick(this.random.chance(0.55) ? "when" : "where", mood, common);
        if (fragment && noun && hourWords.test(fragment.text) && hourWords.test(noun.text)) return null;
        return fragment && noun && `${dependent(conjugate(fragment.text, "던"))} ${noun.text}`;
      }
      case "why": {
        const fragment = take(this.random.chance(0.6) ? "be" : "you");
        const word = this.random.pick(["왜", "왜 이리", "어째서", "왜 하필", "왜 아직"]);
        return fragment && `${word} ${dependent(conjugate(fragment.text, askingEndings[mood.voice]))}`;
      }
      case "echo": {
        const section = this.random.pick(["ask", "dont", "lets"] as const);
        const fragment = take(section);
        if (!fragment) return null;
        const said = this.end(fragment, endings[section], true);
        return `${said.slice(fragment.text.search(/\S+( (주다|하다|척하다|들다|되다|있다))?$/))} ${said}`;
      }
      case "and": {
        const fragment = take("np");
        return fragment && `그리고 ${fragment.text}`;
      }
      default:
        throw new Error(`the frames name a piece "${piece}" that lines.ts does not write`);
    }
  }

  /** A call before or a tail after the line, in the manner of the genre. */
  private dress(text: string, mood: Mood): string {
    if (!this.random.chance(mood.calls)) return text;
    const sections = this.bank.genres.get(mood.genres[0] ?? "");
    const lead = sections?.get("lead") ?? [];
    const tail = sections?.get("tail") ?? [];
    if (lead.length > 0 && this.random.chance(0.5)) return `${this.random.pick(lead).text} ${text}`;
    return tail.length > 0 ? `${text} (${this.random.pick(tail).text})` : text;
  }
}

/** Takes a fragment of a section for the line, from the line's topic or from given sections. */
type Take = (section: string, from?: Sections) => Fragment | null;

/** A topic (후회^는) is the subject (후회^가) inside a clause that depends on another one. */
function dependent(clause: string): string {
  return clause.replaceAll("^는", "^가");
}

/** Words of an hour or of the light: two of them in one clause may contradict each other. */
const hourWords = /밤|새벽|아침|저녁|오후|낮|해가|햇|별|달|노을|그늘/;

const speaksOfMe = /(^| )(나|내|날|나만)( |를|의|에게|게|한테)/;

/** Ways to name the speaker before an act. */
const subjectForms = [
  "나는",
  "난",
  "나는 오늘도",
  "나는 또",
  "난 아직",
  "나는 그저",
  "이제 나는",
  "난 여전히",
  "나 혼자",
];

/** The ending of a question that begins with why. */
const askingEndings: Record<Voice, string> = {
  반말: "을까",
  서술: "는가",
  존댓말: "을까요",
  옛말: "나",
  랩: "을까",
};

/**
 * How lines are joined: pieces in their order and the frame's relative frequency. `do be you ask dont lets` close a
 * line, `do+be be+ …` lead on to the next piece; the rest are as in the bank or described in `#piece`.
 */
const verseFrames = weights(
  "scene do 12, scene mydo 4, scene be 14, be+ do 6, be+ mydo 1.5, do+be be 6, do+do do 3, scene you 5, you+ be 4, " +
    "you+ do 3, when do 4, when be 4, like mydo 2, like be 5, full 5, np and 1, scene np 2.5, doing judge 3, " +
    "happening because 3, said quote 2.5, scene why 2, be+ you 2, like you 1.5, scene lets 0.7, scene ask 1",
);
const chorusFrames = weights(
  "scene ask 5, echo 6, be+ask ask 4, scene dont 4, be+ask dont 3, scene lets 4, you+ do 5, full 6, hook 4, scene do 6, " +
    "like be 4, like mydo 2, why 2, be+ do 4, be+ mydo 1.5, doing judge 2, you+ be 3, scene why 2, when do 2, " +
    "be+ask lets 2, np and 1",
);
const longFrames = weights(
  "scene do+be be 8, scene be+ do 8, be+ scene do 5, do+do do+be be 4, scene do 6, scene be 6, full 6, hook 2, " +
    "like do+do do 3, you+ scene do 5, scene you+ do 4, when do+be be 3, be+ doing judge 3, scene said quote 3, " +
    "scene lets 2, be+ like mydo 2, be+ask ask 2, scene dont 2",
);
