// The applications that come with Switchboard.

export { CalculatorApp } from "./calculator.ts";
export { DecisionTreeWorker } from "./decision-tree.ts";
export { HangmanWorker } from "./hangman.ts";
export { HTTPRelayApplication } from "./http-relay.ts";
export { MemoWorker } from "./memo.ts";
export { RapidSMSRelay } from "./rapidsms-relay.ts";
export { RockPaperScissorsWorker } from "./rock-paper-scissors.ts";
export { StaticReplyApplication } from "./static-reply.ts";
export { TicTacToeWorker } from "./tic-tac-toe.ts";
export { EchoWorker, ReverseWorker, WordCountWorker } from "./words.ts";
