// What games for two have in common: who plays with whom, the state between moves, and how both are told. The rules are the subclass's.

import type { AtomicGroup } from "@switchboard/storage";
import { userMessageCodec } from "../message/codec.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application } from "../worker/application.ts";

/** The first player is the one who waited. */
export type Player = 0 | 1;

/** Something for each player; null: nothing. */
export type ForBoth<Value> = readonly [Value, Value];

/** What a move leads to. */
export interface Turn<State> {
  /** Kept until the next move. JSON. */
  readonly state: State;
  /** What the players are told. */
  readonly texts: ForBoth<string | null>;
  /** True: this ends the game and the sessions of both. */
  readonly isOver?: boolean;
}

interface Match<State> {
  readonly id: string;
  /** The latest message of each, which is the one to answer. */
  readonly players: ForBoth<UserMessage>;
  readonly state: State;
}

// Games in which nobody moves for so long are forgotten, and so is somebody who waits alone.
const idleMs = 3_600_000;

/**
 * The base of games for two people, paired in the order in which they arrive. Each is told something in answer to their latest message, so
 * that it reaches them within their session.
 *
 * Kept under `<title>:<transport_name>`: `waiting`, `player:<address>` (the id of a game) and `game:<id>`, so that a restart interrupts nobody.
 */
export abstract class TwoPlayerGame<State> extends Application {
  /** Names the game in the store. */
  protected abstract readonly title: string;

  /** What a player is told whose opponent has left. */
  protected abstract readonly opponentLeft: string;

  /** How a game begins. */
  protected abstract begin(): Turn<State>;

  /** What a player's input does. */
  protected abstract move(state: State, player: Player, input: string): Turn<State>;

  protected override async onNewSession(message: UserMessage): Promise<void> {
    await this.onCloseSession(message);
    await this.onMessage(message);
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const id = this.context.newId();
    const answers = await this.#atomic(async (group) => {
      const match = await this.#matchOf(group, message);
      if (match === undefined) return this.#join(group, message, id);
      const player = isSame(match.players[0], message) ? 0 : 1;
      const players: ForBoth<UserMessage> = player === 0 ? [message, match.players[1]] : [match.players[0], message];
      const turn = this.move(match.state, player, (message.content ?? "").trim());
      return this.#settle(group, { ...match, players }, turn);
    });
    await this.#tell(answers);
  }

  protected override async onCloseSession(message: UserMessage): Promise<void> {
    const answers = await this.#atomic(async (group) => {
      const waiting = await group.get("waiting");
      if (waiting !== undefined && isSame(userMessageCodec.decode(waiting), message)) group.delete("waiting");
      const match = await this.#matchOf(group, message);
      if (match === undefined) return undefined;
      // Whoever left cannot be answered any more.
      const texts: ForBoth<string | null> = isSame(match.players[0], message)
        ? [null, this.opponentLeft]
        : [this.opponentLeft, null];
      return this.#settle(group, match, { state: match.state, texts, isOver: true });
    });
    await this.#tell(answers);
  }

  async #join(group: AtomicGroup, message: UserMessage, id: string): Promise<Answers | undefined> {
    const waiting = await group.get("waiting");
    const opponent = waiting === undefined ? undefined : userMessageCodec.decode(waiting);
    if (opponent === undefined || isSame(opponent, message)) {
      group.set("waiting", userMessageCodec.encode(message), { ttlMs: idleMs });
      return undefined;
    }
    group.delete("waiting");
    const turn = this.begin();
    return this.#settle(group, { id, players: [opponent, message], state: turn.state }, turn);
  }

  #settle(group: AtomicGroup, { id, players }: Match<State>, turn: Turn<State>): Answers {
    const { state, texts, isOver = false } = turn;
    const playerKeys = players.map(playerKey);
    if (isOver) {
      group.delete(`game:${id}`, ...playerKeys);
    } else {
      const match: Match<State> = { id, players, state };
      group.set(`game:${id}`, JSON.stringify(match), { ttlMs: idleMs });
      for (const key of playerKeys) group.set(key, id, { ttlMs: idleMs });
    }
    return { players, texts, isOver };
  }

  async #matchOf(group: AtomicGroup, message: UserMessage): Promise<Match<State> | undefined> {
    const id = await group.get(playerKey(message));
    const stored = id === undefined ? undefined : await group.get(`game:${id}`);
    return stored === undefined ? undefined : (JSON.parse(stored) as Match<State>);
  }

  async #tell(answers: Answers | undefined): Promise<void> {
    if (answers === undefined) return;
    const { players, texts, isOver } = answers;
    for (const player of [0, 1] as const) {
      if (texts[player] !== null) await this.replyTo(players[player], texts[player], { continueSession: !isOver });
    }
  }

  #atomic<Result>(work: (group: AtomicGroup) => Promise<Result>): Promise<Result> {
    return this.context.keyValue.sub(`${this.title}:${this.config.transport_name}`).atomic(work);
  }
}

interface Answers {
  readonly players: ForBoth<UserMessage>;
  readonly texts: ForBoth<string | null>;
  readonly isOver: boolean;
}

function isSame(one: UserMessage, other: UserMessage): boolean {
  return one.from_addr === other.from_addr;
}

function playerKey({ from_addr }: UserMessage): string {
  return `player:${from_addr ?? ""}`;
}
