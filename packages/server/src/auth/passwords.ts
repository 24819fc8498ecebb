// Password hashes: scrypt from node:crypto, in the PHC text form `$scrypt$ln=15,r=8,p=3$salt$hash`, so that parameters can grow with time.

import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { ServerError } from "../errors.ts";

interface ScryptParameters {
  /** Binary logarithm of N, the cost. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

// About 32 MiB and 0.2 s on the machines of 2026; one of the parameter sets of OWASP's password storage cheat sheet.
const current: ScryptParameters = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const hashBytes = 32;
const maxPasswordLength = 1_024;

// Each hash takes a thread of the pool that files and DNS use too, and 32 MiB.
const maxAtOnce = 2;
const maxWaiting = 100;

/**
 * Returns the hash of a password, to be stored.
 *
 * @throws {ServerError} AUTH_USER_INVALID for an empty password or one over 1,024 characters, AUTH_THROTTLED when a hundred others wait.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password === "" || password.length > maxPasswordLength) {
    throw new ServerError("AUTH_USER_INVALID", `expected a password of 1 to ${maxPasswordLength} characters`);
  }
  const salt = randomBytes(saltBytes);
  const { ln, r, p } = current;
  const hash = await derive(password, salt, current);
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`;
}

/**
 * True when `password` is the one behind `stored`. Without a stored hash it takes as long and is false, so that nobody learns from the time whether
 * a user exists.
 *
 * @throws {ServerError} AUTH_THROTTLED when a hundred others wait.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parsed = stored === undefined ? undefined : parse(stored);
  const { parameters, salt, hash } = parsed ?? { parameters: current, salt: Buffer.alloc(saltBytes), hash: undefined };
  const derived = await derive(password.slice(0, maxPasswordLength), salt, parameters);
  const isEqual = timingSafeEqual(derived, hash ?? Buffer.alloc(hashBytes));
  return isEqual && hash !== undefined && password !== "" && password.length <= maxPasswordLength;
}

/** True when a stored hash was made with other parameters than today's, and should be made anew at the next login. */
export function isOutdated(stored: string): boolean {
  const { ln, r, p } = current;
  return !stored.startsWith(`$scrypt$ln=${ln},r=${r},p=${p}$`);
}

/** Returns a password that nobody can guess: 24 letters and digits. */
export function generatePassword(): string {
  return randomText(24);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `length` characters out of A–Z, a–z, 0–9 from the cryptographic generator, each equally likely. */
export function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    // 248 is the largest multiple of 62 that fits into a byte; taking more would favour the first letters.
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += alphabet[byte % 62];
  }
  return text;
}

function parse(stored: string): { parameters: ScryptParameters; salt: Buffer; hash: Buffer } | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{1,200})\$([A-Za-z0-9+/]{43})$/.exec(
    stored,
  );
  if (match === null) return undefined;
  const [, ln, r, p, salt = "", hash = ""] = match;
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p) };
  // A hash from elsewhere must not ask for more memory or time than a machine has.
  if (
    parameters.ln < 1 ||
    parameters.ln > 18 ||
    parameters.r < 1 ||
    parameters.r > 16 ||
    parameters.p < 1 ||
    parameters.p > 16
  )
    return undefined;
  return { parameters, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, { ln, r, p }: ScryptParameters): Promise<Buffer> {
  if (running >= maxAtOnce) {
    if (waiting.length >= maxWaiting) throw new ServerError("AUTH_THROTTLED", "too many logins at once");
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  try {
    const cost = 2 ** ln;
    // Unicode has several spellings of one text (RFC 8265 §4.2.2).
    const text = password.normalize("NFC");
    return await new Promise<Buffer>((resolve, reject) => {
      scrypt(text, salt, hashBytes, { N: cost, r, p, maxmem: 256 * cost * r + 2 ** 20 }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  } finally {
    // Hands its place on, so that the count stays right.
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
