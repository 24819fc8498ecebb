// How two ends of a socket make sure of each other before anything else: both prove that they know the secret, neither tells it.
//
//   accepting side   {"switchboard":1,"nonce":"<A>"}
//   connecting side  {"nonce":"<C>","proof":"<HMAC of connect, A, C, binding>"}
//   accepting side   {"proof":"<HMAC of accept, A, C, binding>"}     or {"refused":"LINK_AUTHENTICATION"}
//
// Nonces are 32 random bytes, fresh per connection, so a recording is worth nothing. The role is in the proof, so an end's own
// words cannot be played back to it. Over TLS the binding is keying material of the connection (RFC 5705), so nobody can sit in
// the middle even where certificates are not checked. No I/O here: the socket session calls this line by line.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LinkError, type SwitchboardError } from "@switchboard/core";
import { decode, excerpt } from "../codec.ts";

const version = 1;

/** Which end of the connection this is. */
export type Role = "connect" | "accept";

export interface HandshakeOptions {
  readonly role: Role;
  readonly secret: string;
  /** What is particular to this connection, or "". */
  readonly binding: string;
  /** Default: 32 random bytes in base64url. */
  readonly nonce?: string;
}

/** What to do after a line: say something, go on as a session, or both. */
export interface HandshakeStep {
  readonly reply?: string;
  readonly done: boolean;
}

/** The longest line of a handshake, so that a stranger costs little. */
export const maxHandshakeLineBytes = 1024;

/** The line by which a listener turns somebody away. */
export function refusal(error: SwitchboardError): string {
  return JSON.stringify({ refused: error.code });
}

/** One side of the handshake of one connection. */
export class Handshake {
  readonly #role: Role;
  readonly #secret: string;
  readonly #binding: string;
  readonly #nonce: string;
  #theirNonce: string | undefined;

  constructor({ role, secret, binding, nonce = randomBytes(32).toString("base64url") }: HandshakeOptions) {
    this.#role = role;
    this.#secret = secret;
    this.#binding = binding;
    this.#nonce = nonce;
  }

  /** What this side says unasked. */
  get opening(): string | undefined {
    return this.#role === "accept" ? JSON.stringify({ switchboard: version, nonce: this.#nonce }) : undefined;
  }

  /** Takes the other side's next line. @throws {LinkError} LINK_PROTOCOL, LINK_AUTHENTICATION. */
  next(line: string): HandshakeStep {
    const said = readLine(line);
    if (this.#role === "accept") {
      this.#theirNonce = readNonce(said);
      this.#verify(said, "connect");
      return { reply: JSON.stringify({ proof: this.#proof("accept") }), done: true };
    }
    if (this.#theirNonce === undefined) {
      if (said.get("switchboard") !== version) {
        throw new LinkError("LINK_PROTOCOL", `expected a Switchboard link of version ${version}, got ${excerpt(line)}`);
      }
      this.#theirNonce = readNonce(said);
      return { reply: JSON.stringify({ nonce: this.#nonce, proof: this.#proof("connect") }), done: false };
    }
    if (said.has("refused")) {
      throw new LinkError("LINK_AUTHENTICATION", "the other side refused our proof; the secrets differ");
    }
    this.#verify(said, "accept");
    return { done: true };
  }

  #verify(said: ReadonlyMap<string, unknown>, role: Role): void {
    const proof = said.get("proof");
    const given = Buffer.from(typeof proof === "string" ? proof : "", "base64url");
    const expected = Buffer.from(this.#proof(role), "base64url");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    throw new LinkError("LINK_AUTHENTICATION", "the other side's proof is wrong; the secrets differ");
  }

  #proof(role: Role): string {
    const [accept, connect] =
      this.#role === "accept" ? [this.#nonce, this.#theirNonce] : [this.#theirNonce, this.#nonce];
    // Base64url has no spaces, so the parts cannot run into each other.
    const words = `switchboard-link-${version} ${role} ${accept} ${connect} ${this.#binding}`;
    return createHmac("sha256", this.#secret).update(words).digest("base64url");
  }
}

/** The members of a JSON object; a Map, so that hostile names such as `__proto__` mean nothing. */
function readLine(line: string): ReadonlyMap<string, unknown> {
  const value = decode(line);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  throw new LinkError("LINK_PROTOCOL", `expected a handshake, got ${excerpt(line)}`);
}

function readNonce(said: ReadonlyMap<string, unknown>): string {
  const nonce = said.get("nonce");
  if (typeof nonce === "string" && /^[\w-]{43}$/.test(nonce)) return nonce;
  throw new LinkError("LINK_PROTOCOL", `expected a handshake with a nonce, got ${excerpt(nonce)}`);
}
