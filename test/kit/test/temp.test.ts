// Folders, small file systems, ports, and waiting.

import { statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, smallDisk, tempFolder, until } from "../src/index.ts";

it("tempFolder gives a new folder each time", () => {
  const [first, second] = [tempFolder(), tempFolder()];
  expect(first).not.toBe(second);
  expect(statSync(first).isDirectory()).toBe(true);
});

it("smallDisk can be filled, where mounting is allowed", (context) => {
  const disk = smallDisk(256 * 1024) ?? context.skip("needs root");
  expect(() => writeFileSync(`${disk.path}/big`, Buffer.alloc(512 * 1024))).toThrow(/ENOSPC/);
  disk.release();
  expect(statSync(disk.path).isDirectory()).toBe(true);
});

it("freePort gives a port that can be listened on", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(server.address()).toMatchObject({ port });
  server.close();
});

it("until returns what its condition returned, and says why it gave up", async () => {
  let tries = 0;
  expect(await until(() => ++tries === 3 && "third")).toBe("third");
  const failing = until(() => Promise.reject(new Error("not there")), { deadlineMs: 0 });
  await expect(failing).rejects.toMatchObject({ cause: { message: "not there" } });
});
