// The tables of the message store, for SQLite and PostgreSQL alike: times are microseconds since 1970, structured values are text that holds
// ASCII JSON (PostgreSQL's own JSON type refuses U+0000 and lone surrogates, which real messages contain), flags are 0 or 1.

import type { Migration } from "@switchboard/storage";
import { sql, type Transaction } from "kysely";

/** Which migrations of a database are the message store's. */
export const storeNamespace = "message-store";

/** Rows as they are read. A `type`, because the statement builder needs an index signature. */
export type StoreTables = {
  batches: {
    batch_id: string;
    account_id: string | null;
    conversation_id: string | null;
    metadata: string;
    created_us: number;
    finished_us: number | null;
  };
  batch_tags: { batch_id: string; pool: string; tag: string };
  current_tags: { pool: string; tag: string; batch_id: string | null; metadata: string };
  messages: {
    direction: string;
    message_id: string;
    account_id: string | null;
    ts_us: number;
    stored_us: number;
    remote_addr: string | null;
    local_addr: string | null;
    transport_name: string | null;
    in_reply_to: string | null;
    provider: string | null;
    session_event: string | null;
    tag: string | null;
    is_test: number;
    accept_status: string | null;
    delivery_status: string | null;
    last_event_us: number | null;
    search_text: string;
    payload: string;
  };
  message_facts: {
    direction: string;
    message_id: string;
    ts_us: number;
    application: string | null;
    router: string | null;
    rule: number | null;
    error: string | null;
    fate: string | null;
    handled_us: number | null;
    answered_us: number | null;
  };
  message_trail: { message_id: string; at_us: number; entries: string };
  message_batches: { batch_id: string; direction: string; message_id: string; ts_us: number; remote_addr: string };
  events: {
    event_id: string;
    user_message_id: string;
    account_id: string | null;
    status: string;
    ts_us: number;
    stored_us: number;
    payload: string;
  };
  event_batches: { batch_id: string; event_id: string; ts_us: number; status: string };
  batch_counters: { batch_id: string; counter: string; value: number };
  message_blocks: { from_us: number; to_us: number; is_counted: number; text_part: number | null };
  message_block_counts: {
    field: string;
    value: string;
    from_us: number;
    inbound: number;
    outbound: number;
    failed: number;
    parked: number;
  };
};

const accounts = [
  `CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    is_active  SMALLINT NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
  )`,
  `CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL REFERENCES accounts (account_id),
    name            TEXT NOT NULL,
    app_type        TEXT NOT NULL,
    status          TEXT NOT NULL DEFAULT 'stopped',
    config          TEXT NOT NULL DEFAULT '{}',
    created_us      BIGINT NOT NULL,
    archived_us     BIGINT
  )`,
  `CREATE INDEX conversations_by_account ON conversations (account_id, created_us)`,
];

const batches = [
  `CREATE TABLE batches (
    batch_id        TEXT PRIMARY KEY,
    account_id      TEXT REFERENCES accounts (account_id),
    conversation_id TEXT REFERENCES conversations (conversation_id),
    metadata        TEXT NOT NULL DEFAULT '{}',
    created_us      BIGINT NOT NULL,
    finished_us     BIGINT
  )`,
  `CREATE INDEX batches_by_account ON batches (account_id, created_us)`,
  `CREATE INDEX batches_by_conversation ON batches (conversation_id, created_us)`,
  `CREATE TABLE batch_tags (
    batch_id TEXT NOT NULL REFERENCES batches (batch_id),
    pool     TEXT NOT NULL,
    tag      TEXT NOT NULL,
    PRIMARY KEY (batch_id, pool, tag)
  )`,
  `CREATE INDEX batch_tags_by_tag ON batch_tags (pool, tag, batch_id)`,
  `CREATE TABLE current_tags (
    pool     TEXT NOT NULL,
    tag      TEXT NOT NULL,
    batch_id TEXT REFERENCES batches (batch_id),
    metadata TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (pool, tag)
  )`,
  `CREATE INDEX current_tags_by_batch ON current_tags (batch_id)`,
  `CREATE TABLE batch_counters (
    batch_id TEXT NOT NULL REFERENCES batches (batch_id),
    counter  TEXT NOT NULL,
    value    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (batch_id, counter)
  )`,
];

const messages = [
  `CREATE TABLE messages (
    direction       TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    message_id      TEXT NOT NULL,
    account_id      TEXT REFERENCES accounts (account_id),
    ts_us           BIGINT NOT NULL,
    stored_us       BIGINT NOT NULL,
    remote_addr     TEXT,
    local_addr      TEXT,
    transport_name  TEXT,
    in_reply_to     TEXT,
    provider        TEXT,
    session_event   TEXT,
    tag             TEXT,
    is_test         SMALLINT NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1)),
    accept_status   TEXT,
    delivery_status TEXT,
    last_event_us   BIGINT,
    search_text     TEXT NOT NULL DEFAULT '',
    payload         TEXT NOT NULL,
    PRIMARY KEY (direction, message_id)
  )`,
  `CREATE INDEX messages_by_account_time ON messages (account_id, direction, ts_us, message_id)`,
  `CREATE INDEX messages_by_time ON messages (ts_us, message_id)`,
  `CREATE INDEX messages_by_transport_time ON messages (transport_name, ts_us)`,
  `CREATE INDEX messages_by_remote_time ON messages (remote_addr, ts_us)`,
  `CREATE INDEX messages_by_reply ON messages (in_reply_to)`,
  `CREATE TABLE message_batches (
    batch_id    TEXT NOT NULL REFERENCES batches (batch_id),
    direction   TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    ts_us       BIGINT NOT NULL,
    remote_addr TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, direction, message_id),
    FOREIGN KEY (direction, message_id) REFERENCES messages (direction, message_id)
  )`,
  `CREATE INDEX message_batches_by_time ON message_batches (batch_id, direction, ts_us, message_id, remote_addr)`,
  `CREATE INDEX message_batches_by_addr ON message_batches (batch_id, direction, remote_addr, ts_us)`,
  `CREATE INDEX message_batches_by_message ON message_batches (direction, message_id)`,
];

