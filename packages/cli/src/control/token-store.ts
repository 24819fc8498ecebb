// Tokens of earlier logins, by server: one file in the user's configuration folder that only the user can read.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Tokens by the server's address. */
type Tokens = Readonly<Record<string, string>>;

/** Where the file is: `$XDG_CONFIG_HOME/switchboard/tokens.json`, by default below `~/.config`. */
function tokenFile(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "switchboard", "tokens.json");
}

/** The token kept for a server. A file that cannot be read counts as none: one can log in again. */
export async function storedToken(server: string): Promise<string | undefined> {
  const tokens = await readTokens();
  return Object.hasOwn(tokens, server) ? tokens[server] : undefined;
}

/** Keeps a token for a server; undefined forgets it. The file is replaced as a whole, so that no reader sees half of it. */
export async function storeToken(server: string, token: string | undefined): Promise<void> {
  const { [server]: _former, ...others } = await readTokens();
  const file = tokenFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(token === undefined ? others : { ...others, [server]: token }, null, 2)}\n`, {
    mode: 0o600,
  });
  await rename(next, file);
}

async function readTokens(): Promise<Tokens> {
  try {
    const value: unknown = JSON.parse(await readFile(tokenFile(), "utf8"));
    return typeof value === "object" && value !== null ? (value as Tokens) : {};
  } catch {
    return {};
  }
}
