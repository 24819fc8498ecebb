// How the real line is opened: by the WebSocket of the server that served the page.

import { type OpenSocket, connect } from "@switchboard/client";
import type { Gateway, Login } from "./connection.ts";

/** Opens the gateway that served this page. @throws {ClientError} CLIENT_LOGIN_REFUSED, CLIENT_CONNECT_FAILED. */
export function openGateway(login: Login): Promise<Gateway> {
  return openBy(login);
}

/** The same through another socket, as the memory gateway has one. */
export async function openBy(login: Login, openSocket?: OpenSocket): Promise<Gateway> {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  const client = await connect({
    url,
    login,
    resource: "console",
    heartbeatMs: 2000,
    reconnect: { minDelayMs: 500, maxDelayMs: 5000 },
    ...(openSocket === undefined ? {} : { openSocket }),
  });
  // Where a stream is left, its call is aborted by the client.
  return client;
}
