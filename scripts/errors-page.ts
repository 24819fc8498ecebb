// Builds docs/errors.md from the catalogues of all packages. `npm run docs` writes it; test/errors.test.ts compares.

import { busErrors } from "@switchboard/bus";
import { clientErrors } from "@switchboard/client";
import { cliErrors } from "@switchboard/cli";
import { type ErrorCatalogue, kernelErrors } from "@switchboard/core";
import { gatewayErrors } from "@switchboard/gateway";
import { messagingErrors } from "@switchboard/messaging";
import { protocolErrors } from "@switchboard/protocol";
import { serverErrors } from "@switchboard/server";
import { storageErrors } from "@switchboard/storage";

/** Every package's part of the catalogue, in the order of the page. */
export const catalogues: Readonly<Record<string, ErrorCatalogue>> = {
  core: kernelErrors,
  storage: storageErrors,
  bus: busErrors,
  messaging: messagingErrors,
  protocol: protocolErrors,
  server: serverErrors,
  client: clientErrors,
  gateway: gatewayErrors,
  cli: cliErrors,
};

/** The whole page. */
export function errorsPage(): string {
  const sections = Object.entries(catalogues).map(([name, catalogue]) => {
    const rows = Object.entries(catalogue).map(
      ([code, { retryable, meaning, remedy }]) =>
        `| \`${code}\` | ${retryable ? "yes" : "no"} | ${meaning} | ${remedy} |`,
    );
    return [
      `## ${name}`,
      "",
      "| Code | Retryable | What happened | What to do |",
      "| --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  return [
    "# Error codes",
    "",
    "Generated from each package's `src/errors.ts` by `npm run docs`. An error's `code` is stable: it is never used again for something else.",
    "*Retryable* means that the same call may succeed later without anybody changing anything.",
    "",
    ...sections,
  ].join("\n");
}
