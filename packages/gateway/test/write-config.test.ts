// Changes made at run time, written back into the configuration file: what is kept of it, what is refused, and that no secret is lost or shown.

import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { parseConfig } from "@switchboard/messaging/config";
import { tempFolder } from "@switchboard/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtInClasses } from "../src/classes.ts";
import { loadGatewayFile, tryOutFile, type GatewayFile } from "../src/config/gateway-file.ts";
import { exportConfig, fileChanges, type FileSources, writeConfig } from "../src/config/write-config.ts";
import { writtenText } from "../src/config/written-text.ts";
import type { WorkerHost } from "../src/workers/host.ts";
import { plansOf } from "../src/workers/plan.ts";
import { revisionOf } from "../src/workers/revision.ts";
import { Roster } from "../src/workers/roster.ts";
import type { PlanStore, StoredPlan } from "../src/workers/stored-plans.ts";

const text = `# Ours: touch with care.
gateway:   { data: var,   name: "clinic" }   # two  blanks
bus: { driver: amqp, url: "amqp://user:pass-one@host/" }


workers:
    # the phone line
    phones:
        class: TelnetServerTransport   # not a Vumi name
        label:  'Phones'
        try: telnet localhost 9010
        config:
            transport_name: phones
            twisted_endpoint: "tcp:0"   # any
            # kept for old clients
            to_addr: "0821"
            password: pass-two

    # looks at the first word
    router:
        class: BaseDispatchWorker
        config:
            router_class: ContentKeywordRouter
            transport_names:  [phones]   # one only
            exposed_names: [echo]
            rules:
            - { app: echo, keyword: "yes" } # people agree
            # and people who do not
            - { app: echo, keyword: "no" }
    # says it again
    echo: {class: EchoWorker,   config: {transport_name: echo}}

    relay:
        class: HTTPRelayApplication
        config: { transport_name: relay, url: "http://me:pass-three@host/in", password: pass-four }
# The end.
other: { of: another program }
`;

class Host implements WorkerHost, PlanStore {
  readonly process = "gateway";
  readonly kept: Map<string, StoredPlan> = new Map();
  starts = 0;
  load = async (): Promise<readonly StoredPlan[]> => [...this.kept.values()];
  save = async (stored: StoredPlan): Promise<void> => void this.kept.set(stored.name, stored);
  forget = async (name: string): Promise<void> => void this.kept.delete(name);
  check = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  start: WorkerHost["start"] = async () => {
    this.starts++;
    const done = async (): Promise<void> => undefined;
    return { pid: 1, pause: done, resume: done, stop: done };
  };
}

interface Running extends FileSources {
  readonly path: string;
  readonly host: Host;
  /** What is on the disk. */
  readonly read: () => Promise<string>;
}

async function start(content: string, host = new Host(), name = "switchboard.yaml"): Promise<Running> {
  const path = join(tempFolder(), name);
  await writeFile(path, content, { mode: 0o640 });
  return open(await loadGatewayFile(path), path, host);
}

async function open(file: GatewayFile, path: string, host: Host, isStarted = true): Promise<Running> {
  const roster = await Roster.open({
    plans: await plansOf(file),
    store: host,
    hostOf: () => host,
    rules: { minMs: 1_000, maxMs: 1_000, maxRestarts: 3, windowMs: 60_000, startTimeoutMs: 30_000 },
    clock: new TestClock(),
    logger: silentLogger,
  });
  if (isStarted) await roster.startAll();
  return { current: { file }, roster, classes: builtInClasses(), path, host, read: () => readFile(path, "utf8") };
}

async function change({ roster, current }: Running, name: string, options: object): Promise<void> {
  const { plan } = roster.get(name);
  const { className, group, label, source } = plan;
  const { folder } = source;
  const config = { ...source.values, ...options };
  await roster.update({ name, className, group, label, config, folder: folder ?? current.file.source.folder });
}

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

