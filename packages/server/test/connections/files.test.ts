// File transfers over WebSocket and HTTP, and the folders that they are confined to.

import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Endpoints, openEndpoints } from "../../src/connections/endpoints.ts";
import { ConfinedFolders } from "../../src/files/confined-folders.ts";
import { filesystemService } from "../../src/files/filesystem-service.ts";
import { FileTransfers } from "../../src/files/transfers.ts";
import type { MemoryClient } from "../../src/testing/memory-connection.ts";
import { newServer, settle, type TestServer } from "./kit.ts";

let server: TestServer;
let endpoints: Endpoints;
let folder: string;
let shared: string;
let client: MemoryClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-files-"));
  shared = join(folder, "shared");
  await mkdir(shared);
  await writeFile(join(folder, "secret.txt"), "secret");
  await symlink(join(folder, "secret.txt"), join(shared, "link.txt"));
  server = newServer();
  const transfers = new FileTransfers(server.context.logins.tokens);
  server.context.services.register("filesystem", filesystemService(new ConfinedFolders([shared]), transfers));
  const context = { ...server.context, bootId: "b", isReady: () => true, transfers, maxUploadBytes: 5_000 };
  endpoints = await openEndpoints({ websocketPort: 0, hosts: ["127.0.0.1"] }, context);
  client = await server.logIn();
});

afterEach(async () => {
  await endpoints.stop();
  await endpoints.close();
  await rm(folder, { recursive: true });
});

async function tokenFor(method: "download" | "upload", name: string, ...more: unknown[]): Promise<string> {
  const { args } = await client.call(`filesystem.${method}`, [join(shared, name), ...more]);
  return String(args);
}

interface FileSocket {
  readonly socket: WebSocket;
  readonly frames: Buffer[];
  readonly status: Promise<unknown>;
  readonly closed: Promise<number>;
}

function openFile(token: string): FileSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${endpoints.ports.websocket}/file`);
  const frames: Buffer[] = [];
  socket.on("open", () => socket.send(JSON.stringify({ token })));
  const status = new Promise((resolve) => {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) frames.push(data);
      else resolve(JSON.parse(data.toString()));
    });
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  return { socket, frames, status, closed };
}

function fetchFile(token: string | undefined): Promise<Response> {
  const query = token === undefined ? "" : `?token=${token}`;
  return fetch(`http://127.0.0.1:${endpoints.ports.websocket}/dispatcher/filedownload${query}`);
}

describe("downloads", () => {
  test("come over /file as binary frames of 1024 bytes, then the server closes", async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    await writeFile(join(shared, "data.bin"), content);
    const file = openFile(await tokenFor("download", "data.bin"));
    expect(await file.status).toEqual({ status: "ok" });
    expect(await file.closed).toBe(1000);
    expect(Buffer.concat(file.frames).equals(content)).toBe(true);
    expect(Math.max(...file.frames.map(({ length }) => length))).toBe(1_024);
  });

  test("S101 by HTTP: no token 401, an upload's token 400, a good one 200, the same again 400", async () => {
    const name = 'a "b";\n ü.txt';
    await writeFile(join(shared, name), "hello");
    expect((await fetchFile(undefined)).status).toBe(401);
    expect((await fetchFile("x".repeat(32))).status).toBe(400);
    expect((await fetchFile(await tokenFor("upload", "new.txt"))).status).toBe(400);
    const token = await tokenFor("download", name);
    const answer = await fetchFile(token);
    expect([answer.status, await answer.text()]).toEqual([200, "hello"]);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="a _b_;_ _.txt"; filename*=UTF-8''a%20%22b%22%3B%0A%20%C3%BC.txt`,
    );
    expect((await fetchFile(token)).status).toBe(400);
  });

  test("at the same time do not disturb each other", async () => {
    const contents = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
    for (const [index, content] of contents.entries()) await writeFile(join(shared, `${index}`), content);
    const tokens = await Promise.all(contents.map((_, index) => tokenFor("download", `${index}`)));
    const texts = await Promise.all(tokens.map(async (token) => (await fetchFile(token)).text()));
    expect(texts).toEqual(contents);
  });
});

describe("uploads", () => {
  test.each([
    ["an empty binary frame", (socket: WebSocket) => socket.send(Buffer.alloc(0))],
    ["an empty text frame", (socket: WebSocket) => socket.send("")],
    ['{"done": true}', (socket: WebSocket) => socket.send('{"done": true}')],
    ["closing", (socket: WebSocket) => socket.close()],
  ])("S102 ended by %s, the file is complete", async (_, end) => {
    const file = openFile(await tokenFor("upload", "new.txt"));
    expect(await file.status).toEqual({ status: "ok" });
    file.socket.send(Buffer.from("hello "));
    file.socket.send(Buffer.from("world"));
    end(file.socket);
    await file.closed;
    await expect
      .poll(() => readFile(join(shared, "new.txt"), "utf8").catch(() => ""), { timeout: 10_000 })
      .toBe("hello world");
    expect((await readdir(shared)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("that are longer than announced or allowed, or shorter than announced, leave nothing", async () => {
    const cases = [
      { announced: 3, sent: "hello" },
      { announced: 10, sent: "hello" },
      { announced: null, sent: "x".repeat(5_001) },
    ];
    for (const { announced, sent } of cases) {
      const file = openFile(await tokenFor("upload", "new.txt", announced));
      await file.status;
      file.socket.send(Buffer.from(sent));
      file.socket.send(Buffer.alloc(0));
      expect(await file.closed).toBe(1011);
      await expect.poll(() => readdir(shared), { timeout: 10_000 }).toEqual(["link.txt"]);
    }
  });

  test("a token that was never used leaves nothing and is gone in time", async () => {
    const token = await tokenFor("upload", "new.txt");
    await server.clock.advance(60_000);
    const file = openFile(token);
    expect(await file.status).toEqual({ status: "error" });
    expect(await file.closed).toBe(1008);
    expect(await client.call("filesystem.get_open_files")).toMatchObject({ args: [] });
  });
});

describe("folders", () => {
  test("nothing outside can be read or written, whatever the path says and wherever links lead", async () => {
    await symlink(folder, join(shared, "up"));
    const paths = [
      join(folder, "secret.txt"),
      `${shared}/../secret.txt`,
      join(shared, "link.txt"),
      join(shared, "up", "secret.txt"),
      `${shared}-other/x`,
      "/etc/passwd",
      "shared/x",
      `${shared}/a\0b`,
      "",
    ];
    for (const path of paths) {
      for (const method of ["download", "upload", "stat", "list_dir"]) {
        const answer = await client.call(`filesystem.${method}`, [path]);
        expect([path, method, answer.name, (answer.args as { code: number }).code]).toEqual([
          path,
          method,
          "error",
          13,
        ]);
      }
    }
    await settle();
    expect(await readFile(join(folder, "secret.txt"), "utf8")).toBe("secret");
  });

  test("are listed for those who have the role only", async () => {
    await writeFile(join(shared, "a.txt"), "hello");
    const answer = await client.call("filesystem.list_dir", [shared]);
    expect(answer.args).toContainEqual(expect.objectContaining({ name: "a.txt", type: "FILE", size: 5 }));
    const other = await server.logIn("ada");
    expect(await other.call("filesystem.list_dir", [shared])).toMatchObject({ args: { code: 13 } });
  });
});
