// A conversation kept: as a test of the application that answered, or as the commands that say the same again.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { Segments } from "../../parts/bar.tsx";
import { Code, copyText } from "../../parts/code.tsx";
import { saveFile } from "../../parts/download.ts";
import type { Exchange } from "../../parts/exchange.ts";
import { Loaded } from "../../parts/state.tsx";
import type { PhoneLine, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { sameCall } from "../services/same-call.ts";
import { answeredBy, testOf } from "./as-test.ts";

interface SaveProps {
  readonly thread: readonly Exchange[];
  readonly line: PhoneLine;
  readonly onClose: () => void;
}

/** The panel. */
export function SaveAsTest({ thread, line, onClose }: SaveProps): JSX.Element {
  const [form, setForm] = useState<"test" | "commands">("test");
  const application = thread.findLast(({ asked }) => asked.application !== null)?.asked.application ?? undefined;
  return (
    <section class="panel save-as-test" aria-labelledby="save-as-test">
      <header class="section-head">
        <h2 id="save-as-test">Save this conversation</h2>
        <Segments
          label="As what"
          options={[
            { value: "test", name: "A test" },
            { value: "commands", name: "Commands" },
          ]}
          value={form}
          onChange={setForm}
        />
        <button type="button" class="link section-acts" onClick={onClose}>
          Close
        </button>
      </header>
      {form === "commands" ? (
        <Kept name={`${line.channel}.sh`} text={commandsOf(thread, line)} note="Says the same to this gateway again." />
      ) : application === undefined ? (
        <p class="quiet-text">No application has answered yet, so there is nothing to test.</p>
      ) : (
        <ApplicationTest application={application} thread={thread} line={line} />
      )}
    </section>
  );
}

function ApplicationTest({
  application,
  thread,
  line,
}: Omit<SaveProps, "onClose"> & { readonly application: string }): JSX.Element {
  const worker = useCall<Worker>("workers.get", [application]);
  const exchanges = answeredBy(thread, application);
  const others = thread.length - exchanges.length;
  return (
    <Loaded of={worker} what="The application" lines={8}>
      {({ class: className, config = {} }) => {
        const { name, text, secrets } = testOf({ application, className, config, line, exchanges });
        const notes = [
          `Put it beside the application and run it: npx vitest run ${name}.`,
          ...(others === 0 ? [] : [`${plural(others, "exchange")} that ${application} did not answer left out.`]),
          ...(secrets.length === 0 ? [] : [`Secret options left out: ${secrets.join(", ")}.`]),
        ];
        return <Kept name={name} text={text} note={notes.join(" ")} />;
      }}
    </Loaded>
  );
}

function Kept({
  name,
  text,
  note,
}: {
  readonly name: string;
  readonly text: string;
  readonly note: string;
}): JSX.Element {
  return (
    <>
      <Code value={text} language="text" label={name} />
      <p class="buttons">
        <button type="button" class="main" onClick={() => saveFile(name, [text])}>
          Download {name}
        </button>
        <button type="button" onClick={() => void copyText(text)}>
          Copy
        </button>
        <span class="quiet-text">{note}</span>
      </p>
    </>
  );
}

function commandsOf(thread: readonly Exchange[], { channel }: PhoneLine): string {
  const calls = thread.map(({ asked: { from_addr, to_addr, content, session_event } }) =>
    sameCall("CLI", "send.in", [{ channel, from_addr, to_addr, content, session_event }], ""),
  );
  return `${calls.join("\n")}\n`;
}
