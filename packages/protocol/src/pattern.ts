// Shell patterns, as event masks and the query operator `match` use them: `*` any run of characters (dots included), `?` one character,
// `[…]` a set, `[!…]` its complement, `\` quotes. Matching takes time in proportion to the text, whatever the pattern: no backtracking.

/** Tells whether a whole text fits a pattern. */
export type PatternTest = (text: string) => boolean;

/** One element that takes one character: a literal, or a test (`?` and sets). */
type Element = string | ((codePoint: number) => boolean);

interface Parsed {
  readonly elements: readonly Element[];
  /** Indexes into `elements`: a `*` stands before that element (or, equal to its length, at the end). */
  readonly stars: ReadonlySet<number>;
}

/**
 * Compiles a shell pattern. Case-sensitive; characters are Unicode code points. Every text is a pattern: an unclosed `[` and a final `\` stand
 * for themselves, and a reversed range such as `[z-a]` holds nothing.
 */
export function compilePattern(pattern: string): PatternTest {
  const { elements, stars } = parse(pattern);
  const literals = elements.filter((element) => typeof element === "string");
  if (literals.length === elements.length && stars.size <= 1) return literalTest(literals, stars);
  return bitParallelTest(elements, stars);
}

// Nearly all masks are a name, a prefix with a star, a star with a suffix, or one star.
function literalTest(literals: readonly string[], stars: ReadonlySet<number>): PatternTest {
  const [star] = stars;
  if (star === undefined) {
    const whole = literals.join("");
    return (text) => text === whole;
  }
  const prefix = literals.slice(0, star).join("");
  const suffix = literals.slice(star).join("");
  const length = prefix.length + suffix.length;
  return (text) => text.length >= length && text.startsWith(prefix) && text.endsWith(suffix);
}

/**
 * Shift-And over a set of states kept in bits: state n means that the first n elements have been matched. A character moves each state over
 * the element that takes it; a star lets its state stay. The cost is one step per character and 31 elements.
 */
function bitParallelTest(elements: readonly Element[], stars: ReadonlySet<number>): PatternTest {
  const words = Math.floor(elements.length / 31) + 1;
  const starBits = bitsOf(stars, words);
  const tests = elements.flatMap((element, index) => (typeof element === "string" ? [] : [{ index, takes: element }]));
  const literalBits = new Map<string, Uint32Array>();
  for (const [index, element] of elements.entries()) {
    if (typeof element !== "string") continue;
    const bits = literalBits.get(element) ?? new Uint32Array(words);
    setBit(bits, index);
    literalBits.set(element, bits);
  }
  const taken = new Uint32Array(words);
  return (text) => {
    const states = new Uint32Array(words);
    setBit(states, 0);
    for (const character of text) {
      const literal = literalBits.get(character);
      if (literal === undefined) taken.fill(0);
      else taken.set(literal);
      const codePoint = character.codePointAt(0) ?? 0;
      for (const { index, takes } of tests) if (takes(codePoint)) setBit(taken, index);
      if (!advance(states, taken, starBits)) return false;
    }
    return hasBit(states, elements.length);
  };
}

/** One character. False when no state is left. Words hold 31 bits, so that shifting never meets the sign. */
function advance(states: Uint32Array, taken: Uint32Array, starBits: Uint32Array): boolean {
  let carry = 0;
  let any = 0;
  for (let word = 0; word < states.length; word++) {
    const state = states[word] ?? 0;
    const moved = (state & (taken[word] ?? 0)) * 2 + carry;
    carry = moved >= 0x8000_0000 ? 1 : 0;
    const next = (moved & 0x7fff_ffff) | (state & (starBits[word] ?? 0));
    states[word] = next;
    any |= next;
  }
  return any !== 0;
}

function bitsOf(indexes: Iterable<number>, words: number): Uint32Array {
  const bits = new Uint32Array(words);
  for (const index of indexes) setBit(bits, index);
  return bits;
}

function setBit(bits: Uint32Array, index: number): void {
  const word = Math.floor(index / 31);
  bits[word] = (bits[word] ?? 0) | (1 << (index % 31));
}

function hasBit(bits: Uint32Array, index: number): boolean {
  return ((bits[Math.floor(index / 31)] ?? 0) & (1 << (index % 31))) !== 0;
}

function parse(pattern: string): Parsed {
  const characters = Array.from(pattern);
  const elements: Element[] = [];
  const stars = new Set<number>();
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") stars.add(elements.length);
    else if (character === "?") elements.push(() => true);
    else if (character === "\\" && index + 1 < characters.length) elements.push(characters[++index] ?? "");
    else if (character === "[") {
      const set = parseSet(characters, index + 1);
      if (set !== undefined) index = set.end;
      elements.push(set?.takes ?? character);
    } else elements.push(character);
  }
  return { elements, stars };
}

/** The set whose content begins at `start`; `end` is where its `]` is. Undefined when it is not closed. */
function parseSet(
  characters: readonly string[],
  start: number,
): { readonly takes: (codePoint: number) => boolean; readonly end: number } | undefined {
  const complement = characters[start] === "!";
  const first = complement ? start + 1 : start;
  const ranges: [number, number][] = [];
  // A `]` right at the beginning belongs to the set.
  for (let index = first; index < characters.length; index++) {
    if (characters[index] === "]" && index > first) {
      return {
        takes: (codePoint) => ranges.some(([low, high]) => codePoint >= low && codePoint <= high) !== complement,
        end: index,
      };
    }
    if (characters[index] === "\\" && index + 1 < characters.length) index++;
    const low = codePointAt(characters, index);
    const isRange = characters[index + 1] === "-" && index + 2 < characters.length && characters[index + 2] !== "]";
    if (isRange) index += characters[index + 2] === "\\" && index + 3 < characters.length ? 3 : 2;
    ranges.push([low, isRange ? codePointAt(characters, index) : low]);
  }
  return undefined;
}

function codePointAt(characters: readonly string[], index: number): number {
  return characters[index]?.codePointAt(0) ?? 0;
}
