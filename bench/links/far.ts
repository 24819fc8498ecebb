// The other side of the links benchmark: a child process that plays the role it is given, or a thread that far-worker.mjs lets in.

import { createServer, type ListenOptions } from "node:net";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { BasicMessageListener, Dispatcher, type Link } from "@switchboard/core";
import { ipcLink, listenTcp, listenUnix, workerLink } from "@switchboard/links";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { type Context, ServiceBroker } from "moleculer";
import { type Content, lineSplitter, perFrame, perTick, secret } from "./echo.ts";

const [, , role = "", path = ""] = process.argv;
const dispatcher = new Dispatcher();
const echo = new BasicMessageListener("echo");
echo.add({ callback: ({ content }) => content });
dispatcher.register(echo);

if (isMainThread) {
  // Nothing may outlive the benchmark.
  process.on("disconnect", () => process.exit());
  process.send?.({ ready: await beProcess() });
} else beThread();

/** Returns the port, if there is one. */
async function beProcess(): Promise<number | undefined> {
  switch (role) {
    case "switchboard-tcp":
      return (await listenTcp({ port: 0, secret, onLink })).port;
    case "switchboard-unix":
      await listenUnix({ path, onLink });
      return undefined;
    case "switchboard-ipc":
      void dispatcher.join(ipcLink(process));
      return undefined;
    case "ipc":
      process.on("message", (message) => process.send?.(message));
      return undefined;
    case "moleculer":
      return beMoleculer();
    default:
      return beBare(path === "" ? { port: 0, host: "127.0.0.1" } : { path });
  }
}

function onLink(link: Link): void {
  void dispatcher.join(link);
}

function beThread(): void {
  if (parentPort === null) return;
  if (workerData === "switchboard") void dispatcher.join(workerLink(parentPort));
  else if (workerData === "comlink") expose({ echo: (content: Content) => content }, nodeEndpoint(parentPort));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port is not a window and has no origin
  else parentPort.on("message", (message) => parentPort?.postMessage(message));
}

async function beBare(address: ListenOptions): Promise<number | undefined> {
  const server = createServer({ noDelay: true }, (socket) => {
    const write = (text: string): void => void socket.write(text);
    const reply = role === "per-tick" ? perTick(write) : perFrame(write);
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on(
      "data",
      lineSplitter((line) => {
        for (const frame of JSON.parse(line)) reply(frame);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(address, resolve));
  const bound = server.address();
  return typeof bound === "object" ? bound?.port : undefined;
}

async function beMoleculer(): Promise<number> {
  const port = await freePort();
  const transporter = { type: "TCP", options: { udpDiscovery: false, port, useHostname: false } };
  const broker = new ServiceBroker({ nodeID: "far", namespace: "bench", logger: false, transporter });
  broker.createService({ name: "far", actions: { echo: ({ params }: Context) => params } });
  await broker.start();
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
