// Messages: search, volume, the live list that can be held, one message with its trail.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { formatCount, formatMoment } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { MessageInspector } from "../../parts/message.tsx";
import { Failed, Loading, State } from "../../parts/state.tsx";
import { Table } from "../../parts/table.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import { now, presentTime } from "../../services/clock.ts";
import { epoch, gateway } from "../../services/connection.ts";
import { workers } from "../../services/live.ts";
import type { HistogramBar, MessageRow, MessageSelection } from "../../services/types.ts";
import { call, useCall } from "../../services/use-call.ts";
import { ColumnChoice, isUsual, useColumnChoice } from "./columns.tsx";
import { FilterSheet } from "./filter-sheet.tsx";
import { LiveTail } from "./live-tail.ts";
import { Dates, Range, ranges } from "./range.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { type Selection, nothingSelected, toggled } from "./selection.ts";
import { Volume } from "./volume.tsx";

interface SearchResult {
  readonly rows: readonly MessageRow[];
  readonly total: number;
  /** What of the query was left out, with the reason. */
  readonly problems?: readonly { readonly source: string; readonly message: string }[];
}

/** The page. */
export default function MessagesPage(): JSX.Element {
  const query = place.value.query;
  const text = query.get("q") ?? "";
  const range = ranges.find(({ value }) => value === query.get("range")) ?? ranges[1];
  const [fromText, toText] = [query.get("from"), query.get("to")];
  const isLive = fromText === null;
  const [, openId] = segments.value;
  const tail = useMemo(() => new LiveTail(), []);
  // The range moves with the clock only when it is read again.
  const times = useMemo(() => {
    const to = toText === null ? presentTime() : new Date(toText);
    const from = fromText === null ? new Date(to.getTime() - range.minutes * 60_000) : new Date(fromText);
    return { from, to };
  }, [text, range, fromText, toText, epoch.value]);
  const found = useCall<SearchResult>("messages.search", [text, { from: times.from, to: times.to, limit: 500 }]);
  const bars = useCall<readonly HistogramBar[]>("messages.histogram", [
    { query: text, from: times.from, to: times.to, buckets: 90 },
  ]);
  // Some hundred elements that no new message changes.
  const volume = useMemo(
    () => (bars.data === undefined ? null : <Volume bars={bars.data} onRange={chooseRange} />),
    [bars.data],
  );
  const client = gateway.value;
  const up = epoch.value;

  useEffect(() => {
    if (found.data !== undefined) tail.take({ kind: "read", rows: found.data.rows });
  }, [found.data]);
  useEffect(() => {
    if (client === undefined || !isLive) return;
    tail.follow(client, text);
    return () => tail.stop();
  }, [client, text, isLive, up]);
  useEffect(() => {
    if (openId !== undefined) tail.take({ kind: "hold", at: now.peek() });
  }, [openId]);

  const choice = useColumnChoice();
  const { rows, newerCount, heldSince, skipped } = tail.state.value;
  const [isAsking, setAsking] = useState(false);
  const [selection, setSelection] = useState<Selection>(nothingSelected);
  useEffect(() => setSelection(nothingSelected), [text, range, fromText, toText]);
  // The range stands still from now on: what comes later is not meant.
  const selectAll = async (): Promise<void> => {
    const to = isLive ? presentTime() : times.to;
    const choice = { query: text, from: times.from, to };
    const { count } = await call<MessageSelection>("messages.select", choice);
    setSelection({ kind: "match", choice, count });
  };
  const shownAsSelected = useMemo(
    () =>
      selection.kind === "rows"
        ? selection.ids
        : new Set(rows.filter(({ at }) => at < (selection.choice.to ?? at)).map(({ id }) => id)),
    [selection, rows],
  );
  const toggle = (): void => tail.take(heldSince === undefined ? { kind: "hold", at: now.peek() } : { kind: "resume" });
  const close = (): void => navigate(`/messages${location.search.replace(/[?&]tab=\w+/, "")}`);
  useKeys({ hold: toggle, newer: () => tail.take({ kind: "show" }) });
  const banner =
    isLive && heldSince !== undefined ? (
      <div class="table-banner">
        <span>
          {newerCount === 0 ? "Nothing newer, " : <b>{formatCount(newerCount)} newer, </b>}
          <span class="quiet-text">
            held since {formatMoment(heldSince, now.peek())}
            {openId === undefined ? "" : " while a trail is open"}
          </span>
        </span>
        {newerCount === 0 ? null : (
          <button type="button" class="link" onClick={() => tail.take({ kind: "show" })}>
            <kbd>{keyHint("newer")}</kbd> show them
          </button>
        )}
      </div>
    ) : null;
  return (
    <div class="split">
      <div class="split-list">
        <Bar title="Messages">
          <FilterSheet
            value={text}
            keys={completions()}
            total={found.data?.total}
            onChange={(value) => setQuery({ q: value })}
          />
          <Range value={isLive ? range.value : "dates"} isAsking={isAsking} onAsk={setAsking} />
          {isLive ? (
            <button type="button" onClick={toggle} aria-pressed={heldSince !== undefined}>
              {heldSince === undefined ? "Hold" : "Resume"} <kbd>Space</kbd>
            </button>
          ) : (
            <button type="button" onClick={() => setQuery({ from: null, to: null })}>
              Back to live
            </button>
          )}
        </Bar>
        <div class="search-area">
          {isAsking || !isLive ? (
            <Dates key={`${fromText} ${toText}`} from={times.from} to={times.to} onDone={() => setAsking(false)} />
          ) : null}
          <Filter
            label="Search messages"
            value={text}
            onChange={(value) => setQuery({ q: value })}
            placeholder="address, text or id, or state:parked channel:sms-…"
            keys={completions()}
          />
          <Totals bars={bars.data ?? []} total={found.data?.total}>
            <button
              type="button"
              class="link not-phone"
              aria-expanded={choice.isOpen}
              onClick={() => choice.setOpen(!choice.isOpen)}
            >
              Columns…
            </button>
            {found.data === undefined || found.data.total === 0 ? null : (
              <button type="button" class="link" onClick={() => void selectAll()}>
                Export, resend…
              </button>
            )}
          </Totals>
          {choice.isOpen ? <ColumnChoice choice={choice} /> : null}
          {volume}
          {found.data?.problems?.map(({ source, message }) => (
            <p key={message} class="quiet-text" role="status">
              Left out: <code>{source}</code>, {message}.
            </p>
          ))}
          {skipped === 0 ? null : (
            <p class="quiet-text">
              {formatCount(skipped)} skipped here, too fast for this browser.{" "}
              <button type="button" class="link" onClick={found.again}>
                Search them
              </button>
            </p>
          )}
        </div>
        {found.error !== undefined && rows.length === 0 ? (
          <Failed error={found.error} what="The list" again={found.again} />
        ) : null}
        {found.data === undefined && found.error === undefined && rows.length === 0 ? (
          <div class="page">
            <Loading what="messages" lines={12} />
          </div>
        ) : (
          <Table
            label="Messages"
            columns={openId === undefined ? choice.columns : choice.columns.filter(isUsual)}
            rows={rows}
            keyOf={(row) => row.id}
            open={openId}
            selected={shownAsSelected}
            onSelect={(id, keys) => {
              // The next one must not move away under the pointer.
              if (isLive) tail.take({ kind: "hold", at: now.peek() });
              setSelection(toggled(selection, id, keys));
            }}
            hrefOf={(row) => `${path("messages", row.id)}${location.search}`}
            banner={banner}
            // Only what is here as a whole can be put in another order.
            sortable={!isLive && found.data !== undefined && found.data.total <= rows.length}
            onScrolled={(top) => (top > 40 && isLive ? tail.take({ kind: "hold", at: now.peek() }) : undefined)}
            empty={<NothingFound text={text} total={found.data?.total ?? 0} />}
          />
        )}
        <SelectionBar
          selection={selection}
          total={found.data?.total}
          onAll={() => void selectAll()}
          onClear={() => setSelection(nothingSelected)}
        />
      </div>
      {openId === undefined ? null : <MessageInspector id={openId} onClose={close} />}
    </div>
  );
}

