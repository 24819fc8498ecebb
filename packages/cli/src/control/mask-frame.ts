// Frames as they may be shown: without what would let the reader in. Deliberately masks too much rather than too little.

import { maskedText } from "@switchboard/protocol";

const secretName = /pass|secret|token|authori[sz]ation|credential|api[-_]?key|private[-_]?key/i;
const secretMethod = /pass|secret|token|link|key|login/i;

/** Masks the frames of one connection, in the order in which they pass. */
export class FrameMask {
  /** Ids of exchanges whose answer is a secret. */
  readonly #secretAnswers = new Set<unknown>();

  /** The text to show. Texts that are no frames are not shown at all, since nobody knows what is in them. */
  mask(text: string): string {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return `(${text.length} characters that are not JSON)`;
    }
    if (typeof frame !== "object" || frame === null) return "(not a frame)";
    return JSON.stringify({ ...frame, args: this.#maskArgs(frame) });
  }

  #maskArgs({ name, id, args }: Frame): unknown {
    const isLogin = name === "auth" || name === "auth_token";
    if (isLogin) this.#secretAnswers.add(id);
    if (name === "call" && typeof args === "object" && args !== null) {
      const { method, args: given } = args as { readonly method?: unknown; readonly args?: unknown };
      if (!secretMethod.test(String(method))) return maskMembers(args);
      this.#secretAnswers.add(id);
      return { ...args, args: isEmpty(given) ? given : maskedText };
    }
    const isAnswer = name === "response" || name === "fragment";
    if (!isAnswer || !this.#secretAnswers.has(id)) return maskMembers(args);
    if (name === "response") this.#secretAnswers.delete(id);
    return maskedText;
  }
}

interface Frame {
  readonly name?: unknown;
  readonly id?: unknown;
  readonly args?: unknown;
}

function maskMembers(value: unknown): unknown {
  // Links carry their token in the query.
  if (typeof value === "string") return value.replaceAll(/((?:token|key|secret)=)[^&\s]+/gi, `$1${maskedText}`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskMembers(item));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isSecret = secretName.test(name) && member !== null && typeof member !== "boolean";
      return [name, isSecret ? maskedText : maskMembers(member)];
    }),
  );
}

function isEmpty(args: unknown): boolean {
  return args === null || args === undefined || (Array.isArray(args) && args.length === 0);
}
