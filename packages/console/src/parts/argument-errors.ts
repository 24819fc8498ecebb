// What the server says is wrong with arguments, by path: `0.config.rules.2.app`. Pure.

/** Reads the `extra` of an error about arguments: `[{path: [0, "name"], message}]`. Anything else says nothing. */
export function errorsOfArguments(extra: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(extra)) return new Map();
  const entries = extra as readonly { readonly path?: unknown; readonly message?: unknown }[];
  return new Map(
    entries.flatMap(({ path, message }) =>
      Array.isArray(path) && typeof message === "string" ? [[path.join("."), message] as const] : [],
    ),
  );
}
