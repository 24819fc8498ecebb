// Tokens: kinds that cannot be mixed up, sliding lifetimes, single use.

import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { type TokenRequest, TokenStore } from "../../src/auth/tokens.ts";

describe("TokenStore", () => {
  let clock: TestClock;
  let tokens: TokenStore<string>;
  const session: TokenRequest<string> = {
    kind: "session",
    lifetimeMs: 600_000,
    username: "root",
    data: "connection 1",
  };

  beforeEach(() => {
    clock = new TestClock();
    tokens = new TokenStore({ clock });
  });

  it("8 issues 32 letters and digits", () => {
    const { value } = tokens.issue(session);
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(tokens.find(value, "session")).toMatchObject(session);
  });

  it("9 a second token leaves the first one valid", () => {
    const first = tokens.issue(session);
    const second = tokens.issue({ ...session, data: "connection 2" });
    expect(second.value).not.toBe(first.value);
    expect(tokens.find(first.value, "session")?.data).toBe("connection 1");
  });

  it("10 a token of one kind is none of another", () => {
    const shell = tokens.issue({ ...session, kind: "shell" });
    const file = tokens.issue({ ...session, kind: "file" });
    expect(tokens.find(shell.value, "session")).toBeUndefined();
    expect(tokens.find(file.value, "session")).toBeUndefined();
    expect(tokens.find(tokens.issue(session).value, "shell")).toBeUndefined();
    expect(tokens.take(file.value, "shell")).toBeUndefined();
    expect(tokens.find(file.value, "file")).toBeDefined();
  });

  it("11 one that is not used expires, tells its owner once, and is dead", async () => {
    const expired: string[] = [];
    const { value } = tokens.issue({ ...session, onExpire: () => expired.push("connection 1") });
    await clock.advance(599_999);
    expect(tokens.find(value, "session")).toBeDefined();
    await clock.advance(1);
    expect(tokens.find(value, "session")).toBeUndefined();
    expect(expired).toEqual(["connection 1"]);
    expect(tokens.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("12 one that is used within its lifetime does not", async () => {
    const expired: number[] = [];
    const { value } = tokens.issue({ ...session, onExpire: () => expired.push(1) });
    for (let turn = 0; turn < 10; turn++) {
      await clock.advance(500_000);
      tokens.touch(value);
    }
    expect(clock.pendingTimers).toBe(1);
    expect(tokens.find(value, "session")).toBeDefined();
    await clock.advance(599_999);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual([1]);
  });

  it("looking is not use", async () => {
    const { value } = tokens.issue(session);
    await clock.advance(500_000);
    tokens.find(value, "session");
    await clock.advance(100_000);
    expect(tokens.find(value, "session")).toBeUndefined();
  });

  it("one without lifetime never expires", async () => {
    const { value } = tokens.issue({ ...session, lifetimeMs: null });
    tokens.touch(value);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(10 ** 12);
    expect(tokens.find(value, "session")).toBeDefined();
  });

  it("101 one that is taken is used up", () => {
    const { value } = tokens.issue({ ...session, kind: "file", lifetimeMs: 60_000 });
    expect(tokens.take(value, "file")?.username).toBe("root");
    expect(tokens.take(value, "file")).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it("one that is revoked, as at logout, is dead and tells nobody", async () => {
    const expired: number[] = [];
    const { value } = tokens.issue({ ...session, onExpire: () => expired.push(1) });
    expect(tokens.revoke(value)).toBe(true);
    expect(tokens.revoke(value)).toBe(false);
    tokens.touch(value);
    await clock.advance(1_000_000);
    expect(expired).toEqual([]);
    expect(tokens.find(value, "session")).toBeUndefined();
  });

  it("there is a limit, and clearing ends all", () => {
    const few = new TokenStore<string>({ clock, maxTokens: 2, newValue: sequentialIds("t") });
    few.issue(session);
    few.issue(session);
    expect(() => few.issue(session)).toThrow(expect.objectContaining({ code: "AUTH_THROTTLED" }));
    few.clear();
    expect(few.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    few.issue(session);
  });

  it.each(["__proto__", "constructor", "", "x".repeat(1_000)])(
    "a text that is no token (%j) finds nothing",
    (value) => {
      expect(tokens.find(value, "session")).toBeUndefined();
      expect(tokens.revoke(value)).toBe(false);
    },
  );
});
