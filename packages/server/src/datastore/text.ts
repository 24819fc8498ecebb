// Which texts a database can hold.

/**
 * False for texts holding U+0000, which PostgreSQL refuses and SQLite cuts off at, or half a surrogate pair, which UTF-8 cannot write.
 */
export function isStorableText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- U+0000 is what is looked for
  return !/\0|\p{Surrogate}/u.test(text);
}
