// Clients for server.bench.ts: the same bare WebSocket client for everybody who can be spoken to with one, so that servers are compared and not clients.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { Ready } from "./contender.ts";

const script = fileURLToPath(new URL("contender.ts", import.meta.url));

/** A contender's process. */
export interface Process extends Ready {
  /** Microseconds of processor time that it has used. */
  cpuUs(): Promise<number>;
  stop(): void;
}

/** Starts a contender in a process of its own. */
export function startProcess(name: string, ...args: readonly string[]): Promise<Process> {
  return new Promise((resolve, reject) => {
    // As `switchboard server` sets it for itself; see there.
    const execArgv = ["--no-allocation-site-pretenuring", "--import", "tsx"];
    const child = fork(script, [name, ...args], { execArgv });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    const cpuUs = async (): Promise<number> => {
      child.send("cpu");
      const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
      return user + system;
    };
    child.once("message", (ready) => resolve({ ...(ready as Ready), cpuUs, stop: () => child.disconnect() }));
  });
}

/** What a dialect writes for a call, and reads from an answer. */
export interface Dialect {
  readonly path: string;
  /** The text of call number `id`: the sum of `id` and 1. */
  call(id: number): string;
  /** The number of the call and the sum. */
  answer(text: string): readonly [id: number, sum: unknown];
}

export const echoDialect: Dialect = {
  path: "/",
  call: (id) => `{"jsonrpc":"2.0","id":${id},"method":"add","params":[${id},1]}`,
  answer: (text) => {
    const { id } = JSON.parse(text) as { id: number };
    return [id, id + 1];
  },
};

export const jsonRpcDialect: Dialect = {
  ...echoDialect,
  answer: (text) => {
    const { id, result } = JSON.parse(text) as { id: number; result: unknown };
    return [id, result];
  },
};

/** Switchboard's frames. */
export function frameDialect(method: string): Dialect {
  return {
    path: "/socket",
    call: (id) => `{"namespace":"rpc","name":"call","id":"${id}","args":{"method":"${method}","args":[${id},1]}}`,
    answer: (text) => {
      const { id, args } = JSON.parse(text) as { id: string; args: unknown };
      return [Number(id), args];
    },
  };
}

/** Opens a socket. */
export function open(port: number, path: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
    socket.once("open", () => resolve(socket)).once("error", reject);
  });
}

/** Sends a text and waits for the next message. */
export function ask(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once("message", (data: Buffer) => resolve(data.toString()));
    socket.send(text);
  });
}

/** Makes `count` calls on each of the sockets' turns, `inFlight` at a time on each, and checks every sum. */
export function callMany(
  sockets: readonly WebSocket[],
  dialect: Dialect,
  count: number,
  inFlight: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let done = 0;
    const next = (socket: WebSocket): void => {
      // From 1: some take 0 for no id at all.
      if (started < count) socket.send(dialect.call(++started));
    };
    for (const socket of sockets) {
      socket.removeAllListeners("message");
      socket.on("message", (data: Buffer) => {
        const [id, sum] = dialect.answer(data.toString());
        if (sum !== id + 1) reject(new Error(`wrong answer ${data.toString()}`));
        if (++done === count) resolve();
        else next(socket);
      });
    }
    for (let round = 0; round < inFlight; round++) for (const socket of sockets) next(socket);
  });
}