function chooseRange(from: Date, to: Date): void {
  setQuery({ from: from.toISOString(), to: to.toISOString() });
}

function completions(): Readonly<Record<string, readonly string[]>> {
  const names = (kind: string): readonly string[] =>
    (workers.value ?? []).filter((worker) => worker.kind === kind).map(({ name }) => name);
  return {
    channel: names("channel"),
    router: names("router"),
    application: names("application"),
    person: [],
    to: [],
    from: [],
    state: ["waiting", "answered", "sent", "delivered", "failed", "parked", "handled"],
    error: [],
    type: ["in", "out"],
    session: ["new", "resume", "close"],
    tag: [],
    provider: [],
  };
}

function Totals({
  bars,
  total,
  children,
}: {
  readonly bars: readonly HistogramBar[];
  readonly total: number | undefined;
  /** What can be done with them. */
  readonly children: ComponentChildren;
}): JSX.Element {
  const sum = (pick: (bar: HistogramBar) => number): number => bars.reduce((all, bar) => all + pick(bar), 0);
  const [failed, parked] = [sum((bar) => bar.failed), sum((bar) => bar.parked)];
  return (
    <p class="totals">
      <span>
        <b>{formatCount(total)}</b> found
      </span>
      <span>
        <i class="arrow-in" /> {formatCount(sum((bar) => bar.in))} in
      </span>
      <span>
        <i class="arrow-out" /> {formatCount(sum((bar) => bar.out))} out
      </span>
      {failed === 0 ? null : (
        <span class="failed">
          <Lamp state="down" size={10} name="" /> {formatCount(failed)} failed
        </span>
      )}
      {parked === 0 ? null : (
        <span class="parked">
          <Lamp state="parked" size={10} name="" /> {formatCount(parked)} parked
        </span>
      )}
      <span class="totals-end">{children}</span>
    </p>
  );
}

