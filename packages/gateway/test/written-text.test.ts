// What is written into the configuration file for changes made at run time: the lines of what changed, and every other line as it was.

import { parseConfig } from "@switchboard/messaging/config";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadGatewayFile } from "../src/config/gateway-file.ts";
import { writeConfig } from "../src/config/write-config.ts";
import { writtenText } from "../src/config/written-text.ts";
import { change, Host, start, text } from "./write-config-kit.ts";

describe("the text", () => {
  it("changes the lines of changed options only: comments, order, quotes and blanks stay elsewhere", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822", publish_status: true });
    await writeConfig(running);
    expect(await running.read()).toBe(
      text
        .replace('to_addr: "0821"', 'to_addr: "0822"')
        .replace(
          "            password: pass-two\n",
          "            password: pass-two\n            publish_status: true\n",
        ),
    );
  });

  it("keeps the comments of rules that stay, and quotes texts that look like something else", async () => {
    const running = await start(text);
    const rules = [
      { app: "echo", keyword: "off" },
      { app: "echo", keyword: "yes" },
      { app: "echo", keyword: "0123" },
    ];
    await change(running, "router", { rules });
    await writeConfig(running);
    const written = await running.read();
    expect(written).toContain('- { app: echo, keyword: "yes" } # people agree');
    expect(written).toMatch(/keyword: ["']off["']/);
    expect(written).toContain("transport_names:  [phones]   # one only");
    const { config } = await loadGatewayFile(running.path);
    expect(config.workers["router"]?.config["rules"]).toEqual(rules);
    const [head, tail] = text.split(/    router:[^]*?(?=    # says it again)/);
    expect(written.startsWith(head ?? "-")).toBe(true);
    expect(written.endsWith(tail ?? "-")).toBe(true);
  });

  it("adds new workers after the last one, and takes removed ones out with the comment above them", async () => {
    const running = await start(text);
    await running.roster.remove("echo");
    await running.roster.create({
      name: "menu",
      className: "EchoWorker",
      config: { transport_name: "menu" },
      group: "apps",
    });
    await running.roster.bring("relay", "stopped");
    await writeConfig(running);
    const written = await running.read();
    expect(written).not.toContain("echo: {class");
    expect(written).not.toContain("says it again");
    expect(written).toContain(
      "    menu:\n        class: EchoWorker\n        group: apps\n        config:\n            transport_name: menu\n# The end.",
    );
    expect(written).toContain("        enabled: false\n");
    expect(written).toContain("password: pass-four");
    expect((await loadGatewayFile(running.path)).config.workers).toMatchObject({
      menu: { group: "apps" },
      relay: { enabled: false },
    });
  });

  it("writes JSON as JSON", async () => {
    const content = JSON.stringify(
      { bus: { driver: "embedded" }, workers: { echo: { class: "EchoWorker", config: { transport_name: "echo" } } } },
      null,
      4,
    );
    const running = await start(content, new Host(), "switchboard.json");
    await change(running, "echo", { max_deliveries: 3 });
    await writeConfig(running);
    expect(await running.read()).toBe(
      content.replace('"transport_name": "echo"', '"transport_name": "echo",\n                "max_deliveries": 3'),
    );
  });

  it("gives a file without workers its section, and one that loses all its workers an empty one", async () => {
    const empty = await start("# none yet\nbus: {}\n");
    await empty.roster.create({ name: "echo", className: "EchoWorker", config: { transport_name: "echo" } });
    await writeConfig(empty);
    expect((await empty.read()).startsWith("# none yet\nbus: {}\nworkers:\n")).toBe(true);
    await empty.roster.remove("echo");
    await writeConfig(empty);
    expect((await loadGatewayFile(empty.path)).config.workers).toEqual({});
  });
});

describe("any options", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.constantFrom(
        "yes",
        "0123",
        "1_000",
        "12:30",
        "~",
        "1e5",
        "on",
        "- a",
        "# b",
        "*c",
        "!d",
        "2026-01-01",
        "a: b",
        "",
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z_ 0-9]{1,6}$/), tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  const options = fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), value, { maxKeys: 5 });
  const parsed = async (text: string, name: string): Promise<unknown> => {
    const { values } = await parseConfig(text, "file");
    return (values["workers"] as Record<string, { readonly config?: unknown }>)[name]?.config;
  };
  const plain = (given: unknown): Record<string, unknown> =>
    JSON.parse(JSON.stringify(given)) as Record<string, unknown>;

  it("read as what they were, new or changed, with the rest of the file as it was", async () => {
    const rest = "other:   [a,b]   # kept\nworkers:\n  last: { class:  EchoWorker }   # kept, too\n";
    await fc.assert(
      fc.asyncProperty(options, options, async (first, second) => {
        const [before, after] = [plain(first), plain(second)].map((config) => ({ class: "EchoWorker", config }));
        const added = writtenText(rest, [{ name: "new", before: undefined, after: before }]);
        expect(added.startsWith(rest)).toBe(true);
        expect(await parsed(added, "new")).toEqual(before?.config);
        const changed = writtenText(added, [{ name: "new", before, after }]);
        expect(changed.startsWith(rest)).toBe(true);
        expect(await parsed(changed, "new")).toEqual(after?.config);
        expect(writtenText(changed, [{ name: "new", before: after, after: undefined }])).toBe(rest);
      }),
      { numRuns: 100 },
    );
  });
});
