// What is particular to Unix socket links: the socket file, who may open it, and what is left of one.

import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Link } from "@switchboard/core";
import { listenUnix, unixLink } from "@switchboard/links";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { Recorder } from "../src/testing/recorder.ts";

const fixture = new URL("fixtures/far-sockets.ts", import.meta.url);

/** A link that has opened its first session. */
async function opened(path: string, secret?: string): Promise<Link> {
  const link = unixLink({ path, reconnectMinMs: 5, reconnectMaxMs: 20, ...(secret === undefined ? {} : { secret }) });
  const recorder = new Recorder();
  link.start(recorder);
  onTestFinished(() => link.close());
  await recorder.when(() => recorder.events.includes("opened"));
  return link;
}

function discard(link: Link): void {
  link.start(new Recorder());
  onTestFinished(() => link.close());
}

it("only processes of the same user may join, unless another mode is given; close removes the file", async () => {
  const path = `${tempFolder()}/socket`;
  const closed = await listenUnix({ path, onLink: discard });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await closed.close();
  expect(existsSync(path)).toBe(false);
  const open = await listenUnix({ path, onLink: discard, mode: 0o660 });
  onTestFinished(() => open.close());
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect((await opened(path)).name).toBe(`unix ${path}`);
});

it("the file of a process that was killed is replaced", async () => {
  const path = `${tempFolder()}/socket`;
  const far = spawnNode(fixture, ["peer", path]);
  await far.lines.next();
  await far.kill();
  expect(existsSync(path)).toBe(true);
  const listener = await listenUnix({ path, onLink: discard });
  onTestFinished(() => listener.close());
  await opened(path);
});

it("a socket that somebody listens on, and a file that is something else, are left alone", async () => {
  const folder = tempFolder();
  const server = createServer().listen(`${folder}/used`);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  writeFileSync(`${folder}/notes`, "precious");
  for (const path of [`${folder}/used`, `${folder}/notes`, `${folder}/missing/socket`]) {
    await expect(listenUnix({ path, onLink: discard })).rejects.toMatchObject({ code: "LINK_LISTEN_FAILED" });
  }
  expect([existsSync(`${folder}/used`), existsSync(`${folder}/notes`)]).toEqual([true, true]);
});

it("a secret can be asked for here, too", async () => {
  const path = `${tempFolder()}/socket`;
  const links: Link[] = [];
  const listener = await listenUnix({
    path,
    secret: "between us",
    onLink: (link) => {
      links.push(link);
      discard(link);
    },
  });
  onTestFinished(() => listener.close());
  const without = unixLink({ path, reconnectMinMs: 5, reconnectMaxMs: 5 });
  const recorder = new Recorder();
  without.start(recorder);
  onTestFinished(() => without.close());
  await opened(path, "between us");
  expect([links.length, recorder.events]).toEqual([1, []]);
});
