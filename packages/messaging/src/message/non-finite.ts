// Python writes NaN and Infinity as bare words, which JSON does not have. This replaces them by null; only bodies that did not parse come here.

const tokens = ["-Infinity", "Infinity", "NaN"];

/** Returns `json` with each bare NaN, Infinity and -Infinity outside of strings replaced by null, or undefined when there is none. */
export function replaceNonFinite(json: string): string | undefined {
  let result = "";
  let copiedTo = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const char = json[index];
    if (inString) {
      if (char === "\\") index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "N" || char === "I" || char === "-") {
      const token = tokens.find((word) => json.startsWith(word, index));
      if (token === undefined) continue;
      result += `${json.slice(copiedTo, index)}null`;
      copiedTo = index + token.length;
      index = copiedTo - 1;
    }
  }
  return copiedTo === 0 ? undefined : result + json.slice(copiedTo);
}
