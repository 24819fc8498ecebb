// Both ends prove that they know the secret; nobody else can, whatever they say, repeat or pass on.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Handshake } from "../src/socket/handshake.ts";

const secret = "what both ends know";
const wrong = expect.objectContaining({ code: "LINK_AUTHENTICATION" });
const malformed = expect.objectContaining({ code: "LINK_PROTOCOL" });

function ends(connecting = { secret, binding: "" }, accepting = { secret, binding: "" }) {
  const accept = new Handshake({ role: "accept", ...accepting });
  return { accept, connect: new Handshake({ role: "connect", ...connecting }), greeting: accept.opening ?? "" };
}

it("two ends with the same secret accept each other, in three lines, none of which contains it", () => {
  const { accept, connect, greeting } = ends();
  const answer = connect.next(greeting);
  const verdict = accept.next(answer.reply ?? "");
  expect([answer.done, verdict.done]).toEqual([false, true]);
  expect(connect.next(verdict.reply ?? "")).toEqual({ done: true });
  expect([greeting, answer.reply, verdict.reply].join()).not.toContain(secret);
});

it("an end without the secret is refused, whichever it is", () => {
  const stranger = ends({ secret: "something else ...", binding: "" });
  const { reply = "" } = stranger.connect.next(stranger.greeting);
  expect(() => stranger.accept.next(reply)).toThrow(wrong);
  expect(() => stranger.connect.next('{"refused":"LINK_AUTHENTICATION"}')).toThrow(wrong);
  const { connect, greeting } = ends();
  connect.next(greeting);
  expect(() => connect.next('{"proof":"AAAA"}')).toThrow(wrong);
});

it("a recording of another handshake is refused", () => {
  const recorded = ends();
  const answer = recorded.connect.next(recorded.greeting).reply ?? "";
  const verdict = recorded.accept.next(answer).reply ?? "";
  expect(() => ends().accept.next(answer)).toThrow(wrong);
  const { connect } = ends();
  connect.next(recorded.greeting);
  expect(() => connect.next(verdict)).toThrow(wrong);
});

it("an end's own proof is refused when it is played back to it", () => {
  const { accept, connect, greeting } = ends();
  const answer = JSON.parse(connect.next(greeting).reply ?? "");
  expect(() => connect.next(JSON.stringify({ proof: answer.proof }))).toThrow(wrong);
  expect(() => accept.next(JSON.stringify({ nonce: JSON.parse(greeting).nonce, proof: answer.proof }))).toThrow(wrong);
});

it("a proof made on one connection is worth nothing on another, so nobody can sit in the middle", () => {
  const { accept, connect, greeting } = ends(
    { secret, binding: "to the middle" },
    { secret, binding: "from the middle" },
  );
  expect(() => accept.next(connect.next(greeting).reply ?? "")).toThrow(wrong);
});

it("a listener of another version, or of something else, is recognised", () => {
  for (const line of ['{"switchboard":2,"nonce":"x"}', "{}", "SSH-2.0-OpenSSH_9.2", "[]", "null"]) {
    expect(() => ends().connect.next(line)).toThrow(malformed);
  }
});

it("whatever else is said is refused with a code", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"__proto__":{"nonce":"x"}}')), (line) => {
      expect(() => ends().accept.next(line)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^LINK_/) }),
      );
      const { connect, greeting } = ends();
      connect.next(greeting);
      expect(() => connect.next(line)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^LINK_/) }));
    }),
  );
});
