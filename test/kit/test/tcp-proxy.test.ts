// The proxy does to connections what it says, and counts what it forwards.

import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { TcpProxy, spawnNode, until } from "../src/index.ts";

const echo = createServer((socket) => socket.pipe(socket).on("error", () => undefined));
let proxy: TcpProxy;
let seen: string[];

beforeAll(() => new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise<void>((resolve) => echo.close(() => resolve())));
beforeEach(async () => {
  seen = [];
  proxy = await TcpProxy.start({ targetPort: (echo.address() as AddressInfo).port });
});
afterEach(() => proxy.close());

describe("TcpProxy", () => {
  it("forwards both ways and counts bytes and connections", async () => {
    const socket = client();
    socket.write("hello");
    await until(() => seen.includes("hello"));
    expect([proxy.bytesToTarget, proxy.bytesFromTarget, proxy.accepted, proxy.connections]).toEqual([5, 5, 1, 1]);
    socket.destroy();
    await until(() => proxy.connections === 0);
  });

  it("carries ten megabytes unharmed to a reader that pauses", async () => {
    const socket = connect({ host: "127.0.0.1", port: proxy.port });
    const sent = Buffer.alloc(10_000_000, "0123456789abcdef");
    socket.write(sent);
    socket.pause();
    await until(() => proxy.bytesToTarget > 0);
    const parts: Buffer[] = [];
    socket.on("data", (part: Buffer) => parts.push(part)).resume();
    await until(() => parts.reduce((sum, part) => sum + part.length, 0) === sent.length);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    socket.destroy();
  });

  it("cuts with a reset or with an orderly end, and takes new connections at once", async () => {
    client().write("one");
    await until(() => seen.includes("one"));
    proxy.cut("reset");
    await until(() => seen.includes("ECONNRESET"));

    client().write("two");
    await until(() => seen.includes("two"));
    proxy.cut("end");
    await until(() => seen.includes("end") && proxy.connections === 0);
    expect(seen).toEqual(["one", "ECONNRESET", "two", "end"]);
  });

  it("holds everything back while stalled and lets it go on when healed", async () => {
    const socket = client();
    socket.write("before");
    await until(() => seen.includes("before"));
    proxy.stall();
    socket.write("during");
    const late = client();
    late.write("late");
    await until(() => proxy.accepted === 2);
    expect(proxy.bytesToTarget).toBe("before".length);
    await proxy.heal();
    await until(() => seen.length === 3);
    expect(seen.toSorted()).toEqual(["before", "during", "late"]);
    socket.destroy();
    late.destroy();
  });

  it("keeps the order of what it delays", async () => {
    proxy.delay(20);
    const socket = client();
    for (const text of ["a", "b", "c"]) socket.write(text);
    await until(() => proxy.bytesToTarget === 3);
    socket.write("d");
    await proxy.heal();
    socket.write("e");
    await until(() => seen.join("").length === 5);
    expect(seen.join("")).toBe("abcde");
    socket.destroy();
  });

  it("refuses new connections until healed, on the same port, and leaves the others alone", async () => {
    const socket = client();
    socket.write("one");
    await until(() => seen.includes("one"));
    proxy.refuse();
    client();
    await until(() => seen.includes("ECONNREFUSED"));
    socket.write("two");
    await until(() => seen.includes("two"));
    await proxy.heal();
    const late = client();
    late.write("three");
    await until(() => seen.includes("three"));
    expect(seen).toEqual(["one", "ECONNREFUSED", "two", "three"]);
    socket.destroy();
    late.destroy();
  });

  it("is gone when it is closed, whatever was cut before", async () => {
    const user = spawnNode(new URL("fixtures/proxy-child.ts", import.meta.url));
    expect(await user.exited).toEqual({ code: 0, signal: null });
  });

  it("resets its client when the target cannot be reached", async () => {
    const nowhere = await TcpProxy.start({ targetPort: 1 });
    client(nowhere.port);
    await until(() => seen.length > 0);
    expect(seen).toEqual(["ECONNRESET"]);
    nowhere.close();
  });
});

/** A client that notes down what it reads, its errors' codes, and the end. */
function client(port = proxy.port): Socket {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
  socket.on("error", (error: NodeJS.ErrnoException) => seen.push(error.code ?? error.message));
  socket.on("end", () => seen.push("end"));
  return socket;
}
