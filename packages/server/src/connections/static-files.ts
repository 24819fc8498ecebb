// The files of the console: nothing outside of one folder, with headers that let a page load nothing from elsewhere.

import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { answer, type RequestHandler } from "./http-routes.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".map": "application/json; charset=utf-8",
};

const noConsole = "There is no console here: the server was started without its files.";

/**
 * Serves the files of `folder`. Paths without an extension get `index.html`, where the page itself decides what to show; so do those of no file
 * that a browser goes to as a page, as names in them may have dots (`/queues/sms.outbound`).
 *
 * Files whose name has a hash (`app-3f2a9c1b.js`) may be kept by browsers for ever.
 */
export function staticFiles(folder: string | undefined): RequestHandler {
  if (folder === undefined) return (_, response) => answer(response, 404, noConsole);
  return async (request, response, url) => {
    const isPage = request.headers.accept?.includes("text/html") === true;
    const file = (await findFile(folder, url.pathname)) ?? (isPage ? await findPage(folder, url.pathname) : undefined);
    if (file === undefined) answer(response, 404, "not found");
    else await sendFile(request, response, file);
  };
}

interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
}

async function findFile(folder: string, pathname: string): Promise<FoundFile | undefined> {
  const name = nameOf(pathname);
  if (name === undefined) return undefined;
  return openFile(folder, extname(name) === "" ? "index.html" : name);
}

async function findPage(folder: string, pathname: string): Promise<FoundFile | undefined> {
  return nameOf(pathname) === undefined ? undefined : openFile(folder, "index.html");
}

/** What a path names; undefined for what is never served: hidden files, and ways out of the folder. */
function nameOf(pathname: string): string | undefined {
  const name = decode(pathname);
  const isBad = name === undefined || name.includes("\0") || name.split(/[\\/]/).some((part) => part.startsWith("."));
  return isBad ? undefined : name;
}

async function openFile(folder: string, wanted: string): Promise<FoundFile | undefined> {
  try {
    const root = await realpath(folder);
    // Links may not lead out of the folder either.
    const path = await realpath(join(root, wanted));
    if (!path.startsWith(root + sep)) return undefined;
    const found = await stat(path);
    const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    return found.isFile() ? { path, size: found.size, etag } : undefined;
  } catch {
    return undefined;
  }
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, size, etag }: FoundFile,
): Promise<void> {
  const isHashed = /[.-][\da-zA-Z_-]{8,}\.\w+$/.test(path) && !path.endsWith(".html");
  const headers = {
    ...securityHeaders(request.headers.host),
    "Content-Type": types[extname(path)] ?? "application/octet-stream",
    "Cache-Control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    ETag: etag,
  };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Length": size });
  if (request.method === "HEAD") response.end();
  // Whoever leaves in the middle is nobody's error.
  else await pipeline(createReadStream(path, { end: Math.max(size - 1, 0) }), response).catch(() => response.destroy());
}

function securityHeaders(host: string | undefined): Readonly<Record<string, string>> {
  // Some browsers do not count WebSockets of the same host as `'self'`.
  const here = host !== undefined && /^[\w.[\]:-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "manifest-src 'self'",
      `connect-src 'self'${here}`,
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  };
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