/** What was searched, and which filter is in the way, with counts. */
function NothingFound({ text, total }: { readonly text: string; readonly total: number }): JSX.Element {
  const words = text.split(" ").filter((word) => word !== "");
  const [counts, setCounts] = useState<readonly (readonly [string, number])[]>([]);
  useEffect(() => {
    let isOver = false;
    const tries = words.slice(0, 4).map(async (word) => {
      const rest = words.filter((other) => other !== word).join(" ");
      const { total } = await call<SearchResult>("messages.search", rest, { limit: 1 });
      return [word, total] as const;
    });
    Promise.all(tries).then(
      (found) => (isOver ? undefined : setCounts(found)),
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [text]);
  if (words.length === 0) {
    return (
      <State kind="empty" title="No message yet">
        <p>Everything that people write and that is sent to them is listed here, newest first.</p>
        <a class="button main" href="/talk">
          Try a conversation
        </a>
      </State>
    );
  }
  return (
    <State kind="none" title={`No message fits ${text}`}>
      <p>{total === 0 ? "Nothing in this range." : ""} You could</p>
      <ul>
        {counts.map(([word, count]) => (
          <li key={word}>
            <button
              type="button"
              class="link"
              onClick={() => setQuery({ q: words.filter((other) => other !== word).join(" ") })}
            >
              drop <code>{word}</code>
            </button>{" "}
            <span class="num quiet-text">{count === 0 ? "still nothing" : `${formatCount(count)} found`}</span>
          </li>
        ))}
        <li>
          <button type="button" class="link" onClick={() => setQuery({ range: "24h", from: null, to: null })}>
            search 24 h instead
          </button>
        </li>
      </ul>
    </State>
  );
}
