/** Texts that are nearly the same: editions of one song. */

/** Least share of word triples that two texts have in common, of all that either has, to count as nearly the same. */
const leastShared = 0.8;

/** Texts with fewer word triples are too short to tell: a word more changes much of them. */
const leastTriples = 5;

/** Hash functions of a sketch, in bands of so many: texts that agree in all of a band are compared. */
const hashCount = 30, bandSize = 3;

/**
 * Finds pairs of texts that are nearly the same, such as a song and its live version with a word more: at least 80 % of the triples of
 * consecutive words that either has are in both (Jaccard's index). Texts are sketched by MinHash (Broder 1997) and compared only where sketches
 * agree in some band, so that the work grows with the texts' number and not its square: a pair with 80 % in common is found in 999 of
 * 1,000 cases, one with 90 % in all but two of a million.
 *
 * Of many texts that are all alike each is compared with the first and the last before it, which is enough to join them in a chain.
 *
 * @param texts with words parted by white space; case counts
 * @param onPair is given the places of two texts, the earlier first; of the same two perhaps several times
 * @param isJoined tells which pairs need not be compared any more
 */
export function nearDuplicates(
  texts: readonly string[],
  onPair: (a: number, b: number) => void,
  isJoined: (a: number, b: number) => boolean = () => false,
): void {
  const buckets = Array.from(
    { length: hashCount / bandSize },
    () => new Map<number, { first: number; last: number }>(),
  );
  texts.forEach((text, at) => {
    const triples = triplesOf(text);
    if (triples.size < leastTriples) return;
    const sketch = sketchOf(triples);
    buckets.forEach((bucket, band) => {
      let key = band;
      for (let i = 0; i < bandSize; i++) key = mixed(key ^ sketch[band * bandSize + i]!);
      const met = bucket.get(key);
      if (met === undefined) {
        bucket.set(key, { first: at, last: at });
        return;
      }
      for (const other of new Set([met.first, met.last])) {
        if (!isJoined(other, at) && isNear(triplesOf(texts[other]!), triples)) onPair(other, at);
      }
      met.last = at;
    });
  });
}

/** The hashes of a text's triples of consecutive words. */
function triplesOf(text: string): Set<number> {
  const triples = new Set<number>();
  let before = 0, last = 0, words = 0, word = 0;
  const end = () => {
    if (word === 0) return;
    if (++words >= 3) triples.add(mixed(Math.imul(before, 31) + Math.imul(last, 17) + word));
    [before, last, word] = [last, word, 0];
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x20 || code === 0x0a) end();
    else word = mixed(word ^ code) || 1;
  }
  end();
  return triples;
}

function isNear(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  if (Math.min(a.size, b.size) < leastShared * Math.max(a.size, b.size)) return false;
  let shared = 0;
  for (const triple of a) if (b.has(triple)) shared++;
  return shared >= leastShared * (a.size + b.size - shared);
}

/** The least value of each hash function over the triples. */
function sketchOf(triples: ReadonlySet<number>): Int32Array {
  const least = new Int32Array(hashCount).fill(0x7fffffff);
  for (const triple of triples) {
    for (let i = 0; i < hashCount; i++) {
      const value = mixed(triple + Math.imul(i + 1, 0x9e3779b9));
      if (value < least[i]!) least[i] = value;
    }
  }
  return least;
}

/** Spreads 32 bits (the end of MurmurHash 3). */
function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