describe("after writing", () => {
  it("counts those workers as the file's, also after a restart, restarts none, and keeps a copy of the former file", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822" });
    await running.roster.create({ name: "menu", className: "EchoWorker", config: { transport_name: "menu" } });
    await running.roster.bring("echo", "paused");
    const { starts } = running.host;
    const revision = revisionOf(running.roster.get("menu").plan);
    const { workers } = await writeConfig(running);
    expect(workers).toEqual([
      { name: "phones", change: "changed", options: ["to_addr"] },
      { name: "menu", change: "added", options: [] },
    ]);
    expect(running.roster.workers.map(({ plan }) => plan.origin)).toEqual(["file", "file", "file", "file", "file"]);
    expect(revisionOf(running.roster.get("menu").plan)).toBe(revision);
    expect(running.host.starts).toBe(starts);
    expect([...running.host.kept.values()]).toEqual([
      { name: "echo", plan: undefined, isRemoved: false, desired: "paused" },
    ]);
    expect(await readFile(`${running.path}.bak`, "utf8")).toBe(text);
    expect((await stat(running.path)).mode & 0o777).toBe(0o640);
    expect(await fileChanges(running)).toMatchObject({ workers: [], diff: "" });
    const again = await open(await loadGatewayFile(running.path), running.path, running.host);
    expect(again.roster.workers.map(({ plan, state }) => `${plan.name} ${plan.origin} ${state}`)).toEqual([
      "phones file running",
      "router file running",
      "echo file paused",
      "relay file running",
      "menu file running",
    ]);
  });

  it("takes a worker that is not started yet, or stopped with the gateway, for one that shall run", async () => {
    const running = await start(text);
    const early = await open(running.current.file, running.path, new Host(), false);
    expect(await fileChanges(early)).toMatchObject({ workers: [] });
    await running.roster.stopAll(() => undefined);
    expect(await fileChanges(running)).toMatchObject({ workers: [] });
  });

  it("lets a worker that the file does not start stay so when it is changed, over a restart too", async () => {
    const running = await start("workers:\n  echo: { class: EchoWorker, enabled: false }\n");
    await change(running, "echo", { transport_name: "echo" });
    const again = await open(running.current.file, running.path, running.host);
    expect(again.roster.get("echo").state).toBe("stopped");
    await writeConfig(again);
    expect((await loadGatewayFile(running.path)).config.workers["echo"]).toMatchObject({
      enabled: false,
      config: { transport_name: "echo" },
    });
  });

  it("leaves what was changed meanwhile a change", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822" });
    const plans = await plansOf(running.current.file);
    const seen = new Map(running.roster.workers.map(({ plan }) => [plan.name, plan]));
    await change(running, "phones", { to_addr: "0823" });
    await running.roster.adopt(plans, seen);
    expect(running.roster.get("phones").plan.origin).toBe("file, changed");
    expect(running.host.kept.size).toBe(1);
  });
});

describe("secrets", () => {
  it("are in the file as they were, also changed ones, and never in what is shown", async () => {
    const running = await start(text);
    await change(running, "phones", { password: "pass-five", to_addr: "0822" });
    await running.roster.create({
      name: "more",
      className: "EchoWorker",
      config: { transport_name: "more", password: "pass-six" },
    });
    const { diff, workers } = await fileChanges(running);
    expect(diff).not.toMatch(/pass-\w+/);
    expect(diff).toContain('-             to_addr: "0821"');
    expect(diff).toContain('+             to_addr: "0822"');
    // What changed in it is told by name.
    expect(workers[0]).toEqual({ name: "phones", change: "changed", options: ["to_addr", "password"] });
    expect(await exportConfig(running, { secrets: false })).not.toMatch(/pass-\w+/);
    await writeConfig(running);
    const written = await running.read();
    expect(written).not.toContain("***");
    for (const secret of ["pass-one", "pass-three", "pass-four", "pass-five", "pass-six"])
      expect(written).toContain(secret);
  });
});

