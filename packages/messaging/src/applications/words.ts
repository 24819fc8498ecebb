// The smallest applications: what one writes to see that everything is connected.

import { type DefinedApplication, defineApplication } from "../worker/define-application.ts";

function answering(
  { name, task, summary }: { readonly name: string; readonly task: string; readonly summary: string },
  answer: (content: string) => string,
): DefinedApplication {
  return defineApplication({
    name,
    summary,
    onMessage: ({ content }, reply) =>
      reply(content === null ? `Write something, and I will ${task} it.` : answer(content)),
  });
}

/** Answers with the same text. */
export const EchoWorker: DefinedApplication = answering(
  { name: "EchoWorker", task: "repeat", summary: "Answers with the same text." },
  (content) => content,
);

/** Answers with the text turned round. */
export const ReverseWorker: DefinedApplication = answering(
  { name: "ReverseWorker", task: "reverse", summary: "Answers with the text turned round." },
  (content) => characters(content).toReversed().join(""),
);

/** Answers with the number of words and characters. */
export const WordCountWorker: DefinedApplication = answering(
  { name: "WordCountWorker", task: "count", summary: "Answers with the number of words and characters." },
  (content) => {
    const words = content.split(/\s+/).filter((word) => word !== "").length;
    return `${counted(words, "word")}, ${counted(characters(content).length, "char")}`;
  },
);

// As people count them: a letter with its accents, or a flag, is one.
const segmenter = new Intl.Segmenter();

function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
