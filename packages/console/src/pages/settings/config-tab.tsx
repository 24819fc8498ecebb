// What was changed of workers while the gateway ran, against its configuration file: the difference, and writing it there.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Code } from "../../parts/code.tsx";
import { saveFile } from "../../parts/download.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { ActError, Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { hasRole } from "../../services/live.ts";
import type { FileChanges } from "../../services/types.ts";
import { call, submitTask, useAct, useCall } from "../../services/use-call.ts";

/** The tab. */
export function ConfigTab(): JSX.Element {
  const changes = useCall<FileChanges>("config.file_changes", [], ["workers.changed"]);
  const [task, setTask] = useState<number | undefined>();
  const act = useAct();
  return (
    <>
      <Loaded of={changes} what="What differs from the configuration file">
        {(found) => <Changes changes={found} again={changes.again} onTask={setTask} />}
      </Loaded>
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
      <section class="panel">
        <h3>By command</h3>
        <Code value={"switchboard config write --dry-run\nswitchboard config write"} language="shell" copy />
        <h3>As a file</h3>
        <p>The whole configuration as it stands now, secrets masked.</p>
        <ActError error={act.error} />
        <p class="buttons">
          <button
            type="button"
            disabled={act.isPending}
            onClick={() =>
              void act.run(async () => saveFile("switchboard.yaml", [await call<string>("config.export")]))
            }
          >
            Save switchboard.yaml
          </button>
        </p>
      </section>
    </>
  );
}

function Changes({
  changes,
  again,
  onTask,
}: {
  readonly changes: FileChanges;
  readonly again: () => void;
  readonly onTask: (id: number) => void;
}): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const { path: file, is_new: isNew, workers, diff, revision, refused } = changes;
  const name = file?.split("/").at(-1) ?? "the file";
  if (workers.length === 0 && !isNew) {
    return (
      <section class="panel">
        <h2>
          <Lamp state="ok" name="" /> The file says what runs
        </h2>
        <p>
          No worker is other than in <code>{file}</code>. What is changed here at run time is listed in this place, and
          can be written there.
        </p>
      </section>
    );
  }
  return (
    <section class="panel">
      <h2>
        {workers.length === 0
          ? "The gateway has no file of its own"
          : `${plural(workers.length, "worker")} ${workers.length === 1 ? "is" : "are"} other than in the file`}
      </h2>
      <p>
        {isNew ? (
          <>
            The gateway runs the try-out's configuration. <code>{file}</code> would be a file of its own, read at the
            next start.
          </>
        ) : (
          <>
            <code>{file}</code> still says what it said when it was read. The gateway keeps these changes over a
            restart, too.
          </>
        )}
      </p>
      <ul class="consequences">
        {workers.map(({ name: worker, change, options }) => (
          <li key={worker}>
            <b>{worker}</b> {change}
            {options.length === 0 ? "" : `: ${options.join(", ")}`}
          </li>
        ))}
      </ul>
      {diff === "" ? null : <Code value={diff} language="yaml" foldAt={60} copy label={`Difference of ${name}`} />}
      {refused !== null ? (
        <p class="act-error">
          <Lamp state="down" name="" /> It cannot be written: {refused.message}.
        </p>
      ) : isAsking ? (
        <Ask
          level={1}
          title={isNew ? `Make ${name}?` : `Write ${plural(workers.length, "change")} into ${name}?`}
          verb={isNew ? `Make ${name}` : `Write ${plural(workers.length, "change")}`}
          doing="Writing"
          note="nothing restarts"
          onYes={async () => {
            try {
              onTask(await submitTask("config.write", { revision }));
              setAsking(false);
            } finally {
              again();
            }
          }}
          onNo={() => setAsking(false)}
        >
          <p>
            {isNew ? "" : "Lines of other workers and sections stay as they are, comments too. "}
            Secrets are written as they are. {isNew ? "" : `The former file stays beside it as ${name}.bak.`}
          </p>
        </Ask>
      ) : (
        <p class="buttons">
          <RoleButton role="admin" allowed={hasRole("admin")} kind="main" onClick={() => setAsking(true)}>
            {isNew ? `Make ${name}…` : "Write to the file…"}
          </RoleButton>
        </p>
      )}
    </section>
  );
}
