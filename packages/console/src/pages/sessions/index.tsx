// Sessions: who is logged in now, from where, since when. An administrator can end one.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { plural } from "../../format.ts";
import { Bar } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Time } from "../../parts/num.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { place, setQuery } from "../../router.ts";
import { hasRole } from "../../services/live.ts";
import { call, useCall, useEvery } from "../../services/use-call.ts";

interface Session {
  readonly id: number;
  readonly username: string;
  readonly address: string;
  readonly resource?: string | null;
  readonly started_at?: Date;
}

/** The page. */
export default function SessionsPage(): JSX.Element {
  const sessions = useCall<readonly Session[]>("session.get_live_user_sessions", [], ["session.*"]);
  // The live list does not say since when; the record does.
  const record = useCall<readonly Session[]>(
    "session.query",
    [[["active", "=", true]], { limit: 1000 }],
    ["session.*"],
  );
  const since = new Map((record.data ?? []).map(({ id, started_at }) => [id, started_at]));
  useEvery(5000, () => (sessions.again(), record.again()));
  const mine = useCall<number | null>("session.get_my_session_id");
  const text = place.value.query.get("q") ?? "";
  const [ending, setEnding] = useState<Session | undefined>();
  const columns: readonly Column<Session>[] = [
    {
      id: "who",
      name: "Who",
      width: "minmax(120px, 1fr)",
      cell: (session) => (
        <>
          <b>{session.username}</b> {session.id === mine.data ? <span class="quiet-text">this one</span> : null}
        </>
      ),
      sort: (session) => session.username,
      phone: "name",
    },
    {
      id: "from",
      name: "From",
      width: "minmax(110px, 1fr)",
      cell: (session) => hostOf(session.address),
      phone: "text",
    },
    { id: "with", name: "With", width: "120px", cell: (session) => session.resource ?? "–", phone: "least" },
    {
      id: "since",
      name: "Since",
      width: "130px",
      align: "right",
      cell: (session) => <Time at={session.started_at ?? since.get(session.id)} />,
      sort: (session) => (session.started_at ?? since.get(session.id))?.getTime() ?? 0,
      phone: "least",
    },
    {
      id: "end",
      name: "End",
      isNameHidden: true,
      width: "124px",
      align: "right",
      cell: (session) => (
        <RoleButton
          role="admin"
          allowed={hasRole("admin")}
          kind="small"
          disabled={session.id === mine.data}
          onClick={() => setEnding(session)}
        >
          End…
        </RoleButton>
      ),
      phone: "end",
    },
  ];
  return (
    <>
      <Bar title="Sessions" note={sessions.data === undefined ? undefined : plural(sessions.data.length, "session")}>
        <Filter
          label="Filter sessions"
          value={text}
          onChange={(value) => setQuery({ q: value })}
          placeholder="Filter"
        />
      </Bar>
      {ending === undefined ? null : (
        <div class="page">
          <Ask
            level={1}
            title={`End the session of ${ending.username}?`}
            verb="End it"
            doing="Ending"
            onYes={async () => {
              await call("management.kick_session", ending.id);
              setEnding(undefined);
              sessions.again();
            }}
            onNo={() => setEnding(undefined)}
          >
            <p>
              The connection from {hostOf(ending.address)} is closed; whoever is there has to sign in again. What they
              had under way as tasks goes on.
            </p>
          </Ask>
        </div>
      )}
      <Loaded of={sessions} what="The list of sessions">
        {(rows) => (
          <Table
            label="Sessions"
            columns={columns}
            rows={rows.filter(({ username, address }) => `${username} ${address}`.includes(text))}
            keyOf={(session) => String(session.id)}
            empty={<State kind="none" title="No other session is open" />}
          />
        )}
      </Loaded>
    </>
  );
}

// An address is told as `127.0.0.1,48486`.
function hostOf(address: string): string {
  return address.replace(/,(\d+)$/, ":$1");
}
