// Paths, headers and origins of the HTTP servers, calls as HTTP requests, and the console's files, on free ports of the loopback address.

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { authService } from "../../src/connections/auth-service.ts";
import { type Endpoints, openEndpoints } from "../../src/connections/endpoints.ts";
import { rpcService } from "../../src/connections/rpc-service.ts";
import { authenticate, newServer, type TestServer, tokenOf } from "./kit.ts";

let server: TestServer;
let endpoints: Endpoints;
let folder: string;
let isReady = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-http-"));
  await mkdir(join(folder, "console/assets"), { recursive: true });
  await writeFile(join(folder, "console/index.html"), "<!doctype html><title>Console</title>");
  await writeFile(join(folder, "console/assets/app-3f2a9c1b.js"), "export {};");
  await writeFile(join(folder, "console/.env"), "secret");
  await writeFile(join(folder, "secret.txt"), "secret");
  await symlink(join(folder, "secret.txt"), join(folder, "console/link.txt"));
  server = newServer({ limits: { maxFrameBytes: 100_000 } });
  const { services, logins, connections } = server.context;
  services.register("auth", authService(logins));
  services.register("rpc", rpcService({ services, schemas: server.schemas, connections }));
  endpoints = await open({});
});

afterAll(async () => {
  await endpoints.stop();
  await endpoints.close();
  await rm(folder, { recursive: true });
});

