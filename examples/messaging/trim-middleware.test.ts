import { createUserMessage } from "@switchboard/messaging";
import { expect, it } from "vitest";
import { TrimMiddleware } from "./trim-middleware.ts";

it("takes the blanks off what people write, and leaves the rest alone", () => {
  const middleware = new TrimMiddleware();
  const fields = { from_addr: "+27831", to_addr: "8000", transport_name: "phones", transport_type: "sms" };
  const message = createUserMessage({ ...fields, content: "  hello " });
  expect(middleware.inbound(message)).toEqual({ ...message, content: "hello" });
  const nothing = createUserMessage({ ...fields, content: null });
  expect(middleware.inbound(nothing)).toBe(nothing);
});
