// What `switchboard classes` tells.

import { builtInClasses } from "@switchboard/gateway";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { run } from "../src/index.ts";

let printed: string[];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void printed.push(text));
});

afterEach(() => {
  vi.restoreAllMocks();
});

it("lists every class under its kind, with what it does", async () => {
  expect(await run(["classes"])).toBe(0);
  const lines = printed.join("\n").split("\n");
  expect(lines.filter((line) => !line.startsWith(" "))).toEqual([
    ...new Set(
      builtInClasses()
        .list()
        .map(({ kind }) => kind),
    ),
  ]);
  expect(lines.map((line) => line.replaceAll(/ +/g, " "))).toEqual(
    expect.arrayContaining([
      " TelnetServerTransport Lets people write over telnet, a line being a message.",
      " EchoWorker Answers with the same text.",
    ]),
  );
  // Each says so itself: a sentence, on one line, its own.
  const summaries = lines.filter((line) => line.startsWith(" ")).map((line) => line.trim().replace(/^\S+ */, ""));
  for (const summary of summaries) expect(summary).toMatch(/^[A-Z].{10,140}\.$/);
  expect(new Set(summaries).size).toBe(summaries.length);
});

it("tells programs the names of each class and the schema of its configuration", async () => {
  expect(await run(["classes", "--json"])).toBe(0);
  const classes = JSON.parse(printed.join("")) as { name: string; aliases: string[]; schema: object }[];
  expect(classes.map(({ name }) => name)).toEqual(
    builtInClasses()
      .list()
      .map(({ name }) => name),
  );
  expect(classes.find(({ name }) => name === "HttpApiTransport")).toMatchObject({
    kind: "transport",
    summary: "Takes messages by HTTP, and answers the request with the reply if wanted.",
    aliases: ["vumi.transports.api.HttpApiTransport", "vumi.transports.api.api.HttpApiTransport"],
    schema: { type: "object", properties: { web_port: { minimum: 0, maximum: 65_535 } } },
  });
});

it("explains one class, a router and a middleware too, under any of its names", async () => {
  expect(await run(["classes", "vumi.dispatchers.ContentKeywordRouter"])).toBe(0);
  expect(printed[0]).toMatch(/^Sends a message .*\nAlso known as vumi\.dispatchers\.ContentKeywordRouter/);
  expect(printed.join("\n")).toMatch(/^fallback_application: text.*\n +\S/m);
  expect(await run(["classes", "LoggingMiddleware", "--json"])).toBe(0);
  expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({ properties: { log_level: { default: "info" } } });
});

it("suggests the nearest class for a name that does not exist", async () => {
  expect(await run(["classes", "TelnetServerTransprt"])).not.toBe(0);
  expect(printed.join("\n")).toContain("did you mean TelnetServerTransport?");
});
