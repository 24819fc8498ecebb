// The SQLite engine keeps the contract.

import { openKeyValue } from "@switchboard/storage";
import { keyValueContract } from "@switchboard/storage/testing";
import { tempFolder } from "@switchboard/testkit";

const path = `${tempFolder()}/made/by/itself/key-value.db`;

keyValueContract("SQLite", { open: (options) => openKeyValue({ driver: "sqlite", path, ...options }) });
