import { createHash } from 'node:crypto';
import { DO_NOT_WAIT } from './function-parts.js';
import { holdFunctions } from './hold-functions.js';
import { ledgerFunctions } from './ledger-functions.js';
import type { SchemaName } from './schema-name.js';
import { spendTables } from './spend-tables.js';
import { windowFunctions } from './window-functions.js';

/** Another number is another schema, which programs of this version cannot use. */
export const SCHEMA_VERSION = 1;

/** The code of the error that a database with another version gives. Its detail is the version. */
export const OTHER_VERSION = 'ORV01';

/** The DDL, which may be carried out again. */
export function spendSchema(schema: SchemaName): string {
  const { quoted: s } = schema;
  const body =
    versionFunction(schema) +
    spendTables(schema) +
    windowFunctions(schema) +
    holdFunctions(schema) +
    ledgerFunctions(schema);
  return `-- Spend limits and the ledger of nestjs-openrouter, version ${SCHEMA_VERSION}.
CREATE SCHEMA IF NOT EXISTS ${s};

CREATE TABLE IF NOT EXISTS ${s}.meta (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  version integer NOT NULL,
  digest text NOT NULL,
  epoch uuid NOT NULL DEFAULT gen_random_uuid()
);

DO $check$
DECLARE there integer := (SELECT version FROM ${s}.meta);
BEGIN
  IF there <> ${SCHEMA_VERSION} THEN
    RAISE EXCEPTION 'The schema is of version %, not ${SCHEMA_VERSION}.', there
      USING ERRCODE = '${OTHER_VERSION}', DETAIL = there::text;
  END IF;
END $check$;
${body}
INSERT INTO ${s}.meta (version, digest) VALUES (${SCHEMA_VERSION}, '${digestOf(body)}')
  ON CONFLICT (is_only) DO UPDATE SET digest = EXCLUDED.digest;
`;
}

function versionFunction({ quoted: s }: SchemaName): string {
  return `
CREATE OR REPLACE FUNCTION ${s}.version(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
BEGIN
  RETURN (SELECT to_jsonb(m.version) FROM ${s}.meta m);
END $fn$;
`;
}

/**
 * A single statement that makes the schema, unless it is there. Programs that carry it out at once do so one after the
 * other.
 */
export function spendMigration(schema: SchemaName): string {
  const { plain, quoted: s } = schema;
  const ddl = spendSchema(schema);
  const digest = /INSERT INTO \S+\.meta .* '([0-9a-f]+)'\)/.exec(ddl)?.[1] ?? '';
  return `DO $migrate$
DECLARE is_there boolean := false;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('nestjs-openrouter migrate'), hashtext('${plain}'));
  IF to_regclass('${s}.meta') IS NOT NULL THEN
    SELECT version = ${SCHEMA_VERSION} AND digest = '${digest}' INTO is_there FROM ${s}.meta;
  END IF;
  IF is_there IS NOT TRUE THEN
    EXECUTE $ddl$${ddl}$ddl$;
  END IF;
END $migrate$`;
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32);
}
