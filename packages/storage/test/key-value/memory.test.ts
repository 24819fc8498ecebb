// The memory engine keeps the contract.

import { openKeyValue } from "@switchboard/storage";
import { keyValueContract } from "@switchboard/storage/testing";

keyValueContract("memory", {
  open: (options) => openKeyValue({ driver: "memory", ...options }),
  sharesData: false,
  canWait: false,
});
