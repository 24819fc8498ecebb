// Tic-tac-toe for two people.

import { type ForBoth, type Player, type Turn, TwoPlayerGame } from "./two-player-game.ts";

const marks = ["X", "O"] as const;
// Squares from 0, row by row.
const lines = ["012", "345", "678", "036", "147", "258", "048", "246"];

/**
 * Plays tic-tac-toe between people in pairs. 1 to 9 are the squares, row by row; after a move the other one gets the board. Anything else
 * ends the game. Whose turn it is, is left to the players; a square that is taken stays as it is, without an answer.
 */
export class TicTacToeWorker extends TwoPlayerGame<string> {
  static readonly summary: string = "Plays tic-tac-toe between two people.";
  protected override readonly title = "tic_tac_toe";
  protected override readonly opponentLeft = "The other side has gone. The game is over.";

  protected override begin(): Turn<string> {
    const squares = " ".repeat(9);
    return { state: squares, texts: [drawn(squares), null] };
  }

  protected override move(squares: string, player: Player, input: string): Turn<string> {
    if (!/^[1-9]$/.test(input)) return over(squares, ["The game was ended.", "The game was ended."]);
    const square = Number(input) - 1;
    if (squares[square] !== " ") return { state: squares, texts: [null, null] };
    const mark = marks[player];
    const after = squares.slice(0, square) + mark + squares.slice(square + 1);
    if (lines.some((line) => Array.from(line).every((index) => after[Number(index)] === mark))) {
      return over(after, forMover(player, "You won!", "You lost!"));
    }
    if (!after.includes(" ")) return over(after, ["A draw.", "A draw."]);
    return { state: after, texts: forMover(player, null, drawn(after)) };
  }
}

function over(squares: string, texts: ForBoth<string>): Turn<string> {
  return { state: squares, texts, isOver: true };
}

function forMover<Value>(player: Player, mover: Value, other: Value): ForBoth<Value> {
  return player === 0 ? [mover, other] : [other, mover];
}

function drawn(squares: string): string {
  const rows = [0, 3, 6].map((start) => Array.from(squares.slice(start, start + 3)).join("|"));
  return rows.join("\n-+-+-\n");
}
