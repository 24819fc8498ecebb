/** Returns a source of predictable ids: `prefix1`, `prefix2`, … */
export function sequentialIds(prefix = ""): () => string {
  let last = 0;
  return () => `${prefix}${++last}`;
}
