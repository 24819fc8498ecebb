// Rock, paper, scissors for two people.

import { type ForBoth, type Player, type Turn, TwoPlayerGame } from "./two-player-game.ts";

interface State {
  /** Of the round that is being played: 0 rock, 1 paper, 2 scissors, null for not yet. */
  readonly moves: ForBoth<number | null>;
  readonly wins: ForBoth<number>;
}

const things = ["rock", "paper", "scissors"] as const;
const decidedRounds = 5;
const nobody: ForBoth<null> = [null, null];

/**
 * Plays rock, paper, scissors between people in pairs, until five rounds were won by one or the other; draws do not count. Until both have
 * moved a player may choose anew. Anything but 1, 2 and 3 ends the game.
 */
export class RockPaperScissorsWorker extends TwoPlayerGame<State> {
  static readonly summary: string = "Plays rock, paper, scissors between two people.";
  protected override readonly title = "rock_paper_scissors";
  protected override readonly opponentLeft = "The other side has gone. The game is over.";

  protected override begin(): Turn<State> {
    const wins = [0, 0] as const;
    return { state: { moves: nobody, wins }, texts: both((player) => menu(wins, player, "Choose your weapon!")) };
  }

  protected override move(state: State, player: Player, input: string): Turn<State> {
    if (!/^[123]$/.test(input)) return { state, texts: both(() => "Disconnected. The game is over."), isOver: true };
    const choice = Number(input) - 1;
    const moves: ForBoth<number | null> = player === 0 ? [choice, state.moves[1]] : [state.moves[0], choice];
    const [first, second] = moves;
    if (first === null || second === null) return { state: { ...state, moves }, texts: nobody };
    return resolve([first, second], state.wins);
  }
}

function resolve(moves: ForBoth<number>, before: ForBoth<number>): Turn<State> {
  // Each thing beats the one before it, and rock the last.
  const lead = (moves[0] - moves[1] + 3) % 3;
  const wins: ForBoth<number> = [before[0] + (lead === 1 ? 1 : 0), before[1] + (lead === 2 ? 1 : 0)];
  const state = { moves: nobody, wins };
  if (wins[0] + wins[1] === decidedRounds)
    return { state, texts: both((player) => ending(wins, player)), isOver: true };
  const texts = both((player) => {
    const [own, other] = [moves[player], moves[opponentOf(player)]].map((move) => things[move ?? 0]);
    const outcome = lead === 0 ? "a draw" : lead === player + 1 ? "you win" : "you lose";
    return menu(wins, player, `${own} against ${other}: ${outcome}.`);
  });
  return { state, texts };
}

function menu(wins: ForBoth<number>, player: Player, news: string): string {
  return [`You ${score(wins, player)}`, news, ...things.map((thing, index) => `${index + 1}. ${thing}`)].join("\n");
}

function ending(wins: ForBoth<number>, player: Player): string {
  const hasWon = wins[player] > wins[opponentOf(player)];
  return `${hasWon ? "You won" : "You lost"} the game, ${score(wins, player)}.`;
}

function score(wins: ForBoth<number>, player: Player): string {
  return `${wins[player]} : ${wins[opponentOf(player)]}`;
}

function opponentOf(player: Player): Player {
  return player === 0 ? 1 : 0;
}

function both(text: (player: Player) => string): ForBoth<string> {
  return [text(0), text(1)];
}
