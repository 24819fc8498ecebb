// PostgreSQL, from the folders Debian puts it in. It refuses to run as root, so for root it runs as the user postgres.

import { execFile, execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";
import { oncePerRun } from "../once-per-run.ts";
import { tempFolder } from "../temp.ts";
import { Server } from "./server.ts";

const versionsFolder = "/usr/lib/postgresql";

/** The folder of the newest installed PostgreSQL's programs, or undefined. */
export function postgresqlPrograms(): string | undefined {
  if (!existsSync(versionsFolder)) return undefined;
  const newestFirst = readdirSync(versionsFolder).toSorted((a, b) => Number(b) - Number(a));
  return newestFirst.map((version) => `${versionsFolder}/${version}/bin`).find((bin) => existsSync(`${bin}/initdb`));
}

/** Starts a PostgreSQL with an empty database `postgres` and the user `postgres`, who needs no password. */
export async function startPostgresql(): Promise<Server> {
  const bin = postgresqlPrograms();
  if (bin === undefined) throw new Error(`no PostgreSQL in ${versionsFolder}`);
  const port = await freePort();
  const folder = tempFolder();
  const asUser = process.getuid?.() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  if (asUser.length > 0) chownSync(folder, idOf("-u"), idOf("-g"));

  const data = `${folder}/data`;
  // The first one makes the files; the others copy them, which takes a twentieth of the time.
  const first = await oncePerRun("postgresql", async (kept) => {
    const initdb = `${bin}/initdb -D ${data} -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync`;
    await run([...asUser, ...initdb.split(" ")], folder);
    await run(["cp", "-a", data, kept], folder);
  });
  if (!existsSync(data)) await run(["cp", "-a", join(first, "data"), folder], folder);
  // Without fsync it is quicker, and loses nothing as long as only processes die and not the machine.
  const postgres = `${bin}/postgres -D ${data} -p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
  const [program = "", ...args] = [...asUser, ...postgres.split(" ")];
  const server = new Server(
    { port, folder, url: `postgresql://postgres@127.0.0.1:${port}/postgres` },
    {
      name: "postgres",
      command: [program, ...args],
      // "Fast": disconnects clients and ends.
      stopSignal: "SIGINT",
      isReady: async () => {
        await run([`${bin}/pg_isready`, "-q", "-h", "127.0.0.1", "-p", String(port)], folder);
        return true;
      },
    },
  );
  await server.start();
  return server;
}

function idOf(which: "-u" | "-g"): number {
  return Number(execFileSync("id", [which, "postgres"]).toString());
}

async function run([program = "", ...args]: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, args, { cwd });
}
