import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { expect, it } from "vitest";
import { SessionManager } from "../../src/components/index.ts";
import { onEachEngine } from "./engines.ts";

onEachEngine("sessions", (open) => {
  it("M64 S40 are texts, with the time of creation in seconds, and replace an older one as a whole", async () => {
    const { keyValue, clock } = await open();
    const sessions = new SessionManager(keyValue, { clock });
    await sessions.create("+27820001122", { ussd_code: "*120#", step: 1 });
    await clock.advance(500);
    const created = await sessions.create("+27820001122", { page: 2.5 });
    expect(created).toEqual({ created_at: "1767225600.5", page: "2.5" });
    expect(await sessions.load("+27820001122")).toEqual(created);
  });

  it("are under session:<user>, created_at can be given, and unknown ones are empty", async () => {
    const { keyValue } = await open();
    const sessions = new SessionManager(keyValue);
    await sessions.create("a:b", { created_at: 7 });
    expect(await keyValue.hgetall("session:a:b")).toEqual({ created_at: "7" });
    expect(await sessions.load("nobody")).toEqual({});
  });

  it("S40 take further fields and keep the others", async () => {
    const { keyValue, clock } = await open();
    const sessions = new SessionManager(keyValue, { clock });
    await sessions.create("u", { a: "1", b: "2" });
    await sessions.save("u", { b: 3, c: "ü" });
    await sessions.save("u", {});
    expect(await sessions.load("u")).toMatchObject({ a: "1", b: "3", c: "ü" });
  });

  it("S40 end when they are cleared, and are listed until then", async () => {
    const { keyValue, clock } = await open();
    const sessions = new SessionManager(keyValue, { clock });
    await sessions.create("one", { created_at: 1 });
    await sessions.create("two:2", { created_at: 2 });
    await keyValue.set("other", "x");
    const listed = new Map<string, unknown>();
    for await (const [user, session] of sessions.activeSessions()) listed.set(user, session);
    expect(Object.fromEntries(listed)).toEqual({ one: { created_at: "1" }, "two:2": { created_at: "2" } });
    await sessions.clear("one");
    expect(await sessions.load("one")).toEqual({});
  });

  it("S40 have an end if one is set, which saving does not move", async () => {
    const { keyValue, clock } = await open();
    const sessions = new SessionManager(keyValue, { clock, maxSessionLengthMs: 600_000 });
    await sessions.create("u");
    const left = (await keyValue.pttl("session:u")) ?? 0;
    expect(left).toBeGreaterThan(500_000);
    await sessions.save("u", { a: "1" });
    expect((await keyValue.pttl("session:u")) ?? 0).toBeLessThanOrEqual(left);
    await sessions.scheduleExpiry("u", 1_000);
    expect((await keyValue.pttl("session:u")) ?? 0).toBeLessThanOrEqual(1_000);
  });

  it("that are saved after they have ended end as well", async () => {
    const { keyValue, clock } = await open();
    const sessions = new SessionManager(keyValue, { clock, maxSessionLengthMs: 600_000 });
    await sessions.save("late", { a: "1" });
    expect(await keyValue.pttl("session:late")).toBeGreaterThan(500_000);
  });
});

it("a session is gone when its time is over, however much was saved into it", async () => {
  const clock = new TestClock();
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const sessions = new SessionManager(keyValue, { clock, maxSessionLengthMs: 10_000 });
  await sessions.create("u");
  await clock.advance(9_000);
  await sessions.save("u", { a: "1" });
  await clock.advance(1_000);
  expect(await sessions.load("u")).toEqual({});
  await keyValue.close();
});
