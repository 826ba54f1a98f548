/**
 * Verb endings by voice: how a song speaks. A song keeps one voice, so its speech level is the same from the first
 * line to the last. Endings are written as `conjugate` of korean.ts takes them.
 */

/** 반말 talk, 서술 plain narration (-ㄴ다), 존댓말 polite, 옛말 the old-song endings (-네 -구나 -련다), 랩 spoken rap. */
export type Voice = "반말" | "서술" | "존댓말" | "옛말" | "랩";

/** Items with their relative frequencies. */
export type Weighted<T> = (readonly [T, number])[];

/** Endings that close a line, for each class of predicate. */
export interface Endings {
  /** What I do: 이름을 부르다. */
  do: Weighted<string>;
  /** What happens or is: 바람이 불다. */
  be: Weighted<string>;
  /** What you do: 네가 웃다. */
  you: Weighted<string>;
  /** What I ask of you: 손을 잡다. */
  ask: Weighted<string>;
  /** What you should not do: 떠나다. */
  dont: Weighted<string>;
  /** What we should do: 같이 걷다. */
  lets: Weighted<string>;
}

/**
 * Reads a list such as `어 6, 고 있어 2.5`: items and their relative frequencies.
 *
 * @throws Error where an item has no number
 *
 * @example
 * ```ts
 * weights("어 6, 고 있어 2.5"); // [["어", 6], ["고 있어", 2.5]]
 * ```
 */
export function weights(list: string): Weighted<string> {
  return list.split(",").map((entry) => {
    const found = /^\s*(.+?)\s+([\d.]+)\s*$/.exec(entry);
    if (!found) throw new Error(`"${entry.trim()}" is no item with a weight, such as "고 있어 2.5"`);
    return [found[1] ?? "", Number(found[2])] as const;
  });
}

export const endingsOf: Record<Voice, Endings> = {
  "반말": {
    do: weights(
      "어 6, 었어 5, 을게 3, 고 있어 2.5, 고 싶어 2, 을래 2, 네 1, 어 봐 1.5, 곤 해 1, 을 거야 2, 지 못해 0.8, " +
        "으려 해 1, 었지 1, 을까 0.8, 는 나 0.8, 어야 해 0.8, 을 수밖에 0.4, 었는데 0.8, 고 말았어 0.6, " +
        "기로 했어 0.6, 을 수 있어 0.8, 었으면 해 0.4, 을 뿐이야 0.4, 지 않을래 0.4, 던 나 0.4, 잖아 0.3",
    ),
    be: weights(
      "어 6, 네 2.5, 었어 3.5, 었지 1, 는걸 0.8, 나 봐 1, 을까 0.6, 기만 해 0.7, 을 거야 0.7, 는데 1.2, 었는데 0.8, " +
        "잖아 0.6, 더라 0.7, 었던 밤 0.3, 던 날 0.4, 는 것 같아 0.7, 을 것만 같아 0.6, 을지 몰라 0.4",
    ),
    you: weights(
      "었지 2, 었어 2.5, 었잖아 1.2, 네 1, 어 1.5, 던 걸 0.5, 겠지 0.8, 을까 1.2, 었는데 1, 던 날 0.8, 던 밤 0.5, " +
        "을 때 0.6, 었으면 해 0.6, 는 게 보여 0.5",
    ),
    ask: weights("어 줘 6, 어 줄래 2, 어 주겠니 0.7, 어 주길 0.7"),
    dont: weights("지 마 6, 지 말아 줘 2, 지는 마 1, 지 말자 0.5"),
    lets: weights("자 5, 어 보자 2, 는 거야 1, 을까 0.8"),
  },
  "서술": {
    do: weights(
      "는다 6, 었다 4, 어 본다 2, 곤 한다 1, 고 있다 1.5, 고 싶다 1.5, 지 못한다 0.8, 을 것이다 0.8, 네 1, 을까 0.6, " +
        "으리라 0.6, 는 나 0.6, 고 말았다 0.5, 으려 한다 0.6, 기로 한다 0.8",
    ),
    be: weights(
      "는다 6, 었다 3.5, 네 1.5, 는데 1, 을까 0.5, 기만 한다 0.7, 을 것이다 0.5, 더라 0.6, 는 밤 0.4, 던 날 0.4, " +
        "을 것만 같다 0.6",
    ),
    you: weights("었다 3, 는다 2.5, 었지 1, 네 1, 을까 0.8, 던 날 0.8, 던 밤 0.5, 을 때 0.5"),
    ask: weights("어 줘 4, 어 다오 3, 어 주기를 1"),
    dont: weights("지 마라 4, 지 마 3, 지 말기를 1"),
    lets: weights("자 6, 어 보자 2, 기로 하자 1"),
  },
  "존댓말": {
    do: weights(
      "어요 6, 었어요 4, 을게요 3, 고 있어요 2, 고 싶어요 2, 네요 1, 어 봐요 1.5, 곤 해요 1, 을 거예요 1.5, " +
        "지 못해요 0.8, 으려 해요 0.8, 었죠 1, 을까요 0.8, 을래요 1, 어야 해요 0.8, 읍니다 1.5, 는 나 0.5, " +
        "기로 했어요 0.6, 었는데 0.7, 고 말았죠 0.4",
    ),
    be: weights(
      "어요 6, 네요 2.5, 었어요 3, 었죠 1, 는걸요 0.8, 나 봐요 1, 을까요 0.6, 기만 해요 0.7, 읍니다 1.5, 는데 1, " +
        "더군요 0.5, 는 밤 0.3, 을 것만 같아요 0.6",
    ),
    you: weights(
      "었죠 2, 었어요 2.5, 었잖아요 1, 네요 1.2, 겠죠 0.8, 을까요 1.2, 어요 1, 던 날 0.8, 었는데 0.8",
    ),
    ask: weights("어 줘요 4, 어 주세요 3, 어 줄래요 2"),
    dont: weights("지 말아요 5, 지 마요 2, 지 말아 줘요 1.5"),
    lets: weights("어요 3, 어 봐요 2, 을까요 1.5, 기로 해요 1.5"),
  },
  "옛말": {
    do: weights(
      "네 4, 으련다 3, 는다 3, 었네 3, 으리 1.5, 으리라 1, 고 싶구나 1, 는구나 1.5, 어 보네 1.5, 어 본다 1.5, " +
        "으려네 0.8, 었건만 0.8, 고 있네 1.2, 을까나 0.5",
    ),
    be: weights(
      "네 4, 는구나 2.5, 었네 2.5, 는다 1.5, 더라 1.2, 었더라 0.8, 는데 1, 을까 0.5, 었구나 1.2, 건만 0.8",
    ),
    you: weights("었네 3, 네 2, 었지 2, 더라 1, 을까 1, 었건만 1, 던 날 1, 는구나 1"),
    ask: weights("어 주오 4, 어 다오 3, 어 주구려 1.5, 어 주게 1"),
    dont: weights("지 마오 4, 지 마라 3, 지를 마오 1.5, 지 말게 1"),
    lets: weights("으세 4, 어 보세 3, 자꾸나 2, 자 2"),
  },
  "랩": {
    do: weights(
      "어 5, 지 3, 었어 4, 었지 2, 는 중 2, 을게 1.5, 을 거야 2, 고 있어 1.5, 거든 1.5, 는 나 1, 네 0.7, 어야 해 0.8, " +
        "을 뿐 0.8, 으니까 0.8, 는다고 0.8, 었거든 0.8, 고 만다 0.5, 는 게 나 0.5",
    ),
    be: weights(
      "어 5, 지 2.5, 었어 3, 었지 1.5, 네 1.2, 거든 1, 는데 1.5, 으니까 1, 더라 0.8, 는 밤 0.5, 는 법 0.8, 는다고 0.8, " +
        "잖아 0.7",
    ),
    you: weights("어 2, 었지 2, 었어 2, 네 1, 잖아 1, 을 때 1.5, 는 동안 1, 든 말든 1.5, 던데 0.7"),
    ask: weights("어 4, 어 줘 3, 어 봐 2"),
    dont: weights("지 마 6, 지는 마 1"),
    lets: weights("자 5, 는 거야 2, 어 보자 1.5"),
  },
};

