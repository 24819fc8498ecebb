// What a gateway is started with.

import type { Clock, Logger } from "@switchboard/core";
import type { GatewayFile } from "./config/gateway-file.ts";

/** How a gateway is started. */
export interface GatewayOptions {
  readonly file: GatewayFile;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Ports that win over those of the file. 0: any free one; null: none. */
  readonly ports?: { readonly control?: number | null; readonly console?: number | null };
  /** Folder of the console's files, unless the file names one; default a page that says that there is none. */
  readonly consoleFolder?: string;
  /** Hears which part is being started or stopped, and which worker is waited for. */
  readonly onProgress?: (text: string) => void;
}

/** The same with nothing left open. */
export type ResolvedOptions = Required<Omit<GatewayOptions, "consoleFolder">> & Pick<GatewayOptions, "consoleFolder">;
