// Opens and closes the doors of a server: the protocol's port, the console's port and the Unix socket.

import type { Clock, Logger } from "@switchboard/core";
import { within } from "../within.ts";
import type { ConnectionContext } from "./client-connection.ts";
import { Connection } from "./connection.ts";
import type { FileTransfers } from "../files/transfers.ts";
import { downloadHandler, serveFileSocket } from "./file-endpoint.ts";
import { answerCall, callerOf, type HttpCallOptions } from "./http-call.ts";
import { answer, answerJson, HttpRoutes } from "./http-routes.ts";
import { JsonRpcConnection } from "./json-rpc-connection.ts";
import { type HttpListener, listen, type TlsOptions } from "./listener.ts";
import { TrustedProxies } from "./proxies.ts";
import { staticFiles } from "./static-files.ts";
import { openUnixEndpoint, type UnixEndpoint } from "./unix-endpoint.ts";
import { type ClientFactory, WebSocketEndpoint } from "./websocket-endpoint.ts";

/** Which doors to open. */
export interface EndpointsOptions {
  readonly websocketPort?: number | null;
  readonly frontendPort?: number | null;
  readonly hosts: readonly string[];
  readonly unixSocket?: { readonly path: string; readonly mode?: number; readonly gid?: number };
  readonly tls?: TlsOptions;
  readonly trustedProxies?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly staticFolder?: string;
}

/** What the doors lead to. */
export interface EndpointsContext extends ConnectionContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Changes with each start of the server. */
  readonly bootId: string;
  /** Files on their way; undefined: none may be transferred. */
  readonly transfers?: FileTransfers | undefined;
  /** Longest upload whose size was not announced. */
  readonly maxUploadBytes: number;
  /** False while the server starts and stops. */
  readonly isReady: () => boolean;
}

/** The open doors. */
export interface Endpoints {
  /** Ports by what they are for; undefined where none is open. */
  readonly ports: { readonly websocket: number | undefined; readonly frontend: number | undefined };
  /** Lets nobody in any more; those inside stay. */
  stop(): Promise<void>;
  /** Gives the connections that are being closed `farewellMs` (default 0) to end, then cuts them off. */
  close(farewellMs?: number): Promise<void>;
}

/** Opens the doors. Rejects with the system's error when an address cannot be used, with none left open. */
export async function openEndpoints(options: EndpointsOptions, context: EndpointsContext): Promise<Endpoints> {
  const { limits, clock, logger, connections } = context;
  const proxies = new TrustedProxies(options.trustedProxies);
  const { allowedOrigins = [] } = options;
  const webSockets = new WebSocketEndpoint({
    proxies,
    allowedOrigins,
    limits,
    clock,
    logger,
    admit: (peer) => connections.admit(peer),
  });
  const listeners: HttpListener[] = [];
  let unix: UnixEndpoint | undefined;
  const endpoints: Endpoints = {
    ports: { websocket: undefined, frontend: undefined },
    stop: async () => {
      for (const listener of listeners) listener.stop();
      await unix?.stop();
    },
    close: async (farewellMs = 0) => {
      if (farewellMs > 0) {
        const ended = Promise.all([unix?.drained(), ...listeners.map((listener) => listener.drained())]);
        await within<unknown>({ clock, timeoutMs: farewellMs, late: () => undefined }, ended);
      }
      webSockets.close();
      unix?.close();
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
  const open = async (port: number | null | undefined, routes: HttpRoutes): Promise<number | undefined> => {
    if (port === null || port === undefined) return undefined;
    const listener = await listen(routes, { ...options, port, tls: options.tls, logger });
    listeners.push(listener);
    return listener.port;
  };
  try {
    const doors = { webSockets, proxies, allowedOrigins, context };
    const websocket = await open(options.websocketPort, protocolRoutes(doors));
    const console = protocolRoutes(doors);
    console.otherwise(staticFiles(options.staticFolder));
    const frontend = await open(options.frontendPort, console);
    if (options.unixSocket !== undefined) {
      const create: (...args: Parameters<ClientFactory>) => Connection = (wire, peer) =>
        new Connection(wire, peer, context);
      unix = await openUnixEndpoint({ ...options.unixSocket, ...limits, logger, create });
    }
    return { ...endpoints, ports: { websocket, frontend } };
  } catch (error) {
    await endpoints.stop();
    await endpoints.close();
    throw error;
  }
}

interface Doors extends HttpCallOptions {
  readonly webSockets: WebSocketEndpoint;
  readonly context: EndpointsContext;
}

function protocolRoutes(doors: Doors): HttpRoutes {
  const { webSockets, context } = doors;
  const routes = new HttpRoutes();
  const create: ClientFactory = (wire, peer) => new Connection(wire, peer, context);
  const createJsonRpc: ClientFactory = (wire, peer) => new JsonRpcConnection(wire, peer, context);
  routes.onUpgrade("/socket", webSockets.handler(create, createJsonRpc));
  routes.onUpgrade("/jsonrpc", webSockets.handler(createJsonRpc));
  routes.on("GET", "/health", (_, response) => {
    const isReady = context.isReady();
    answerJson(response, isReady ? 200 : 503, JSON.stringify({ status: isReady ? "ok" : "unavailable" }));
  });
  for (const path of ["/boot_id", "/api/boot_id"]) {
    routes.on("GET", path, (_, response) => answerJson(response, 200, JSON.stringify(context.bootId)));
  }
  const { transfers } = context;
  if (transfers !== undefined) {
    routes.onUpgrade(
      "/file",
      webSockets.rawHandler((webSocket) => serveFileSocket(webSocket, { ...context, transfers })),
    );
    routes.on("GET", "/filedownload", downloadHandler({ transfers }));
  }
  routes.on("POST", "/api/call", (request, response) => answerCall(request, response, doors));
  routes.on("GET", "/api/openrpc.json", async (request, response) => {
    const caller = await callerOf(request, doors);
    // Strangers learn nothing about names.
    if (caller.principal === undefined) answer(response, 401, "expected Authorization: Bearer <token>");
    else answerJson(response, 200, JSON.stringify(await context.services.call("rpc.discover", [], { caller })));
  });
  return routes;
}
