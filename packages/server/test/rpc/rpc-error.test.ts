// What callers are told of errors that were not made for them.

import { errno } from "@switchboard/protocol";
import { StorageError } from "@switchboard/storage";
import { expect, test } from "vitest";
import { toRpcError } from "../../src/rpc/rpc-error.ts";

test("a datastore that is away is told with its code and without its address, as one that may be back", () => {
  const lost = new StorageError("STORAGE_CONNECTION_LOST", "postgresql://10.0.0.7/db: connect ECONNREFUSED");
  const error = toRpcError(lost);
  expect(error).toMatchObject({
    errno: errno.EAGAIN,
    retryable: true,
    extra: { code: "STORAGE_CONNECTION_LOST" },
    message: expect.stringMatching(/^the datastore failed \[STORAGE_CONNECTION_LOST\]: The database server cannot be/),
    cause: lost,
  });
  expect(error.message).not.toContain("10.0.0.7");
});

test("what trying again does not mend is told as such", () => {
  const error = toRpcError(new StorageError("STORAGE_CORRUPT", "/var/lib/x.db: file is not a database"));
  expect(error).toMatchObject({ errno: errno.EFAULT, retryable: false, extra: { code: "STORAGE_CORRUPT" } });
  expect(error.message).not.toContain("/var/lib");
});