const events = [
  `CREATE TABLE events (
    event_id        TEXT PRIMARY KEY,
    user_message_id TEXT NOT NULL,
    account_id      TEXT REFERENCES accounts (account_id),
    status          TEXT NOT NULL,
    ts_us           BIGINT NOT NULL,
    stored_us       BIGINT NOT NULL,
    payload         TEXT NOT NULL
  )`,
  `CREATE INDEX events_by_message ON events (user_message_id, ts_us, event_id)`,
  `CREATE INDEX events_by_account_time ON events (account_id, ts_us, event_id)`,
  `CREATE TABLE event_batches (
    batch_id TEXT NOT NULL REFERENCES batches (batch_id),
    event_id TEXT NOT NULL REFERENCES events (event_id),
    ts_us    BIGINT NOT NULL,
    status   TEXT NOT NULL,
    PRIMARY KEY (batch_id, event_id)
  )`,
  `CREATE INDEX event_batches_by_time ON event_batches (batch_id, ts_us, event_id, status)`,
  `CREATE INDEX event_batches_by_event ON event_batches (event_id)`,
];

// What is known of a message besides itself. Apart from `messages`, because it is learnt by others and often sooner than the message is stored.
const trail = [
  `CREATE TABLE message_facts (
    direction   TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    message_id  TEXT NOT NULL,
    ts_us       BIGINT NOT NULL,
    application TEXT,
    router      TEXT,
    rule        BIGINT,
    error       TEXT,
    fate        TEXT CHECK (fate IN ('parked', 'dropped', 'none')),
    handled_us  BIGINT,
    answered_us BIGINT,
    PRIMARY KEY (direction, message_id)
  )`,
  `CREATE INDEX message_facts_by_time ON message_facts (ts_us)`,
  `CREATE TABLE message_trail (
    message_id TEXT NOT NULL,
    at_us      BIGINT NOT NULL,
    entries    TEXT NOT NULL
  )`,
  `CREATE INDEX message_trail_by_message ON message_trail (message_id, at_us)`,
  `CREATE INDEX message_trail_by_time ON message_trail (at_us)`,
];

// What nothing asks by is not kept in order: each index is one more page to write for every group of messages. They come back with accounts.
const withoutAccountOrder = [
  `DROP INDEX messages_by_account_time`,
  `DROP INDEX events_by_account_time`,
  // Steps are written in another form now, and those from before can no more be read.
  `DELETE FROM message_trail`,
];

// What is known of some hundred messages that follow one another in time, gathered afterwards (block-builder.ts). Nothing is lost with it.
const blocks = [
  `CREATE TABLE message_blocks (
    from_us    BIGINT PRIMARY KEY,
    to_us      BIGINT NOT NULL,
    is_counted SMALLINT NOT NULL CHECK (is_counted IN (0, 1)),
    text_part  BIGINT
  )`,
  `CREATE TABLE message_block_counts (
    field    TEXT NOT NULL,
    value    TEXT NOT NULL,
    from_us  BIGINT NOT NULL,
    inbound  BIGINT NOT NULL,
    outbound BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    parked   BIGINT NOT NULL,
    PRIMARY KEY (from_us, field, value)
  )`,
];

// A message that is stored again may have been in a block. With SQLite a trigger costs nothing where none is; on PostgreSQL it would be a procedure in
// another language, so there the writer asks (block-marks.ts).
const markMoved = `CREATE TRIGGER messages_stored_again BEFORE UPDATE OF ts_us ON messages BEGIN
    UPDATE message_blocks SET is_counted = 0, text_part = NULL
    WHERE from_us = (SELECT max(from_us) FROM message_blocks WHERE from_us <= OLD.ts_us);
  END`;

// Texts were indexed in another form before; the block builder puts them in anew.
async function forgetTexts(db: Transaction<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM sqlite_master
    WHERE sql LIKE 'CREATE VIRTUAL TABLE%' AND substr(name, 1, 14) = 'message_texts_'`.execute(db);
  for (const { name } of rows) await sql`DROP TABLE ${sql.table(name)}`.execute(db);
  await sql`UPDATE message_blocks SET text_part = NULL`.execute(db);
}

/** The store's schema, step by step. */
export const storeMigrations: readonly Migration[] = [
  { name: "0001-messages", up: [...accounts, ...batches, ...messages, ...events, ...trail] },
  { name: "0002-without-account-order", up: withoutAccountOrder },
  { name: "0003-blocks", up: blocks },
  {
    name: "0004-moved-messages",
    up: async (db, dialect) => {
      if (dialect === "sqlite") await sql.raw(markMoved).execute(db);
    },
  },
  {
    name: "0005-short-texts",
    up: async (db, dialect) => {
      if (dialect === "sqlite") await forgetTexts(db);
    },
  },
];
