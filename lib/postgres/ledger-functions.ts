import { BILLS_KEPT } from '../spend-limits/model/learned-bill.js';
import { DO_NOT_WAIT, NOW } from './function-parts.js';
import type { SchemaName } from './schema-name.js';

const BILLS_KEPT_MS = 30 * 86_400_000;

/** A row for each completion, the bills that are learned from, and what is old. */
export function ledgerFunctions({ quoted: s }: SchemaName): string {
  return `
CREATE OR REPLACE FUNCTION ${s}.certainty(source text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $fn$
  SELECT CASE source WHEN 'unknown' THEN 0 WHEN 'hold' THEN 1 ELSE 2 END
$fn$;

-- Writes what is known of a completion, unless as much is known already. In PL/pgSQL, which keeps the plan.
CREATE OR REPLACE FUNCTION ${s}.write_entry(in_account integer, entry jsonb) RETURNS void
LANGUAGE plpgsql AS $fn$
BEGIN
  INSERT INTO ${s}.completions AS kept (account, id, generation_id, scope, model, provider, prompt_tokens,
    completion_tokens, nano_usd, source, outcome, is_byok, is_stream, started_at, duration_ms, settled_at)
  VALUES (in_account, entry->>'id', entry->>'generationId', entry->'scope', entry->>'model', entry->>'provider',
    (entry->>'promptTokens')::bigint, (entry->>'completionTokens')::bigint, (entry->>'nanoUsd')::bigint,
    entry->>'source', entry->>'outcome', (entry->>'isByok')::boolean, (entry->>'isStream')::boolean,
    to_timestamp((entry->>'startedAt')::bigint / 1000.0), (entry->>'durationMs')::bigint, clock_timestamp())
  ON CONFLICT (account, id) DO UPDATE SET
    generation_id = coalesce(EXCLUDED.generation_id, kept.generation_id), scope = EXCLUDED.scope,
    model = coalesce(EXCLUDED.model, kept.model), provider = coalesce(EXCLUDED.provider, kept.provider),
    prompt_tokens = coalesce(EXCLUDED.prompt_tokens, kept.prompt_tokens),
    completion_tokens = coalesce(EXCLUDED.completion_tokens, kept.completion_tokens),
    nano_usd = EXCLUDED.nano_usd, source = EXCLUDED.source, outcome = EXCLUDED.outcome, is_byok = EXCLUDED.is_byok,
    is_stream = EXCLUDED.is_stream, started_at = EXCLUDED.started_at, duration_ms = EXCLUDED.duration_ms,
    settled_at = EXCLUDED.settled_at, position = NULL
  WHERE ${s}.certainty(kept.source) < ${s}.certainty(EXCLUDED.source);
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.record(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
BEGIN
  PERFORM ${s}.write_entry(${s}.account_of(account_name), given);
  RETURN 'true';
END $fn$;

-- The next completions of a range, each of which gets its position when it is first shown. Null after a position that none
-- has yet.
CREATE OR REPLACE FUNCTION ${s}.page(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $fn$
DECLARE
  in_account integer := ${s}.account_of(account_name);
  since timestamptz := to_timestamp((given->>'from')::bigint / 1000.0);
  before timestamptz := to_timestamp((given->>'to')::bigint / 1000.0);
  within jsonb := given->'scope';
  cursor_position bigint := (given->>'after')::bigint;
  most integer := (given->>'limit')::integer;
  shown integer;
  one record;
  answer jsonb;
BEGIN
  IF cursor_position > coalesce(pg_sequence_last_value('${s}.positions'), 0) THEN
    RETURN 'null';
  END IF;
  SELECT count(*) INTO shown FROM (SELECT FROM ${s}.completions c
    WHERE c.account = in_account AND c.position > cursor_position AND c.started_at >= since AND c.started_at < before
      AND c.scope @> within ORDER BY c.position LIMIT most) found;
  IF shown < most THEN
    -- One reader at a time, until its transaction ends: so a position that is seen is never followed by a lower one.
    PERFORM pg_advisory_xact_lock(hashtext('nestjs-openrouter positions'), in_account);
    FOR one IN
      SELECT c.id FROM ${s}.completions c
        WHERE c.account = in_account AND c.position IS NULL AND c.started_at >= since AND c.started_at < before
          AND c.scope @> within
        ORDER BY c.started_at, c.id LIMIT most - shown FOR UPDATE SKIP LOCKED
    LOOP
      UPDATE ${s}.completions c SET position = nextval('${s}.positions') WHERE c.account = in_account AND c.id = one.id;
    END LOOP;
  END IF;
  SELECT jsonb_agg(jsonb_build_object('id', id, 'generationId', generation_id, 'scope', scope, 'model', model,
      'provider', provider, 'promptTokens', prompt_tokens, 'completionTokens', completion_tokens, 'nanoUsd', nano_usd,
      'source', source, 'outcome', outcome, 'isByok', is_byok, 'isStream', is_stream,
      'startedAt', round(extract(epoch FROM started_at) * 1000), 'durationMs', duration_ms,
      'settledAt', floor(extract(epoch FROM settled_at) * 1000), 'position', position::text) ORDER BY position)
    INTO answer FROM (SELECT * FROM ${s}.completions c
      WHERE c.account = in_account AND c.position > cursor_position AND c.started_at >= since AND c.started_at < before
        AND c.scope @> within ORDER BY c.position LIMIT most) found;
  RETURN coalesce(answer, '[]');
END $fn$;

-- Nobody misses the last bills after a crash, so no other call waits until they are on disk.
CREATE OR REPLACE FUNCTION ${s}.learn(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO ${s}.bills AS kept (account, name, latest, forget_at)
    VALUES (${s}.account_of(account_name), given->>'name', ARRAY[(given->>'nanoUsd')::bigint], ${NOW} + ${BILLS_KEPT_MS})
    ON CONFLICT (account, name) DO UPDATE SET forget_at = EXCLUDED.forget_at,
      latest = (kept.latest || EXCLUDED.latest)[greatest(1, cardinality(kept.latest) + 2 - ${BILLS_KEPT}):];
  RETURN 'true';
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.learned(account_name text, given jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $fn$
  SELECT coalesce((SELECT to_jsonb(b.latest) FROM ${s}.bills b JOIN ${s}.accounts a ON a.id = b.account
    WHERE a.name = account_name AND b.name = given->>'name'), '[]')
$fn$;

-- Deletes some of what is old. What another call is just changing is left for later.
CREATE OR REPLACE FUNCTION ${s}.prune(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  most integer := (given->>'limit')::integer;
  oldest timestamptz := to_timestamp((now_ms - (given->>'retainMs')::bigint) / 1000.0);
  one integer;
BEGIN
  DELETE FROM ${s}.windows WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${s}.windows
    WHERE keep_until <= now_ms ORDER BY keep_until LIMIT most FOR UPDATE SKIP LOCKED));
  DELETE FROM ${s}.warnings WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${s}.warnings
    WHERE keep_until <= now_ms ORDER BY keep_until LIMIT most FOR UPDATE SKIP LOCKED));
  DELETE FROM ${s}.holds WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${s}.holds
    WHERE forget_at <= now_ms ORDER BY forget_at LIMIT most FOR UPDATE SKIP LOCKED));
  DELETE FROM ${s}.bills WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${s}.bills
    WHERE forget_at <= now_ms ORDER BY forget_at LIMIT most FOR UPDATE SKIP LOCKED));
  FOR one IN SELECT id FROM ${s}.accounts LOOP
    DELETE FROM ${s}.completions WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${s}.completions
      WHERE account = one AND started_at < oldest ORDER BY started_at LIMIT most FOR UPDATE SKIP LOCKED));
  END LOOP;
  RETURN 'true';
END $fn$;
`;
}
