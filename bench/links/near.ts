// This side of the links benchmark: for each contender a function that asks the far side for an echo and resolves with the reply.

import { type ChildProcess, fork } from "node:child_process";
import { connect, type NetConnectOpts } from "node:net";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Dispatcher, type Link } from "@switchboard/core";
import { ipcLink, tcpLink, unixLink, workerLink } from "@switchboard/links";
import { wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { ServiceBroker } from "moleculer";
import { type Content, lineSplitter, perFrame, perTick, secret } from "./echo.ts";

/** Asks the far side for an echo. */
export type Ask = (content: Content) => Promise<unknown>;

const closing: (() => unknown)[] = [];

/** Ends every far side. */
export async function endAll(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

/** The kernel over one of its links. */
export const overSwitchboard = {
  tcp: async (): Promise<Ask> => {
    const { port } = await far("switchboard-tcp");
    return askDispatcher(tcpLink({ port, secret }));
  },
  unix: async (path: string): Promise<Ask> => {
    await far("switchboard-unix", path);
    return askDispatcher(unixLink({ path }));
  },
  ipc: async (): Promise<Ask> => askDispatcher(ipcLink((await far("switchboard-ipc")).child)),
  worker: async (): Promise<Ask> => askDispatcher(workerLink(thread("switchboard"))),
};

async function askDispatcher(link: Link): Promise<Ask> {
  const dispatcher = new Dispatcher();
  closing.push(() => dispatcher.shutdown());
  await dispatcher.join(link);
  return (content) => dispatcher.send({ destinationId: "echo", content, responseRequired: true });
}

/** A bare socket with a table of what is awaited: the least that request and reply need. */
export async function overSocket(role: "per-tick" | "per-frame", path = ""): Promise<Ask> {
  const { port } = await far(role, path);
  const address: NetConnectOpts = path === "" ? { port, host: "127.0.0.1", noDelay: true } : { path };
  const socket = connect(address);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const write = (text: string): void => void socket.write(text);
  const { ask, answered } = table(role === "per-tick" ? perTick(write) : perFrame(write));
  socket.setEncoding("utf8").on(
    "data",
    lineSplitter((line) => {
      for (const frame of JSON.parse(line)) answered(frame);
    }),
  );
  closing.push(() => socket.destroy());
  return ask;
}

/** Plain `process.send`, one message each. */
export async function overIpc(): Promise<Ask> {
  const { child } = await far("ipc");
  const { ask, answered } = table((frame) => child.send(frame));
  child.on("message", answered);
  return ask;
}

/** Plain `postMessage`, one message each. */
export async function overPort(): Promise<Ask> {
  const worker = thread("port");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is not a window and has no origin
  const { ask, answered } = table((frame) => worker.postMessage(frame));
  worker.on("message", answered);
  return ask;
}

export async function overComlink(): Promise<Ask> {
  const remote = wrap<{ echo(content: Content): Content }>(nodeEndpoint(thread("comlink")));
  return (content) => remote.echo(content);
}

export async function overMoleculer(): Promise<Ask> {
  const { port } = await far("moleculer");
  const urls = [`tcp://127.0.0.1:${port}/far`];
  const transporter = { type: "TCP", options: { udpDiscovery: false, urls, useHostname: false } };
  const broker = new ServiceBroker({ nodeID: "near", namespace: "bench", logger: false, transporter });
  await broker.start();
  closing.push(() => broker.stop());
  await broker.waitForServices("far");
  return (content) => broker.call("far.echo", content);
}

/** Numbers requests `[id, content]` and finds who waits for a reply. */
function table(send: (frame: object) => unknown): { ask: Ask; answered: (frame: unknown) => void } {
  const waiting = new Map<number, (content: unknown) => void>();
  let last = 0;
  return {
    ask: (content) =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        send([id, content]);
      }),
    answered: (frame) => {
      const [id, content] = frame as [number, unknown];
      waiting.get(id)?.(content);
      waiting.delete(id);
    },
  };
}

async function far(role: string, path = ""): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL("far.ts", import.meta.url)), [role, path]);
  closing.push(() => child.kill());
  const message = await new Promise((resolve, reject) => {
    child.once("message", resolve).once("exit", () => reject(new Error(`${role} has ended`)));
  });
  return { child, port: (message as { ready?: number }).ready ?? 0 };
}

function thread(role: string): Worker {
  const worker = new Worker(new URL("far-worker.mjs", import.meta.url), { workerData: role, execArgv: [] });
  closing.push(() => worker.terminate());
  return worker;
}
