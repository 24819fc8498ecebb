// Runs the datastore's contract on each SQL engine.

import { openSql } from "@switchboard/storage";
import { describeWithServer, tempFolder } from "@switchboard/testkit";
import { datastoreContract } from "../../src/testing/index.ts";

datastoreContract("sqlite", () => openSql({ driver: "sqlite", path: `${tempFolder()}/datastore.db` }));

describeWithServer("postgresql", "on a PostgreSQL server", (server) => {
  datastoreContract("postgresql", () => openSql({ driver: "postgresql", url: server().url }));
});
