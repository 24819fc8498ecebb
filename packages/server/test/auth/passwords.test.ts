// Password hashes and random texts.

import { describe, expect, it } from "vitest";
import { generatePassword, hashPassword, isOutdated, randomText, verifyPassword } from "../../src/auth/passwords.ts";

describe("password hashes", () => {
  it("fit their password and no other", async () => {
    const hash = await hashPassword("correct horse");
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(hash).not.toContain("horse");
    expect(await verifyPassword("correct horse", hash)).toBe(true);
    expect(await verifyPassword("correct horsf", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
  });

  it("differ for equal passwords", async () => {
    expect(await hashPassword("x")).not.toBe(await hashPassword("x"));
  });

  it("take both spellings of one text", async () => {
    expect(await verifyPassword("caf\u0065\u0301", await hashPassword("caf\u00e9"))).toBe(true);
  });

  it("a longer password with the same beginning is another one", async () => {
    const long = "x".repeat(1_024);
    const hash = await hashPassword(long);
    expect(await verifyPassword(long, hash)).toBe(true);
    expect(await verifyPassword(`${long}y`, hash)).toBe(false);
  });

  it.each(["", "x".repeat(1_025)])("refuse a password of a length that is not allowed", async (password) => {
    await expect(hashPassword(password)).rejects.toMatchObject({ code: "AUTH_USER_INVALID" });
  });

  it.each([
    undefined,
    "",
    "correct horse",
    "$2b$10$abcdefghijklmnopqrstuv",
    "$scrypt$ln=30,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=15,r=99,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])("nothing fits what is no hash (%j)", async (stored) => {
    expect(await verifyPassword("correct horse", stored)).toBe(false);
  });

  it("verify with the parameters they were made with, and say when these are old", async () => {
    // RFC 7914 §12, cut to 32 bytes: scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1).
    const hash = Buffer.from("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2", "hex")
      .toString("base64")
      .slice(0, 43);
    const stored = `$scrypt$ln=14,r=8,p=1$${Buffer.from("SodiumChloride").toString("base64").replaceAll("=", "")}$${hash}`;
    expect(await verifyPassword("pleaseletmein", stored)).toBe(true);
    expect(isOutdated(stored)).toBe(true);
    expect(isOutdated(await hashPassword("x"))).toBe(false);
  });

  it("refuse work when more than a hundred wait, and go on afterwards", async () => {
    const cheap = "$scrypt$ln=1,r=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const outcomes = await Promise.allSettled(Array.from({ length: 150 }, () => verifyPassword("x", cheap)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(102);
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "AUTH_THROTTLED", retryable: true } });
    expect(await verifyPassword("x", cheap)).toBe(false);
  });
});

describe("random texts", () => {
  it("are letters and digits, never the same", () => {
    const texts = Array.from({ length: 1_000 }, () => randomText(32));
    expect(new Set(texts).size).toBe(1_000);
    for (const text of texts) expect(text).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(new Set(texts.join("")).size).toBe(62);
    expect(generatePassword()).toHaveLength(24);
  });
});
