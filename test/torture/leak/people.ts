// People who write to a gateway and check each answer: most over HTTP, some over telnet, who hang up now and then.

import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";

/** Whom they write to, and how many they are. */
export interface PeopleOptions {
  readonly httpPort: number;
  readonly telnetPort: number;
  /** How many different addresses there are behind the HTTP channel. */
  readonly addresses: number;
}

const httpClients = 64;
const telnetClients = 4;
const linesPerCall = 50;

/** All of them. */
export class People {
  readonly #options: PeopleOptions;
  #said = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** Says so many things more, waits for each answer, and hangs up. @throws when an answer is not what was said. */
  async say(count: number): Promise<void> {
    const last = this.#said + count;
    const next = (): number | undefined => (this.#said < last ? this.#said++ : undefined);
    const agent = new Agent({ keepAlive: true, maxSockets: httpClients });
    await Promise.all([
      ...Array.from({ length: httpClients }, () => this.#writeHttp(agent, next)),
      ...Array.from({ length: telnetClients }, () => this.#writeTelnet(next)),
    ]);
    agent.destroy();
  }

  async #writeHttp(agent: Agent, next: () => number | undefined): Promise<void> {
    const { httpPort, addresses } = this.#options;
    for (let number = next(); number !== undefined; number = next()) {
      const content = `message ${number}`;
      const query = new URLSearchParams({ content, from_addr: String(number % addresses) });
      const asked = get({ agent, host: "127.0.0.1", port: httpPort, path: `/messages?${query}` });
      const [response] = await once(asked, "response");
      let answer = "";
      for await (const part of response.setEncoding("utf8")) answer += part;
      if (answer !== content) throw new Error(`HTTP: expected ${content}, got ${response.statusCode} ${answer}`);
    }
  }

  async #writeTelnet(next: () => number | undefined): Promise<void> {
    for (let number = next(); number !== undefined;) {
      const socket = connect(this.#options.telnetPort, "127.0.0.1").setEncoding("utf8");
      const heard = socket[Symbol.asyncIterator]() as AsyncIterator<string>;
      for (let line = 0; line < linesPerCall && number !== undefined; line++) {
        socket.write(`line ${number}.\r\n`);
        await answered(heard, `line ${number}.`);
        number = next();
      }
      const closed = once(socket, "close");
      socket.end();
      // Reads to the end, which it must to be told of it.
      while ((await heard.next()).done !== true);
      await closed;
    }
  }
}

async function answered(heard: AsyncIterator<string>, text: string): Promise<void> {
  for (let all = ""; !all.includes(text);) {
    const { value, done } = await heard.next();
    if (done === true) throw new Error(`telnet: expected ${text}, was hung up on after ${JSON.stringify(all)}`);
    all += value;
  }
}
