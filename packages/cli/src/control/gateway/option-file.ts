// Options of workers from a file.

/** The values of a file of options; none without a file. @throws {ConfigError} CONFIG_FILE_INVALID. */
export async function fileValues(path: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (path === undefined) return {};
  // Loaded only here, because most verbs need no messaging.
  const { loadConfigFile } = await import("@switchboard/messaging/config");
  return (await loadConfigFile(path)).values;
}
