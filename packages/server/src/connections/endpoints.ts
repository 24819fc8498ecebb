// Opens and closes the doors of a server: the protocol's port, the console's port and the Unix socket.

import type { Clock, Logger } from "@switchboard/core";
import { Connection, type ConnectionContext } from "./connection.ts";
import { answerJson, HttpRoutes } from "./http-routes.ts";
import { type HttpListener, listen, type TlsOptions } from "./listener.ts";
import { TrustedProxies } from "./proxies.ts";
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
  /** False while the server starts and stops. */
  readonly isReady: () => boolean;
}

/** The open doors. */
export interface Endpoints {
  /** Ports by what they are for; undefined where none is open. */
  readonly ports: { readonly websocket: number | undefined; readonly frontend: number | undefined };
  /** Lets nobody in any more; those inside stay. */
  stop(): Promise<void>;
  /** Cuts everybody off. */
  close(): Promise<void>;
}

/** Opens the doors. Rejects with the system's error when an address cannot be used, with none left open. */
export async function openEndpoints(options: EndpointsOptions, context: EndpointsContext): Promise<Endpoints> {
  const { limits, clock, logger, connections } = context;
  const webSockets = new WebSocketEndpoint({
    proxies: new TrustedProxies(options.trustedProxies),
    allowedOrigins: options.allowedOrigins ?? [],
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
    close: async () => {
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
    const routes = protocolRoutes(webSockets, context);
    const websocket = await open(options.websocketPort, routes);
    const frontend = await open(options.frontendPort, routes);
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

function protocolRoutes(webSockets: WebSocketEndpoint, context: EndpointsContext): HttpRoutes {
  const routes = new HttpRoutes();
  routes.onUpgrade(
    "/socket",
    webSockets.handler((wire, peer) => new Connection(wire, peer, context)),
  );
  routes.on("GET", "/health", (_, response) => {
    const isReady = context.isReady();
    answerJson(response, isReady ? 200 : 503, JSON.stringify({ status: isReady ? "ok" : "unavailable" }));
  });
  for (const path of ["/boot_id", "/api/boot_id"]) {
    routes.on("GET", path, (_, response) => answerJson(response, 200, JSON.stringify(context.bootId)));
  }
  return routes;
}
