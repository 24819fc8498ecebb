// Takes memos for people who are not in the channel, and passes them on when they next speak there.

import { parseStored } from "../components/stored-json.ts";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { isJsonObject } from "../message/json.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";

const memoFields = {
  worker_name: { type: "text", required: true, static: true, doc: "Names the worker, and its memos in the store." },
} as const;

/** What the memo bot is configured with. */
export type MemoConfig = ApplicationConfig & ConfigOf<typeof memoFields>;

// "bot: tell NICK text"
const command = /^\S+\s+tell\s+(\S+)\s+(\S.*)$/s;
const maxMemos = 50;

/**
 * Keeps what is said to it as `bot: tell NICK text`, and passes it on when NICK, in upper or lower case, speaks in the same channel.
 * Of each memo it is certain that it is passed on; after a failure it may come twice. A nick has at most 50 memos in a channel.
 *
 * Kept in Vumi's place: lists `ircbot:memos:<worker_name>:<channel>:<nick>` of JSON `[sender, text]`, oldest first.
 */
export class MemoWorker extends Application<MemoConfig> {
  static readonly summary: string = "Takes messages for people of a chat room, and gives them when they come back.";
  static override readonly fields: ConfigFields = memoFields;
  readonly #memos = this.context.keyValue.sub(`ircbot:memos:${this.config.worker_name}`);

  protected override async onMessage(message: UserMessage): Promise<void> {
    const { channel, isAddressed } = ircOf(message);
    const sender = message.from_addr ?? "";
    await this.#deliver(message, memoKey(channel, sender));
    const [, nick, text] = (isAddressed && command.exec(message.content ?? "")) || [];
    if (nick === undefined || text === undefined) return;

    const key = memoKey(channel, nick);
    const isFull = (await this.#memos.llen(key)) >= maxMemos;
    if (!isFull) await this.#memos.rpush(key, JSON.stringify([sender, text]));
    await this.replyTo(message, isFull ? `I have too many memos for ${nick} already.` : `I will tell ${nick}.`);
  }

  async #deliver(message: UserMessage, key: string): Promise<void> {
    for (const memo of await this.#memos.lrange(key, 0, -1)) {
      const stored = parseStored(memo, key);
      const [sender, text] = Array.isArray(stored) ? stored : [];
      await this.replyTo(message, `${String(sender)} asked me to tell you: ${String(text)}`);
      await this.#memos.lrem(key, 1, memo);
    }
  }
}

function memoKey(channel: string, nick: string): string {
  return `${channel}:${nick.toLowerCase()}`;
}

function ircOf({ helper_metadata }: UserMessage): { readonly channel: string; readonly isAddressed: boolean } {
  const irc = isJsonObject(helper_metadata["irc"]) ? helper_metadata["irc"] : {};
  const { irc_channel: channel, addressed_to_transport: isAddressed } = irc;
  return { channel: typeof channel === "string" ? channel : "unknown", isAddressed: isAddressed !== false };
}
