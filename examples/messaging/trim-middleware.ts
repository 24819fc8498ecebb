// A middleware of one's own: applications see what people write without the blanks around it. In any worker's configuration:
// `middleware: [{ trim: ./trim-middleware.ts#TrimMiddleware }]`.

import type { Middleware, UserMessage } from "@switchboard/messaging";

export class TrimMiddleware implements Middleware {
  inbound(message: UserMessage): UserMessage {
    return message.content === null ? message : { ...message, content: message.content.trim() };
  }
}
