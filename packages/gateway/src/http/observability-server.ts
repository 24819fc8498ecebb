// A small HTTP server for machines that watch the gateway: `/metrics` for Prometheus, `/health` and `/ready` for load balancers and service managers.
// No login, nothing about messages or people, and on loopback unless told otherwise.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { GatewayView } from "../services/gateway-view.ts";
import { readinessOf } from "./health.ts";
import { prometheusPage } from "./prometheus.ts";

/** Where it listens. */
export interface ObservabilityOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
}

/** The running server. */
export interface ObservabilityServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the server; resolves when it listens. Rejects with the system's error when the port cannot be had. */
export async function startObservabilityServer(
  view: GatewayView,
  { host = "127.0.0.1", port }: ObservabilityOptions,
): Promise<ObservabilityServer> {
  const metrics = prometheusPage(view);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      view.logger.error(
        { path: request.url, err: error },
        "a question about the gateway's health could not be answered",
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = 10_000;

  async function answer({ method, url = "/" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.split("?", 1)[0];
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
    } else if (path === "/metrics") {
      const text = await metrics.text();
      response.writeHead(200, { "content-type": metrics.contentType }).end(text);
    } else if (path === "/health") {
      sendJson(response, 200, { ok: true, uptime_s: Math.floor(process.uptime()) });
    } else if (path === "/ready") {
      const health = await readinessOf(view);
      sendJson(response, health.ok ? 200 : 503, health);
    } else {
      response.writeHead(404).end();
    }
  }

  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
