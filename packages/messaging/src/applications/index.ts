// The applications that come with Switchboard.

export { StaticReplyApplication } from "./static-reply.ts";
export { EchoWorker, ReverseWorker, WordCountWorker } from "./words.ts";
