// The applications that come with Switchboard.

export { HTTPRelayApplication } from "./http-relay.ts";
export { StaticReplyApplication } from "./static-reply.ts";
export { EchoWorker, ReverseWorker, WordCountWorker } from "./words.ts";
