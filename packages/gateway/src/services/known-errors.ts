// What error codes mean, in a sentence, from the catalogues of all packages that messages can fail in.

import { busErrors } from "@switchboard/bus";
import { messagingErrors, workerErrors } from "@switchboard/messaging";
import { storageErrors } from "@switchboard/storage";

/** What is known of an error by its code. */
export interface KnownError {
  readonly meaning: string;
  /** True: trying again cannot help. */
  readonly permanent: boolean;
}

const catalogue: Readonly<Record<string, { readonly meaning: string; readonly retryable: boolean }>> = {
  ...busErrors,
  ...storageErrors,
  ...messagingErrors,
  ...workerErrors,
};

/** What a code means; undefined for one that is not ours. */
export function knownError(code: string | undefined): KnownError | undefined {
  const entry = code !== undefined && Object.hasOwn(catalogue, code) ? catalogue[code] : undefined;
  return entry === undefined ? undefined : { meaning: entry.meaning, permanent: !entry.retryable };
}
