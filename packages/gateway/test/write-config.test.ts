// Changes made at run time, written back into the configuration file: what the gateway knows afterwards, what is refused, and that no secret is lost
// or shown. What the text looks like is in written-text.test.ts.

import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";
import { loadGatewayFile, tryOutFile } from "../src/config/gateway-file.ts";
import { exportConfig, fileChanges, writeConfig } from "../src/config/write-config.ts";
import { plansOf } from "../src/workers/plan.ts";
import { revisionOf } from "../src/workers/revision.ts";
import { change, Host, open, type Running, start, text } from "./write-config-kit.ts";

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
