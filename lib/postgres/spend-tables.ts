import type { SchemaName } from './schema-name.js';

/**
 * The tables. Amounts are whole nano-dollars; times of windows and holds are milliseconds since 1970.
 *
 * A window's amounts are arrays, with an element for each slot of a rolling window: a row then stands for all that counts
 * together, and locking it locks what an admission depends on.
 *
 * `position` is where `page` shows a completion. It is given by the reader, not by the writer: what is written first need
 * not be visible first, and a reader would go past it.
 */
export function spendTables({ quoted: s }: SchemaName): string {
  return `
CREATE TABLE IF NOT EXISTS ${s}.accounts (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS ${s}.windows (
  account integer NOT NULL,
  root text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  span text COLLATE "C" NOT NULL,
  settled bigint[] NOT NULL DEFAULT '{}',
  held bigint[] NOT NULL DEFAULT '{}',
  unsettled bigint[] NOT NULL DEFAULT '{}',
  keep_until bigint,
  PRIMARY KEY (account, root, key, span)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS windows_keep_until ON ${s}.windows (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE IF NOT EXISTS ${s}.holds (
  account integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  is_adjustment boolean NOT NULL,
  state text NOT NULL,
  nano_usd bigint NOT NULL,
  generation_id text,
  places jsonb NOT NULL,
  note text NOT NULL,
  admitted_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  claims integer NOT NULL DEFAULT 0,
  claimed_until bigint NOT NULL DEFAULT 0,
  forget_at bigint,
  PRIMARY KEY (account, id, is_adjustment)
);
CREATE INDEX IF NOT EXISTS holds_expires_at ON ${s}.holds (account, expires_at) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS holds_claimed_until ON ${s}.holds (account, claimed_until) WHERE state = 'unsettled';
CREATE INDEX IF NOT EXISTS holds_forget_at ON ${s}.holds (forget_at) WHERE forget_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS ${s}.warnings (
  account integer NOT NULL,
  root text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  span text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  claim_id text NOT NULL,
  keep_until bigint,
  PRIMARY KEY (account, root, key, span, name)
);
CREATE INDEX IF NOT EXISTS warnings_keep_until ON ${s}.warnings (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE IF NOT EXISTS ${s}.bills (
  account integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  latest bigint[] NOT NULL,
  forget_at bigint NOT NULL,
  PRIMARY KEY (account, name)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS bills_forget_at ON ${s}.bills (forget_at);

CREATE SEQUENCE IF NOT EXISTS ${s}.positions;
CREATE TABLE IF NOT EXISTS ${s}.completions (
  account integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  generation_id text,
  scope jsonb NOT NULL,
  model text,
  provider text,
  prompt_tokens bigint,
  completion_tokens bigint,
  nano_usd bigint,
  source text NOT NULL,
  outcome text NOT NULL,
  is_byok boolean NOT NULL,
  is_stream boolean NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms bigint NOT NULL,
  settled_at timestamptz NOT NULL,
  position bigint,
  PRIMARY KEY (account, id)
);
CREATE INDEX IF NOT EXISTS completions_started_at ON ${s}.completions (account, started_at);
CREATE INDEX IF NOT EXISTS completions_position ON ${s}.completions (account, position, started_at);
CREATE INDEX IF NOT EXISTS completions_scope ON ${s}.completions
  USING gin (scope jsonb_path_ops) WITH (fastupdate = off);
`;
}
