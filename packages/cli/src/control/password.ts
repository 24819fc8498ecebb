// Where a password comes from: a file, a pipe, or somebody at a terminal. Never the command line, which every process can read.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { CliError } from "../errors.ts";

/**
 * The password in `file` (its first line; `-` is standard input), or the one that is typed.
 *
 * @throws {CliError} CLI_PASSWORD_MISSING without a file and a terminal.
 */
export async function readPassword(file: string | undefined, who: string): Promise<string> {
  if (file !== undefined) return firstLine(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"));
  if (!process.stdin.isTTY) {
    throw new CliError(
      "CLI_PASSWORD_MISSING",
      `no password for ${who}: give --password-file, or run this at a terminal`,
    );
  }
  return askHidden(`Password for ${who}: `);
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

function firstLine(content: string): string {
  return content.split(/\r?\n/, 1)[0] ?? "";
}
