// What every service is, wherever its methods run: a listener of the kernel that can say a little about its methods beforehand.

import type { MessageListener } from "@switchboard/core";

/** A service as the registry sees it, wherever its methods run. */
export interface ServiceListener extends MessageListener {
  readonly id: string;
  /** True when the method may be called by somebody who is not logged in. */
  isOpen(method: string): boolean;
  /** Milliseconds until a call of the method fails; undefined without limit. */
  timeoutOf(method: string): number | undefined;
}
