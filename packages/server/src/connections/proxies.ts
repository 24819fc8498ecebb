// Who is really at the other end of an HTTP request, and whether a page from elsewhere may have sent it.

import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { isLoopback, type Peer, tcpPeer } from "./wire.ts";

/** Addresses and networks (`10.0.0.0/8`) of proxies whose headers are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @throws {TypeError} or RangeError for what is no address or network. */
  constructor(proxies: readonly string[] = []) {
    for (const proxy of proxies) {
      const [address = "", prefix] = proxy.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** True when the request came directly from one of them. */
  sent(request: IncomingMessage): boolean {
    const { host } = tcpPeer(request.socket.remoteAddress, 0);
    const version = isIP(host);
    return version !== 0 && this.#list.check(host, version === 6 ? "ipv6" : "ipv4");
  }

  /** The client: the sender of the request, or the one that a trusted proxy names in `X-Real-IP` and `X-Real-Port`. */
  peerOf(request: IncomingMessage): Peer {
    const { remoteAddress, remotePort } = request.socket;
    const realAddress = request.headers["x-real-ip"];
    if (typeof realAddress !== "string" || isIP(realAddress) === 0 || !this.sent(request)) {
      return tcpPeer(remoteAddress, remotePort);
    }
    const port = Number(request.headers["x-real-port"]);
    // Whoever comes through a proxy is not on this machine, whatever the address.
    return { ...tcpPeer(realAddress, Number.isInteger(port) ? port : 0), isLocal: false };
  }
}

/**
 * False for requests that a web page of another site has made: the page's host must be the one that is asked, this machine, or one of
 * `allowedOrigins` (such as `https://console.example.org`). Programs that are no browsers send no `Origin`.
 *
 * At a loopback address the host that is asked must be this machine by name or number, so that no foreign name can be pointed at it.
 */
export function isAllowedOrigin(request: IncomingMessage, allowedOrigins: readonly string[] = []): boolean {
  const { origin, host = "" } = request.headers;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  const asked = hostnameOf(`http://${host}`);
  const page = hostnameOf(origin);
  if (asked === undefined || page === undefined) return false;
  const isHere = isLoopback(tcpPeer(request.socket.localAddress, 0).host);
  const isViaProxy = request.headers["x-real-ip"] !== undefined || request.headers["x-forwarded-for"] !== undefined;
  if (isHere && !isViaProxy && !isLocalName(asked)) return false;
  return page === asked || isLocalName(page);
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : undefined;
}

function isLocalName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}
