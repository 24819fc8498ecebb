// Groups, roles and who may do what.

import { describe, expect, it } from "vitest";
import { hasRoles, isPrivileged, type Principal, rolesOf } from "../../src/auth/principal.ts";

const user = (...roles: string[]): Principal => ({ kind: "user", name: "u", roles: new Set(roles) });

describe("rolesOf", () => {
  const rules = { groupRoles: { operators: ["tasks", "events"], readers: ["events"] } };

  it("7 gives nothing to somebody whose groups have no access", () => {
    expect([...rolesOf(["users"], rules)]).toEqual([]);
    expect([...rolesOf([], {})]).toEqual([]);
    expect([...rolesOf(["constructor", "__proto__"], rules)]).toEqual([]);
  });

  it("makes members of wheel, or of the group configured, administrators", () => {
    expect([...rolesOf(["wheel"], {})]).toEqual(["admin"]);
    expect([...rolesOf(["wheel"], { adminGroup: "sudo" })]).toEqual([]);
    expect([...rolesOf(["sudo"], { adminGroup: "sudo" })]).toEqual(["admin"]);
  });

  it("adds up the roles of all groups", () => {
    expect([...rolesOf(["readers", "operators"], rules)].toSorted()).toEqual(["events", "tasks"]);
  });
});

describe("hasRoles", () => {
  it("29 takes every role that is asked for", () => {
    expect(hasRoles(user("a", "b"), ["a", "b"])).toBe(true);
    expect(hasRoles(user("a"), ["a", "b"])).toBe(false);
    expect(hasRoles(user(), [])).toBe(true);
    expect(hasRoles(undefined, ["a"])).toBe(false);
  });

  it("administrators and services have every role", () => {
    expect(hasRoles(user("admin"), ["anything"])).toBe(true);
    expect(hasRoles({ kind: "service", name: "d", roles: new Set(["service"]) }, ["anything"])).toBe(true);
  });

  it("28 only they are privileged", () => {
    expect(isPrivileged(user("admin"))).toBe(true);
    expect(isPrivileged(user("tasks"))).toBe(false);
    expect(isPrivileged(undefined)).toBe(false);
  });
});