function open(options: { trustedProxies?: string[]; allowedOrigins?: string[] }): Promise<Endpoints> {
  const context = { ...server.context, bootId: "boot-1", maxUploadBytes: 1_000, isReady: () => isReady };
  const given = { websocketPort: 0, frontendPort: 0, hosts: ["127.0.0.1"], staticFolder: join(folder, "console") };
  return openEndpoints({ ...given, ...options }, context);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly port?: number | undefined;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends the path as it is, dots and all. */
function ask(
  path: string,
  { port = endpoints.ports.websocket, method = "GET", headers = {}, body }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The raw answer to a WebSocket handshake. */
function handshake(path: string, { port = endpoints.ports.websocket, headers = {} }: Ask = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port: port ?? 0 });
    const lines = [
      `GET ${path} HTTP/1.1`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...Object.entries({ Host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n\r\n")) {
        socket.destroy();
        resolve(text);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

describe("paths", () => {
  test("S1 the protocol is at /socket, bare and prefixed, on both ports, with the headers spelt as some clients want", async () => {
    for (const port of [endpoints.ports.websocket, endpoints.ports.frontend]) {
      for (const path of ["/socket", "/dispatcher/socket", "/socket?x=1"]) {
        const answer = await handshake(path, { port });
        expect(answer).toMatch(/^HTTP\/1\.1 101 /);
        expect(answer).toContain("\r\nUpgrade: websocket\r\n");
        expect(answer).toContain("\r\nConnection: Upgrade\r\n");
        expect(answer).not.toContain("Sec-WebSocket-Protocol");
      }
    }
  });

  test("whole paths are compared: anything else is 404", async () => {
    for (const path of [
      "/",
      "/sockets",
      "/socket/",
      "/dispatcher",
      "/dispatcher/dispatcher/socket",
      "/nothing",
      "//socket",
    ]) {
      expect(await handshake(path)).toMatch(/^HTTP\/1\.1 404 /);
      expect((await ask(path)).status).toBe(404);
    }
    expect((await ask("/api/call")).status).toBe(405);
  });

  test("/health says whether the server is ready, /boot_id when it was started anew", async () => {
    expect(await ask("/health")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    isReady = false;
    expect(await ask("/dispatcher/health")).toMatchObject({ status: 503, body: '{"status":"unavailable"}' });
    isReady = true;
    for (const path of ["/boot_id", "/api/boot_id"]) expect((await ask(path)).body).toBe('"boot-1"');
  });

  test("JSON-RPC is spoken at /jsonrpc, and at /socket by subprotocol", async () => {
    for (const [path, protocol] of [["/jsonrpc"], ["/socket", "jsonrpc-2.0"]] as const) {
      const socket = new WebSocket(
        `ws://127.0.0.1:${endpoints.ports.websocket}${path}`,
        protocol === undefined ? [] : [protocol],
      );
      await new Promise((resolve) => socket.once("open", resolve));
      expect(socket.protocol).toBe(protocol ?? "");
      const answer = new Promise((resolve) =>
        socket.once("message", (data) => resolve(JSON.parse((data as Buffer).toString()))),
      );
      socket.send('{"jsonrpc":"2.0","id":1,"method":"test.address"}');
      expect(await answer).toMatchObject({ id: 1, result: expect.stringMatching(/^127\.0\.0\.1,\d+$/) as string });
      socket.close();
    }
  });
});

async function addressSeen(port: number | undefined, headers: Record<string, string>): Promise<string> {
  const answer = await ask("/api/call", {
    port,
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: '{"method":"test.address"}',
  });
  return (JSON.parse(answer.body) as { result: string }).result;
}

describe("who is there", () => {
  test("S15 X-Real-IP is believed of trusted proxies only, and makes nobody local", async () => {
    const forged = { "X-Real-IP": "127.0.0.9", "X-Real-Port": "7", "X-Forwarded-For": "127.0.0.9" };
    expect(await addressSeen(endpoints.ports.websocket, forged)).toMatch(/^127\.0\.0\.1,\d+$/);
    const behindProxy = await open({ trustedProxies: ["127.0.0.0/8"] });
    expect(await addressSeen(behindProxy.ports.websocket, forged)).toBe("127.0.0.9,7");
    expect(await addressSeen(behindProxy.ports.websocket, { "X-Real-IP": "junk" })).toMatch(/^127\.0\.0\.1,\d+$/);
    const socket = new WebSocket(`ws://127.0.0.1:${behindProxy.ports.websocket}/socket`, { headers: forged });
    await new Promise((resolve) => socket.once("open", resolve));
    const answer = new Promise((resolve) =>
      socket.once("message", (data) => resolve(JSON.parse((data as Buffer).toString()))),
    );
    socket.send('{"namespace":"rpc","name":"auth_service","id":"1","args":{"name":"daemon"}}');
    expect(await answer).toMatchObject({ name: "error", args: { code: 13 } });
    socket.terminate();
    await behindProxy.stop();
    await behindProxy.close();
  });

  test("pages of other sites cannot connect or call; those of this machine and allowed ones can", async () => {
    const port = endpoints.ports.websocket;
    const from = async (origin: string, host = `127.0.0.1:${port}`): Promise<string> =>
      (await handshake("/socket", { headers: { Origin: origin, Host: host } })).slice(9, 12);
    expect(await from("https://evil.example")).toBe("403");
    expect(await from("null")).toBe("403");
    expect(await from("http://localhost:8180")).toBe("101");
    // A name of somebody else's that points at this machine.
    expect(await from("http://evil.example", "evil.example")).toBe("403");
    const allowing = await open({ allowedOrigins: ["https://console.example"] });
    const answer = await handshake("/socket", {
      port: allowing.ports.websocket,
      headers: { Origin: "https://console.example" },
    });
    expect(answer).toMatch(/ 101 /);
    await allowing.stop();
    await allowing.close();
    const headers = { Origin: "https://evil.example", "Content-Type": "application/json" };
    expect((await ask("/api/call", { method: "POST", headers, body: '{"method":"test.address"}' })).status).toBe(403);
  });
});

describe("messages", () => {
  async function connect(): Promise<{ socket: WebSocket; next: () => Promise<unknown>; closed: Promise<number> }> {
    const socket = new WebSocket(`ws://127.0.0.1:${endpoints.ports.websocket}/socket`);
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("open", resolve));
    const next = (): Promise<unknown> =>
      new Promise((resolve) => socket.once("message", (data) => resolve(JSON.parse((data as Buffer).toString()))));
    return { socket, next, closed };
  }

  test("binary messages with JSON in UTF-8 are taken like text; others close the connection", async () => {
    const { socket, next, closed } = await connect();
    const answer = next();
    socket.send(Buffer.from('{"namespace":"rpc","name":"call","id":"é","args":{"method":"test.address","args":[]}}'));
    expect(await answer).toMatchObject({ name: "response", id: "é" });
    socket.send(Buffer.from([0xff, 0xfe]));
    expect(await closed).toBe(1008);
  });

  test("a message over the limit closes the connection, and the server lives", async () => {
    const { socket, closed } = await connect();
    socket.send("x".repeat(200_000));
    expect(await closed).toBe(1009);
    expect((await ask("/health")).status).toBe(200);
  });

  test("bytes that are no WebSocket frames close the connection", async () => {
    const { socket, closed } = await connect();
    // oxlint-disable-next-line no-underscore-dangle -- the only way to send what the library would not
    (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
    );
    expect([1002, 1006]).toContain(await closed);
  });
});

describe("calls by HTTP", () => {
  const json = { "Content-Type": "application/json" };

  async function token(): Promise<string> {
    return tokenOf(await authenticate(server.connect(), "root", "correct"));
  }

  test("answer with a result or an error and its status", async () => {
    const headers = { ...json, Authorization: `Bearer ${await token()}` };
    const post = async (body: string): Promise<Answer> => ask("/api/call", { method: "POST", headers, body });
    expect(await post('{"method":"test.add","args":[1,2]}')).toMatchObject({ status: 200, body: '{"result":3}' });
    expect(await post('{"method":"test.who"}')).toMatchObject({ status: 200, body: '{"result":"root"}' });
    expect((await post('{"method":"test.nothing"}')).status).toBe(404);
    expect((await post('{"method":"test.add","args":["x"]}')).status).toBe(400);
    expect((await post("nonsense")).status).toBe(400);
    expect((await post('{"method":7}')).status).toBe(400);
    expect((await post(`{"method":"test.echo","args":["${"x".repeat(200_000)}"]}`)).status).toBe(413);
  });

  test("without a valid token nothing is told, and other content types are refused", async () => {
    for (const headers of [json, { ...json, Authorization: "Bearer wrong" }]) {
      const answer = await ask("/api/call", { method: "POST", headers, body: '{"method":"nothing.here"}' });
      expect(answer.status).toBe(401);
    }
    const plain = { "Content-Type": "text/plain" };
    expect((await ask("/api/call", { method: "POST", headers: plain, body: '{"method":"test.address"}' })).status).toBe(
      400,
    );
  });

  test("a login by HTTP gives a token for what follows", async () => {
    const body = '{"method":"auth.login","args":["root","correct"]}';
    const answer = await ask("/api/call", { method: "POST", headers: json, body });
    const { result } = JSON.parse(answer.body) as { result: [string, null, string] };
    expect(result).toEqual([expect.any(String), null, "root"]);
    const headers = { ...json, Authorization: `Bearer ${result[0]}` };
    expect((await ask("/api/call", { method: "POST", headers, body: '{"method":"test.who"}' })).body).toBe(
      '{"result":"root"}',
    );
  });

  test("the API's description is for those who are logged in", async () => {
    expect((await ask("/api/openrpc.json")).status).toBe(401);
    const answer = await ask("/api/openrpc.json", { headers: { Authorization: `Bearer ${await token()}` } });
    expect(JSON.parse(answer.body)).toMatchObject({ openrpc: "1.3.2" });
  });
});

describe("the console's files", () => {
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(path, { port: endpoints.ports.frontend, headers });

  test("come with headers that let a page load nothing from elsewhere", async () => {
    const page = await get("/");
    expect(page).toMatchObject({ status: 200, body: "<!doctype html><title>Console</title>" });
    const policy = page.headers["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect(page.headers["cache-control"]).toBe("no-cache");
  });

  test("paths of the page itself get the page; hashed files are kept; unchanged ones are not sent again", async () => {
    for (const path of ["/login", "/login/once/abcdef", "/tasks"]) expect((await get(path)).body).toContain("Console");
    const script = await get("/assets/app-3f2a9c1b.js");
    expect(script.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect((await get("/", { "If-None-Match": (await get("/")).headers.etag ?? "" })).status).toBe(304);
    expect((await get("/assets/missing.js")).status).toBe(404);
  });

  test("a path with dots in its names is one of the page where a browser goes to it, not where it is read by something else", async () => {
    const browser = { Accept: "text/html,application/xhtml+xml" };
    expect((await get("/queues/sms.outbound", browser)).body).toContain("Console");
    expect((await get("/queues/sms.outbound")).status).toBe(404);
    expect((await get("/.env", browser)).status).toBe(404);
    expect((await get("/..%2fsecret.txt", browser)).status).toBe(404);
  });

  test("nothing outside of the folder can be had, nor hidden files, by whatever spelling", async () => {
    const paths = [
      "/../secret.txt",
      "/..%2fsecret.txt",
      "/%2e%2e/secret.txt",
      "/assets/../../secret.txt",
      "/..%5csecret.txt",
      "/link.txt",
      "/.env",
      "/%2eenv",
      "/index.html%00.js",
      "/%",
    ];
    for (const path of paths) {
      const { status, body } = await get(path);
      expect([path, status, body.includes("secret")]).toEqual([path, 404, false]);
    }
  });

  test("are not on the protocol's port", async () => {
    expect((await ask("/")).status).toBe(404);
  });
});

test("a port that is taken is an error, and leaves nothing open", async () => {
  const context = { ...server.context, bootId: "x", maxUploadBytes: 1_000, isReady: () => true };
  const taken = endpoints.ports.websocket ?? 0;
  await expect(
    openEndpoints({ websocketPort: 0, frontendPort: taken, hosts: ["127.0.0.1"] }, context),
  ).rejects.toMatchObject({ code: "EADDRINUSE" });
});
