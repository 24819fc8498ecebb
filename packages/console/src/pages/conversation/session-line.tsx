// How the session of a dialled line stands: open, and for how long the network leaves it so, or ended and by whom.

import type { JSX } from "preact";
import { formatCountdown } from "../../format.ts";
import { Lamp } from "../../parts/lamp.tsx";
import type { MessageDetail } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import type { SessionState } from "./thread.ts";

/** One line. */
export function SessionLine({ session }: { readonly session: SessionState }): JSX.Element {
  const { isOpen, screen, leftMs, closedBy } = session;
  const closing = useCall<MessageDetail>(closedBy === undefined ? undefined : "messages.get", [closedBy]);
  const closer = session.closer ?? closerOf(closing.data);
  return (
    <p class="phone-session">
      <span>
        <Lamp state={isOpen ? "ok" : "stopped"} size={10} name="" />{" "}
        {isOpen ? `Session open, screen ${screen}` : closer === undefined ? "No session" : `Ended by ${closer}`}
      </span>
      {leftMs === undefined ? null : <span class="quiet-text num">network ends it in {formatCountdown(leftMs)}</span>}
    </p>
  );
}

function closerOf(detail: MessageDetail | undefined): string | undefined {
  if (detail === undefined) return undefined;
  const metadata = detail.message["transport_metadata"] as { readonly ended_by?: unknown } | undefined;
  return metadata?.ended_by === "network" ? "the network" : "the person";
}
