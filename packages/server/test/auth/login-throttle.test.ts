// Slowing down guesses, with a clock that stands still.

import { TestClock } from "@switchboard/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { LoginThrottle } from "../../src/auth/login-throttle.ts";

describe("LoginThrottle", () => {
  let clock: TestClock;
  let throttle: LoginThrottle;

  beforeEach(() => {
    clock = new TestClock();
    throttle = new LoginThrottle({ clock });
  });

  /** Milliseconds to wait, 0 when the (failing) login was let through. */
  const fail = (address: string, username: string): number => {
    try {
      throttle.attempt(address, username);
      return 0;
    } catch (error) {
      expect(error).toMatchObject({ code: "AUTH_THROTTLED", errno: 35, retryable: true });
      return (error as { details: { retryAfterMs: number } }).details.retryAfterMs;
    }
  };

  it("lets five failures through, then makes wait, twice as long each time", async () => {
    for (let attempt = 0; attempt < 5; attempt++) expect(fail("192.0.2.1", "root")).toBe(0);
    expect(fail("192.0.2.1", "root")).toBe(5_000);
    await clock.advance(4_999);
    expect(fail("192.0.2.1", "root")).toBe(1);
    await clock.advance(1);
    expect(fail("192.0.2.1", "root")).toBe(0);
    expect(fail("192.0.2.1", "root")).toBe(10_000);
  });

  it("never makes wait longer than the limit", async () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      await clock.advance(Math.max(fail("192.0.2.1", "root"), 1));
    }
    expect(fail("192.0.2.1", "root")).toBeLessThanOrEqual(900_000);
  });

  it("does not lock a user out of other addresses", () => {
    for (let attempt = 0; attempt < 6; attempt++) fail("192.0.2.1", "root");
    expect(fail("192.0.2.2", "root")).toBe(0);
    expect(fail("192.0.2.1", "alice")).toBe(0);
  });

  it("counts an address whatever the users, and a user whatever the addresses", () => {
    for (let attempt = 0; attempt < 20; attempt++) expect(fail("192.0.2.1", `user${attempt}`)).toBe(0);
    expect(fail("192.0.2.1", "another")).toBe(5_000);
    for (let attempt = 0; attempt < 100; attempt++) expect(fail(`198.51.100.${attempt}`, "root")).toBe(0);
    expect(fail("203.0.113.1", "root")).toBe(5_000);
  });

  it("a success forgets, and counts nothing", () => {
    for (let attempt = 0; attempt < 4; attempt++) fail("192.0.2.1", "root");
    throttle.attempt("192.0.2.1", "root").succeeded();
    for (let attempt = 0; attempt < 5; attempt++) expect(fail("192.0.2.1", "root")).toBe(0);
    for (let attempt = 0; attempt < 200; attempt++) throttle.attempt("192.0.2.9", "carol").succeeded();
    expect(throttle.attempt("192.0.2.9", "carol")).toBeDefined();
  });

  it("logins under way count, so that many at once do not slip through", () => {
    const attempts = Array.from({ length: 5 }, () => throttle.attempt("192.0.2.1", "root"));
    expect(fail("192.0.2.1", "root")).toBe(5_000);
    attempts[0]?.succeeded();
    expect(fail("192.0.2.1", "root")).toBe(0);
  });

  it("failures are forgotten after a quiet time", async () => {
    for (let attempt = 0; attempt < 4; attempt++) fail("192.0.2.1", "root");
    await clock.advance(900_000);
    for (let attempt = 0; attempt < 5; attempt++) expect(fail("192.0.2.1", "root")).toBe(0);
  });

  it("an IPv6 user cannot walk through a network, and IPv4 in IPv6 is IPv4", () => {
    for (let attempt = 0; attempt < 5; attempt++) expect(fail(`2001:db8::${attempt + 1}`, "root")).toBe(0);
    expect(fail("2001:0db8:0:0:ffff::9", "root")).toBe(5_000);
    expect(fail("2001:db8:0:1::1", "root")).toBe(0);
    for (let attempt = 0; attempt < 5; attempt++) expect(fail("::ffff:192.0.2.1", "eve")).toBe(0);
    expect(fail("192.0.2.1", "eve")).toBe(5_000);
  });

  it("remembers a bounded number of addresses and users", () => {
    const small = new LoginThrottle({ clock, maxEntries: 100 });
    for (let attempt = 0; attempt < 1_000; attempt++)
      small.attempt(`10.0.${attempt >> 8}.${attempt & 255}`, `user${attempt}`);
    expect(small.size).toBe(100);
  });
});