/** Endings that join a predicate to what follows in the line. */
export const joiningEndings = {
  /** What I do, then what happens. */
  doThenBe: weights(
    "으면 3, 어도 2.5, 고 나면 1.5, 을 때마다 2, 는데 2, 을수록 0.6, 다 보면 1.2, 는 동안 1.5, 기도 전에 1, 으려 하면 1, " +
      "을 때면 1.5",
  ),
  /** What I do, then what else I do. */
  doThenDo: weights("고 3, 으며 2, 다가 1.5, 으면서 2, 은 채 1.2, 고 나서 1.2"),
  /** What happens or what you do, then anything stated. */
  beThenAny: weights(
    "으면 3, 어도 2.5, 을 때마다 1.5, 는데 2.5, 어서 1.5, 지만 2, 고 2, 을 때면 1.5, 으니 1, 기 전에 0.8, 을수록 0.5",
  ),
  /** What happens, then what is asked, forbidden or proposed: 어서 cannot stand there. */
  beThenAsk: weights("으면 3, 어도 3, 는데 2.5, 으니까 2, 지만 1.5, 기 전에 1.5, 을 때면 1.5"),
};

/** Of the joining endings, those that states (있다, 없다, 않다, adjectives) take. */
export const stateJoining = new Set(["으면", "어도", "는데", "어서", "지만", "고", "으니", "으니까"]);

/** Asking endings (어 줘) as 주다 itself takes them; 어 다오 replaces it. */
export const askedOfGiving: Record<string, string> = {
  "어 줘": "어",
  "어 줄래": "을래",
  "어 주겠니": "겠니",
  "어 주길": "기를",
  "어 주기를": "기를",
  "어 줘요": "어요",
  "어 주세요": "으세요",
  "어 줄래요": "을래요",
  "어 주오": "으오",
  "어 주구려": "구려",
  "어 주게": "게",
};
