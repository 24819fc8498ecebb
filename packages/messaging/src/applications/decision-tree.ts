// Leads a person through questions with numbered answers, as a tree in the configuration says.

import { type Session, SessionManager } from "../components/session-manager.ts";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { ConfigError } from "../errors.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";

const treeFields = {
  tree: {
    type: "dict",
    of: {
      type: "section",
      fields: {
        text: { type: "text", required: true, doc: "What the person reads; {step} is the answer given at that step." },
        answers: {
          type: "list",
          of: {
            type: "section",
            fields: {
              text: { type: "text", required: true, doc: "What the person chooses." },
              next: { type: "text", required: true, doc: "Name of the step that follows." },
            },
          },
          default: [],
          doc: "What may be answered. None: the session ends here. One: it is taken without asking.",
        },
      },
    },
    needs: ["start"],
    required: true,
    static: true,
    doc: "The steps by name; the first is `start`.",
  },
} as const;

/** What a decision tree is configured with. */
export type DecisionTreeConfig = ApplicationConfig & ConfigOf<typeof treeFields>;

type Tree = DecisionTreeConfig["tree"];
type Step = Tree[string];

const sessionLengthMs = 180_000;
const maxCharacters = 139;
const more = "\n0. More";

/**
 * Asks the questions of a tree:
 *
 * ```yaml
 * tree:
 *   start:
 *     text: Which fruit?
 *     answers:
 *       - { text: Apple, next: thanks }
 *       - { text: Pear, next: thanks }
 *   thanks: { text: "{start} it is. Thank you!" }
 * ```
 *
 * Answers that do not fit into 140 characters come page by page, 0 for the next and in the end the first again; their numbers are those of
 * the whole list. Anything else repeats the question. Whoever takes longer than 180 seconds begins again. Kept under
 * `decision_tree:<transport_name>:session:<address>`.
 */
export class DecisionTreeWorker extends Application<DecisionTreeConfig> {
  static readonly summary: string = "Leads people through a menu in a session.";
  static override readonly fields: ConfigFields = treeFields;
  readonly #tree = checked(this.config.tree);
  readonly #sessions = new SessionManager(this.context.keyValue.sub(`decision_tree:${this.config.transport_name}`), {
    maxSessionLengthMs: sessionLengthMs,
    clock: this.context.clock,
  });

  protected override async onNewSession(message: UserMessage): Promise<void> {
    await this.#sessions.create(userOf(message));
    await this.#goTo(message, "start", {});
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const session = await this.#sessions.load(userOf(message));
    const name = session["step"];
    // The tree may be another one since.
    const step = name === undefined ? undefined : stepOf(this.#tree, name);
    if (name === undefined || step === undefined) return this.onNewSession(message);

    const input = message.content?.trim();
    const answer = step.answers.find((_, index) => input === String(index + 1));
    if (answer !== undefined) return this.#goTo(message, answer.next, { ...session, [answerKey(name)]: answer.text });
    const page = Number(session["page"] ?? 0) + (input === "0" ? 1 : 0);
    await this.#ask(message, name, { ...session, page: String(page) });
  }

  protected override async onCloseSession(message: UserMessage): Promise<void> {
    await this.#sessions.clear(userOf(message));
  }

  async #goTo(message: UserMessage, target: string, session: Session): Promise<void> {
    let name = target;
    const known: Record<string, string> = { ...session, page: "0" };
    for (;;) {
      const [only, second] = stepOf(this.#tree, name)?.answers ?? [];
      if (only === undefined || second !== undefined) break;
      known[answerKey(name)] = only.text;
      name = only.next;
    }
    await this.#ask(message, name, known);
  }

  async #ask(message: UserMessage, name: string, session: Session): Promise<void> {
    const { text, answers } = stepOf(this.#tree, name) ?? { text: "", answers: [] };
    const question = filled(text, session);
    if (answers.length === 0) {
      await this.#sessions.clear(userOf(message));
      await this.replyTo(message, question, { continueSession: false });
      return;
    }
    const pages = paged(question, answers);
    const page = Number(session["page"]) % pages.length;
    await this.#sessions.save(userOf(message), { ...session, step: name, page });
    await this.replyTo(message, pages[page] ?? question);
  }
}

function paged(question: string, answers: Step["answers"]): string[] {
  const lines = answers.map(({ text }, index) => `\n${index + 1}. ${text}`);
  const whole = question + lines.join("");
  if (whole.length <= maxCharacters) return [whole];
  const pages: string[] = [];
  let page = question;
  for (const line of lines) {
    // A page has one answer at least, however long.
    if (page !== question && page.length + line.length + more.length > maxCharacters) {
      pages.push(page + more);
      page = question;
    }
    page += line;
  }
  // A single page has nothing more, however long it is.
  return pages.length === 0 ? [page] : [...pages, page + more];
}

function filled(text: string, session: Session): string {
  return text.replaceAll(/\{([^{}]+)\}/g, (placeholder, name: string) => session[answerKey(name)] ?? placeholder);
}

function answerKey(step: string): string {
  return `answer:${step}`;
}

function stepOf(tree: Tree, name: string): Step | undefined {
  return Object.hasOwn(tree, name) ? tree[name] : undefined;
}

function checked(tree: Tree): Tree {
  for (const [name, { answers }] of Object.entries(tree)) {
    for (const { next } of answers) {
      if (stepOf(tree, next) === undefined) {
        throw new ConfigError("CONFIG_INVALID", `tree.${name}: expected the name of a step as next, got "${next}"`);
      }
    }
    checkEnding(tree, name);
  }
  return tree;
}

// Steps with one answer are not asked, so a circle of them would never come to a question.
function checkEnding(tree: Tree, start: string): void {
  const passed = new Set<string>();
  for (let name = start; ;) {
    const [only, second] = stepOf(tree, name)?.answers ?? [];
    if (only === undefined || second !== undefined) return;
    if (passed.has(name)) {
      const circle = [...passed].join(", ");
      throw new ConfigError(
        "CONFIG_INVALID",
        `tree.${start}: expected a question, got a circle of single answers: ${circle}`,
      );
    }
    passed.add(name);
    name = only.next;
  }
}

function userOf({ from_addr }: UserMessage): string {
  return from_addr ?? "";
}
