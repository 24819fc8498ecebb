// Hangman: guess a word letter by letter. The word comes from a program behind an HTTP address.

import { Agent, request } from "undici";
import { SessionManager } from "../components/session-manager.ts";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";
import { RelayError } from "../worker/errors.ts";

const hangmanFields = {
  worker_name: { type: "text", required: true, static: true, doc: "Names the worker, and its games in the store." },
  random_word_url: { type: "url", required: true, static: true, doc: "Answers each GET with another word." },
} as const;

/** What hangman is configured with. */
export type HangmanConfig = ApplicationConfig & ConfigOf<typeof hangmanFields>;

interface Game {
  readonly word: string;
  /** The letters guessed so far, in the order of the alphabet. */
  readonly guesses: string;
}

const fetchTimeoutMs = 10_000;
const maxWordBytes = 1_000;
const isLetter = /^\p{L}$/u;

/**
 * Plays hangman with everybody who writes. A game waits for its player, also when the session ends, until it is left with 0.
 *
 * A word that cannot be had fails the message, which is then tried again by redelivery: RELAY_FAILED. Games are kept in Vumi's place:
 * `hangman_game:<transport_name>:<worker_name>:session:<address without +>`.
 */
export class HangmanWorker extends Application<HangmanConfig> {
  static readonly summary: string = "Lets people guess a word, letter by letter.";
  static override readonly fields: ConfigFields = hangmanFields;
  readonly #games = new SessionManager(
    this.context.keyValue.sub(`hangman_game:${this.config.transport_name}:${this.config.worker_name}`),
    { clock: this.context.clock },
  );
  readonly #agent = new Agent({ maxResponseSize: maxWordBytes });

  protected override async teardown(): Promise<void> {
    await this.#agent.close();
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const player = (message.from_addr ?? "").replace(/^\+/, "");
    const game = (await this.#load(player)) ?? (await this.#begin(player));
    if (message.content === null) return this.#show(message, game);

    const input = message.content.trim().normalize("NFC").toLowerCase();
    if (input === "0") return this.#leave(message, player, game);
    const length = Array.from(input).length;
    if (length === 0) return this.#show(message, game, "Guess a letter, please.");
    if (length > 1) return this.#show(message, game, "One letter at a time, please.");
    if (isWon(game)) return this.#show(message, await this.#begin(player));
    if (!isLetter.test(input)) return this.#show(message, game, "That is not a letter.");
    if (game.guesses.includes(input)) return this.#show(message, game, `You had "${input}" already.`);

    const guesses = Array.from(game.guesses + input)
      .toSorted()
      .join("");
    await this.#games.save(player, { guesses });
    const hint = game.word.includes(input) ? `Yes, there is "${input}".` : `No "${input}" in this word.`;
    await this.#show(message, { ...game, guesses }, hint);
  }

  async #load(player: string): Promise<Game | undefined> {
    const { word, guesses = "" } = await this.#games.load(player);
    return word === undefined ? undefined : { word, guesses };
  }

  async #begin(player: string): Promise<Game> {
    const game = { word: await this.#fetchWord(), guesses: "" };
    await this.#games.create(player, game);
    return game;
  }

  async #show(message: UserMessage, game: Game, hint = "Guess the word!"): Promise<void> {
    const prompt = isWon(game) ? "Any letter for a new game (0 to quit)" : "Your guess (0 to quit)";
    const lines = [isWon(game) ? praise(game) : hint, masked(game), `Guessed: ${game.guesses}`, prompt];
    await this.replyTo(message, lines.join("\n"));
  }

  async #leave(message: UserMessage, player: string, { word }: Game): Promise<void> {
    await this.#games.clear(player);
    await this.replyTo(message, `The word was "${word}". Thank you for playing!`, { continueSession: false });
  }

  async #fetchWord(): Promise<string> {
    const { random_word_url: url } = this.config;
    const place = `${url.origin}${url.pathname}`;
    const signal = AbortSignal.timeout(fetchTimeoutMs);
    const { statusCode, text } = await request(url, { dispatcher: this.#agent, signal })
      .then(async ({ statusCode, body }) => ({ statusCode, text: await body.text() }))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new RelayError("RELAY_FAILED", `${place}: ${reason}`, { cause: error });
      });
    if (statusCode !== 200) throw new RelayError("RELAY_FAILED", `${place} answered with status ${statusCode}`);
    // A byte order mark is white space to `trim`.
    const word = text.trim().normalize("NFC").toLowerCase();
    if (letters(word).size > 0) return word;
    throw new RelayError("RELAY_FAILED", `${place}: expected a word, got one without letters`);
  }
}

function letters(word: string): Set<string> {
  return new Set(Array.from(word).filter((character) => isLetter.test(character)));
}

function isWon({ word, guesses }: Game): boolean {
  return [...letters(word)].every((letter) => guesses.includes(letter));
}

function masked({ word, guesses }: Game): string {
  const shown = (character: string): boolean => !isLetter.test(character) || guesses.includes(character);
  return Array.from(word, (character) => (shown(character) ? character : "_")).join("");
}

const praises: readonly (readonly [perLetter: number, text: string])[] = [
  [1, "Not one wrong guess. Are you reading my mind?"],
  [1.5, "Brilliant! Hardly a guess wasted."],
  [2, "Well done!"],
  [3, "You made it."],
  [4, "That took a while, but you made it."],
];

function praise({ word, guesses }: Game): string {
  const perLetter = Array.from(guesses).length / letters(word).size;
  return praises.find(([most]) => perLetter <= most)?.[1] ?? "Is any letter left that you did not try?";
}
