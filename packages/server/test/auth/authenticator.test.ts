// Logging in: users in the datastore, who gets in and how, services, the record of sessions.

import { TestClock } from "@switchboard/core/testing";
import { errno } from "@switchboard/protocol";
import { openSql, type Sql, StorageError } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Authenticator, LoginThrottle, SessionLog, type UserBackend, UserStore } from "../../src/auth/index.ts";
import { Datastore } from "../../src/datastore/index.ts";

describe("logging in", () => {
  let sql: Sql;
  let datastore: Datastore;
  let users: UserStore;
  let clock: TestClock;

  beforeAll(async () => {
    sql = await openSql({ driver: "sqlite", path: `${tempFolder()}/datastore.db` });
    clock = new TestClock();
    datastore = await Datastore.open(sql, { clock });
    users = await UserStore.open(datastore);
    await users.create("alice", { password: "wonderland", groups: ["wheel"] });
    await users.create("bob", { password: "builder", groups: ["operators"] });
    await users.create("carol", { password: "singer", groups: [] });
    await users.create("dave", { groups: ["wheel"] });
  });
  afterAll(async () => {
    datastore.close();
    await sql.close();
  });

  const rules = { groupRoles: { operators: ["tasks"] } };
  const from = "192.0.2.1";
  let authenticator: Authenticator;
  beforeEach(() => {
    const throttle = new LoginThrottle({ clock });
    authenticator = new Authenticator({ users, rules, throttle, services: ["networkd"], clock });
  });

  it("says that nobody can log in while the users cannot be asked, and counts that against nobody", async () => {
    const lost = new StorageError("STORAGE_CONNECTION_LOST", "the connection broke");
    const hanging = new Promise<never>(() => undefined);
    let answer: Promise<never> | undefined = Promise.reject(lost);
    const ask = (): Promise<never> => answer ?? hanging;
    const away = { find: ask, authenticate: ask };
    const throttle = new LoginThrottle({ clock, maxFailures: 1 });
    const logIn = (backend: UserBackend): Promise<unknown> =>
      new Authenticator({ users: backend, rules, throttle, clock }).logIn({
        username: "alice",
        password: "wonderland",
        address: from,
      });
    const told = { code: "AUTH_UNAVAILABLE", retryable: true, errno: errno.EAGAIN };
    await expect(logIn(away)).rejects.toMatchObject({ ...told, cause: lost });
    answer = undefined;
    const late = logIn(away).catch((error: unknown) => error);
    await clock.advance(8_000);
    expect(await late).toMatchObject(told);
    expect(await logIn(users)).toMatchObject({ name: "alice" });
  });

  it("gives users the roles of their groups", async () => {
    expect(await authenticator.logIn({ username: "alice", password: "wonderland", address: from })).toEqual({
      kind: "user",
      name: "alice",
      roles: new Set(["admin"]),
      passwordVersion: 0,
    });
    const bob = await authenticator.logIn({ username: "bob", password: "builder", address: from });
    expect([...bob.roles]).toEqual(["tasks"]);
  });

  it("6, 7 refuses a wrong password, an unknown user and a user without access in the same words", async () => {
    const refusals = await Promise.all(
      [
        { username: "alice", password: "wrong" },
        { username: "nobody", password: "wonderland" },
        { username: "carol", password: "singer" },
        { username: "dave", password: "" },
        { username: "alice", password: "" },
        { username: "__proto__", password: "x" },
      ].map(async (login) => authenticator.logIn({ ...login, address: from }).catch((error: unknown) => error)),
    );
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: "AUTH_REFUSED",
        errno: 13,
        message: "wrong user name or password, or no access",
      });
    }
  });

  it("asks a trusted local peer for no password, but still for access", async () => {
    expect(
      await authenticator.logIn({ username: "dave", password: "", address: "unix", isTrusted: true }),
    ).toMatchObject({ name: "dave" });
    await expect(
      authenticator.logIn({ username: "carol", password: "", address: "unix", isTrusted: true }),
    ).rejects.toMatchObject({ errno: 13 });
    await expect(
      authenticator.logIn({ username: "nobody", password: "", address: "unix", isTrusted: true }),
    ).rejects.toMatchObject({ errno: 13 });
  });

  it("slows down guessing, also with the right password, until the wait is over", async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(authenticator.logIn({ username: "alice", password: "wrong", address: from })).rejects.toMatchObject({
        errno: 13,
      });
    }
    await expect(
      authenticator.logIn({ username: "alice", password: "wonderland", address: from }),
    ).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
    await clock.advance(5_000);
    expect(await authenticator.logIn({ username: "alice", password: "wonderland", address: from })).toMatchObject({
      name: "alice",
    });
  });

  it("13 lets services in from the local host, under allowed names only", () => {
    expect(authenticator.logInService("networkd", { isLocal: true })).toEqual({
      kind: "service",
      name: "networkd",
      roles: new Set(["service"]),
    });
    expect(() => authenticator.logInService("networkd", { isLocal: false })).toThrow(
      expect.objectContaining({ errno: 13 }),
    );
    expect(() => authenticator.logInService("evild", { isLocal: true })).toThrow(
      expect.objectContaining({ errno: 13 }),
    );
  });

  it("locked users, and changed passwords, count at once", async () => {
    await users.create("eve", { password: "apple", groups: ["wheel"] });
    await users.update("eve", { locked: true });
    await expect(authenticator.logIn({ username: "eve", password: "apple", address: from })).rejects.toMatchObject({
      errno: 13,
    });
    await expect(
      authenticator.logIn({ username: "eve", password: "", address: from, isTrusted: true }),
    ).rejects.toMatchObject({ errno: 13 });
    await users.update("eve", { locked: false, password: "pear" });
    await expect(authenticator.logIn({ username: "eve", password: "apple", address: from })).rejects.toMatchObject({
      errno: 13,
    });
    expect(await authenticator.logIn({ username: "eve", password: "pear", address: from })).toMatchObject({
      name: "eve",
    });
    await users.delete("eve");
    await expect(users.delete("eve")).rejects.toMatchObject({ code: "AUTH_USER_UNKNOWN", errno: 2 });
  });

  it("a password hash made with older parameters is made anew at the next login", async () => {
    const old = `$scrypt$ln=14,r=8,p=1$${Buffer.from("SodiumChloride").toString("base64").replaceAll("=", "")}$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI`;
    await datastore.insert("users", { username: "frank", groups: ["wheel"], locked: false, password_hash: old });
    expect(await users.authenticate("frank", "pleaseletmein")).toMatchObject({ username: "frank" });
    const record = await datastore.getOne("users", [["username", "=", "frank"]]);
    expect(record?.["password_hash"]).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(await users.authenticate("frank", "pleaseletmein")).toMatchObject({ username: "frank" });
  });

  it("users are listed without their hashes, names and groups are checked, names are unique", async () => {
    const list = await users.list();
    expect(list.map(({ username }) => username)).toEqual(expect.arrayContaining(["alice", "bob", "carol"]));
    expect(JSON.stringify(list)).not.toContain("scrypt");
    await expect(users.create("alice")).rejects.toMatchObject({ code: "DATASTORE_DUPLICATE_KEY", errno: 17 });
    await expect(users.create("a b")).rejects.toMatchObject({ code: "AUTH_USER_INVALID", errno: 22 });
    await expect(users.create("ok", { groups: ["a b"] })).rejects.toMatchObject({ code: "AUTH_USER_INVALID" });
    await expect(users.create("ok", { password: "" })).rejects.toMatchObject({ code: "AUTH_USER_INVALID" });
  });

  it("the first start makes an administrator with a password of its own, later ones make none", async () => {
    const fresh = await Datastore.open(sql, { clock, prefix: "fresh" });
    const firstUsers = await UserStore.open(fresh);
    const first = await firstUsers.createFirstAdministrator();
    expect(first?.password).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(await firstUsers.authenticate("root", first?.password ?? "")).toEqual({
      username: "root",
      groups: ["wheel"],
      passwordVersion: 0,
    });
    expect(await firstUsers.createFirstAdministrator()).toBeUndefined();
    fresh.close();
  });

  it("sessions are recorded, and those a crash has left active are ended at the next start", async () => {
    const log = await SessionLog.open(datastore, clock);
    const first = await log.begin({ address: "192.0.2.1,5000", resource: "demo", username: "alice" });
    const second = await log.begin({ address: "unix,77", resource: null, username: "bob" });
    const started = new Date(clock.now());
    await clock.advance(60_000);
    await log.end(first);
    await clock.advance(1_000);
    await log.end(first);
    expect(await datastore.getById("sessions", first)).toMatchObject({
      started_at: started,
      ended_at: new Date(started.getTime() + 60_000),
      address: "192.0.2.1,5000",
      resource: "demo",
      active: false,
      username: "alice",
    });
    expect(await datastore.getById("sessions", second)).toMatchObject({ active: true, ended_at: null });
    await SessionLog.open(datastore, clock);
    expect(await datastore.getById("sessions", second)).toMatchObject({
      active: false,
      ended_at: new Date(clock.now()),
    });
  });
});
