// Ten thousand people at telnet at the same time: what each costs in memory, and that each line is answered.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { spawnNode } from "@switchboard/testkit";
import { fact, header } from "./harness.ts";

const people = 10_000;
const linesEach = 5;

header("messaging-telnet");
const server = spawnNode(new URL("messaging/telnet-server.ts", import.meta.url), [], {
  nodeArgs: ["--expose-gc"],
  packages: "built",
});
const port = await nextNumber();
// What it needs for its first connections is not what each further one needs.
for (const person of await joinAll(100)) person.socket.destroy();
const before = await memory();
const crowd = await joinAll(people);
await Promise.all(crowd.map((person) => person.hears(1)));
const joined = await memory();
const started = performance.now();
await Promise.all(crowd.map((person) => person.converse()));
const seconds = (performance.now() - started) / 1_000;
const after = await memory();

console.log(`\n${people.toLocaleString("en")} telnet sessions on an embedded bus, one process`);
const each = (bytes: number): string => `${((bytes - before) / people / 1_024).toFixed(1)} KiB`;
fact("memory per session, joined and greeted", each(joined));
fact(`memory per session, after ${linesEach} lines each`, each(after));
const missed = crowd.reduce((sum, person) => sum + person.missed(), 0);
fact(`lines without their answer, of ${(people * linesEach).toLocaleString("en")}`, String(missed), missed === 0);
fact("lines answered per second", Math.round((people * linesEach) / seconds).toLocaleString("en"));
for (const { socket } of crowd) socket.destroy();
await server.kill();

interface Person {
  readonly socket: Socket;
  /** Resolves when so many lines have come. */
  hears(lines: number): Promise<void>;
  /** Says one line after the other, each when the one before is answered. */
  converse(): Promise<void>;
  missed(): number;
}

async function joinAll(count: number): Promise<Person[]> {
  const joinedSoFar: Person[] = [];
  while (joinedSoFar.length < count) {
    const batch = Array.from({ length: Math.min(200, count - joinedSoFar.length) }, (_, n) =>
      join(joinedSoFar.length + n),
    );
    joinedSoFar.push(...(await Promise.all(batch)));
  }
  return joinedSoFar;
}

async function join(number: number): Promise<Person> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  const heard: string[] = [];
  let rest = "";
  let onLine: (() => void) | undefined;
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\r\n");
    rest = lines.pop() ?? "";
    heard.push(...lines);
    onLine?.();
  });
  socket.on("error", () => undefined);
  const hears = (lines: number): Promise<void> =>
    new Promise((resolve) => {
      onLine = () => {
        if (heard.length >= lines) resolve();
      };
      onLine();
    });
  const said = Array.from({ length: linesEach }, (_, n) => `line ${n} of person ${number}`);
  return {
    socket,
    hears,
    async converse() {
      for (const [index, line] of said.entries()) {
        socket.write(`${line}\r\n`);
        // The greeting came first.
        await hears(index + 2);
      }
    },
    missed: () => said.filter((line, index) => heard[index + 1] !== line).length,
  };
}

function memory(): Promise<number> {
  server.send("memory?");
  return nextNumber();
}

async function nextNumber(): Promise<number> {
  const { value, done } = await server.messages.next();
  if (done === true) throw new Error(`the server ended: ${server.stderr()}`);
  return value as number;
}
