// For networks that carry nothing but ASCII: writes content in letters they have.

import anyAscii from "any-ascii";
import type { UserMessage } from "../message/user-message.ts";
import type { Middleware } from "../worker/middleware.ts";

/** Transliterates `content` to ASCII, both ways: `Čau, světe` becomes `Cau, svete`. */
export class UnidecoderMiddleware implements Middleware {
  static readonly summary: string = "Replaces letters that a network cannot carry by plain ones.";
  inbound(message: UserMessage): UserMessage {
    return message.content === null ? message : { ...message, content: anyAscii(message.content) };
  }

  outbound(message: UserMessage): UserMessage {
    return message.content === null ? message : { ...message, content: anyAscii(message.content) };
  }
}