describe("refuses", () => {
  const refusal = async (running: Running): Promise<string> => {
    const before = await running.read();
    const { refusal: told } = await fileChanges(running);
    await expect(writeConfig(running)).rejects.toMatchObject({ code: told?.code });
    expect(await running.read()).toBe(before);
    return `${told?.code}: ${told?.message}`;
  };

  it("a file that was changed since the gateway read it, and says how it is read again", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822" });
    await writeFile(running.path, `${text}# by hand\n`);
    expect(await refusal(running)).toMatch(/^GATEWAY_FILE_CHANGED: .*switchboard\.yaml was changed.*SIGHUP/);
    running.current.file = await loadGatewayFile(running.path);
    await writeConfig(running);
    expect(await running.read()).toMatch(/0822[^]*# by hand\n$/);
  });

  it("changes that are others than those that were looked at", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822" });
    const { revision } = await fileChanges(running);
    await change(running, "phones", { to_addr: "0823" });
    await expect(writeConfig(running, revision)).rejects.toMatchObject({ code: "GATEWAY_FILE_CHANGED" });
    expect(await running.read()).toBe(text);
  });

  it("a file or folder that it may not write", async () => {
    const running = await start(text);
    await change(running, "phones", { to_addr: "0822" });
    const { current } = running;
    current.file = { ...current.file, path: undefined };
    expect(await refusal(running)).toMatch(/^GATEWAY_FILE_READ_ONLY: .*no file.*config export/);
    if (process.getuid?.() === 0) return;
    current.file = { ...current.file, path: running.path };
    await chmod(running.path, 0o400);
    expect(await refusal(running)).toMatch(/^GATEWAY_FILE_READ_ONLY: .*may not write it/);
  });

  it("a worker whose options stand in another file, and names it", async () => {
    const folder = tempFolder();
    const path = join(folder, "switchboard.yaml");
    await writeFile(join(folder, "echo.yaml"), "transport_name: echo\n");
    await writeFile(join(folder, "part.yaml"), "transport_name: part\n");
    await writeFile(
      path,
      "workers:\n  echo: { class: EchoWorker, config-file: echo.yaml }\n  part:\n    class: EchoWorker\n    config: !include part.yaml\n  own: { class: EchoWorker }\n",
    );
    const running = await open(await loadGatewayFile(path), path, new Host());
    await change(running, "own", { transport_name: "own" });
    expect(await fileChanges(running)).toMatchObject({ refusal: undefined });
    await change(running, "echo", { max_deliveries: 3 });
    await change(running, "part", { max_deliveries: 3 });
    const told = await refusal(running);
    expect(told).toMatch(/^GATEWAY_FILE_PARTS: echo has `config-file: echo\.yaml`; part has parts in .*part\.yaml/);
    expect(await exportConfig(running, { secrets: true })).toContain("max_deliveries: 3");
  });

  it("a worker that shares what is to change with another one, and writes one that overrides what it shares", async () => {
    const shared =
      "workers:\n  one: { class: EchoWorker, config: &c { transport_name: one, max_deliveries: 1 } }\n  two: { class: EchoWorker, config: *c }\n";
    const running = await start(shared);
    await change(running, "one", { max_deliveries: 2 });
    expect(await refusal(running)).toMatch(/^GATEWAY_FILE_PARTS: .*shares parts between workers/);
    const merging = await start(shared.replace("config: *c", "config: { <<: *c, transport_name: two }"));
    await change(merging, "two", { max_deliveries: 2 });
    await writeConfig(merging);
    expect(await merging.read()).toContain("config: { <<: *c, transport_name: two, max_deliveries: 2 }");
  });
});

it("makes a file of the try-out's in the working folder, which is read at the next start", async () => {
  const folder = tempFolder();
  const path = join(folder, "switchboard.yaml");
  const running = await open(await tryOutFile(folder), path, new Host());
  await change(running, "echo", { max_deliveries: 3 });
  expect(await fileChanges(running)).toMatchObject({ isNew: true, path, refusal: undefined });
  await writeConfig(running);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await loadGatewayFile(path)).config.workers["echo"]?.config).toEqual({
    transport_name: "echo",
    max_deliveries: 3,
  });
  await writeConfig(running);
});
