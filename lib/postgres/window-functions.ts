import type { SpendCounter } from '../spend-limits/model/hold-table.js';
import { DO_NOT_WAIT, NOW } from './function-parts.js';
import type { SchemaName } from './schema-name.js';

const COUNTERS: readonly SpendCounter[] = ['settled', 'held', 'unsettled'];

/**
 * What counts in windows.
 *
 * Windows are locked by their keys, in order, one at a time, whether their rows are there or not; holds are locked before
 * them. So no two calls wait for each other, and none looks past a row that another one is just making.
 */
export function windowFunctions({ quoted: s }: SchemaName): string {
  return `
CREATE OR REPLACE FUNCTION ${s}.account_of(account_name text) RETURNS integer
LANGUAGE plpgsql AS $fn$
DECLARE found_id integer;
BEGIN
  LOOP
    SELECT a.id INTO found_id FROM ${s}.accounts a WHERE a.name = account_name;
    IF FOUND THEN RETURN found_id; END IF;
    INSERT INTO ${s}.accounts (name) VALUES (account_name) ON CONFLICT DO NOTHING;
  END LOOP;
END $fn$;

-- The span and slot that each wanted window has at a moment; NULL if one has no span for it.
CREATE OR REPLACE FUNCTION ${s}.pick(wanted jsonb, moment bigint) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
  RETURN (
    SELECT CASE WHEN count(p.index) = count(*) THEN coalesce(jsonb_agg(jsonb_build_object(
      'n', w.n - 1, 'root', w.root, 'key', w.key, 'most', w.most, 'slots', w.slots,
      'index', p.index, 'span', p.id, 'keep', p.keep,
      'slot', CASE WHEN w.slots = 1 OR p."to" IS NULL THEN 0
        ELSE least(w.slots - 1, (moment - p."from") * w.slots / (p."to" - p."from")) END,
      'before', p.before) ORDER BY w.n), '[]') END
    FROM (
      SELECT one.ordinality AS n, one.value->>'root' AS root, one.value->>'key' AS key,
        (one.value->>'most')::bigint AS most, (one.value->>'slots')::integer AS slots, one.value->'spans' AS spans
      FROM jsonb_array_elements(wanted) WITH ORDINALITY one
    ) w
    LEFT JOIN LATERAL (
      SELECT each.* FROM (
        SELECT span.ordinality::integer - 1 AS index, span.value->>'id' AS id,
          (span.value->>'from')::bigint AS "from", (span.value->>'to')::bigint AS "to",
          (span.value->>'keep')::bigint AS keep,
          CASE WHEN w.slots > 1 THEN lag(span.value->>'id') OVER (ORDER BY span.ordinality) END AS before
        FROM jsonb_array_elements(w.spans) WITH ORDINALITY span
      ) each
      WHERE (each.index > 0 OR w.slots = 1) AND each."from" <= moment AND (each."to" IS NULL OR moment < each."to")
      ORDER BY each.index LIMIT 1
    ) p ON true
  );
END $fn$;

-- What counts in picked windows: one slot, or those of a rolling window.
CREATE OR REPLACE FUNCTION ${s}.figures(in_account integer, picks jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $fn$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('index', p.index, 'slot', p.slot,
      ${COUNTERS.map(
        (counter) => `'${counter}', CASE WHEN p.slots = 1 THEN coalesce(own.${counter}[p.slot], 0) ELSE (
        SELECT coalesce(sum(one), 0)::bigint
        FROM unnest(old.${counter}[p.slot:p.slots - 1] || own.${counter}[0:p.slot]) one) END`,
      ).join(`,
      `)}) ORDER BY p.n), '[]')
    FROM jsonb_to_recordset(picks) AS p(n integer, root text, key text, slots integer, index integer, span text,
      slot integer, before text)
    LEFT JOIN ${s}.windows own
      ON own.account = in_account AND own.root = p.root AND own.key = p.key AND own.span = p.span
    LEFT JOIN ${s}.windows old
      ON old.account = in_account AND old.root = p.root AND old.key = p.key AND old.span = p.before
  );
END $fn$;

-- The figures of picked windows after an amount is held in each of them.
CREATE OR REPLACE FUNCTION ${s}.with_held(told jsonb, amount bigint) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(f || jsonb_build_object('held', (f->>'held')::bigint + amount) ORDER BY n), '[]')
    FROM jsonb_array_elements(told) WITH ORDINALITY AS each(f, n)
  );
END $fn$;

-- The number of the first picked window that an amount does not fit into.
CREATE OR REPLACE FUNCTION ${s}.refusing(picks jsonb, told jsonb, amount bigint) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
  RETURN (
    SELECT min(p.n) FROM jsonb_to_recordset(picks) AS p(n integer, most bigint)
    CROSS JOIN LATERAL (SELECT told->p.n AS f) figure
    WHERE (f->>'settled')::bigint + (f->>'held')::bigint + (f->>'unsettled')::bigint + amount > p.most
  );
END $fn$;

-- The places of picked windows, each once.
CREATE OR REPLACE FUNCTION ${s}.places_of(picks jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_agg(place ORDER BY n), '[]') FROM (
      SELECT min(p.n) AS n, jsonb_build_object('root', p.root, 'key', p.key, 'spanId', p.span, 'slot', p.slot,
        'keepUntil', p.keep) AS place
      FROM jsonb_to_recordset(picks) AS p(n integer, root text, key text, span text, slot integer, keep bigint)
      GROUP BY p.root, p.key, p.span, p.slot, p.keep
    ) each
  );
END $fn$;

-- Locks what an admission depends on.
CREATE OR REPLACE FUNCTION ${s}.lock_windows(in_account integer, picks jsonb) RETURNS void
LANGUAGE plpgsql AS $fn$
DECLARE w record;
BEGIN
  FOR w IN
    SELECT p.root COLLATE "C" AS root, p.key COLLATE "C" AS key, each.span COLLATE "C" AS span,
      bool_or(each.is_before) AS is_before
    FROM jsonb_to_recordset(picks) AS p(root text, key text, span text, before text)
    CROSS JOIN LATERAL (VALUES (p.span, false), (p.before, true)) each(span, is_before)
    WHERE each.span IS NOT NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  LOOP
    -- A queue: whoever waits for a row alone is overtaken by those that find its next version.
    PERFORM pg_advisory_xact_lock(hashtextextended(in_account || ' ' || w.root || ' ' || w.key || ' ' || w.span, 0));
    -- A transaction that sees the past fails if another one has changed a row that it locks or writes. This one it only
    -- reads.
    IF w.is_before THEN
      PERFORM FROM ${s}.windows
        WHERE account = in_account AND root = w.root AND key = w.key AND span = w.span FOR UPDATE;
    END IF;
  END LOOP;
END $fn$;

-- Adds amounts in places, each { root, key, spanId, slot, keepUntil, settled, held, unsettled }.
CREATE OR REPLACE FUNCTION ${s}.add_amounts(in_account integer, changes jsonb) RETURNS void
LANGUAGE plpgsql AS $fn$
DECLARE c record;
BEGIN
  FOR c IN
    SELECT x.root COLLATE "C" AS root, x.key COLLATE "C" AS key, x."spanId" COLLATE "C" AS span, x.slot,
      max(x."keepUntil") AS keep, sum(x.settled)::bigint AS settled, sum(x.held)::bigint AS held,
      sum(x.unsettled)::bigint AS unsettled
    FROM jsonb_to_recordset(changes) AS x(root text, key text, "spanId" text, slot integer, "keepUntil" bigint,
      settled bigint, held bigint, unsettled bigint)
    GROUP BY 1, 2, 3, 4
    HAVING sum(x.settled) <> 0 OR sum(x.held) <> 0 OR sum(x.unsettled) <> 0
    ORDER BY 1, 2, 3, 4
  LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended(in_account || ' ' || c.root || ' ' || c.key || ' ' || c.span, 0));
    LOOP
      UPDATE ${s}.windows SET
        settled[c.slot] = coalesce(settled[c.slot], 0) + c.settled,
        held[c.slot] = coalesce(held[c.slot], 0) + c.held,
        unsettled[c.slot] = coalesce(unsettled[c.slot], 0) + c.unsettled
        WHERE account = in_account AND root = c.root AND key = c.key AND span = c.span;
      EXIT WHEN FOUND;
      INSERT INTO ${s}.windows (account, root, key, span, keep_until)
        VALUES (in_account, c.root, c.key, c.span, c.keep) ON CONFLICT DO NOTHING;
    END LOOP;
  END LOOP;
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.usage(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  in_account integer := ${s}.account_of(account_name);
  picks jsonb := ${s}.pick(given->'windows', now_ms);
BEGIN
  IF picks IS NULL THEN RETURN jsonb_build_object('status', 'no-window', 'now', now_ms); END IF;
  PERFORM ${s}.expire(in_account, now_ms);
  RETURN jsonb_build_object('status', 'done', 'now', now_ms, 'figures', ${s}.figures(in_account, picks));
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.restore(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  in_account integer := ${s}.account_of(account_name);
  picks jsonb := ${s}.pick(given->'windows', now_ms);
  p jsonb;
  missing bigint;
BEGIN
  IF picks IS NULL THEN RETURN jsonb_build_object('status', 'no-window', 'now', now_ms); END IF;
  PERFORM ${s}.lock_windows(in_account, picks);
  -- One after the other: windows may share a span.
  FOR p IN SELECT value FROM jsonb_array_elements(picks) LOOP
    missing := (given->'sums'->>(p->>'n')::integer)::bigint -
      (${s}.figures(in_account, jsonb_build_array(p))->0->>'settled')::bigint;
    IF missing > 0 THEN
      PERFORM ${s}.add_amounts(in_account, jsonb_build_array(${s}.places_of(jsonb_build_array(p))->0 ||
        jsonb_build_object('settled', missing, 'held', 0, 'unsettled', 0)));
    END IF;
  END LOOP;
  RETURN jsonb_build_object('status', 'done', 'now', now_ms);
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.claim_warning(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  in_account integer := ${s}.account_of(account_name);
  taken_by text;
BEGIN
  LOOP
    SELECT claim_id INTO taken_by FROM ${s}.warnings WHERE account = in_account AND root = given->>'root'
      AND key = given->>'key' AND span = given->>'spanId' AND name = given->>'name';
    IF FOUND THEN RETURN to_jsonb(taken_by = given->>'claimId'); END IF;
    INSERT INTO ${s}.warnings VALUES (in_account, given->>'root', given->>'key', given->>'spanId', given->>'name',
      given->>'claimId', (given->>'keepUntil')::bigint) ON CONFLICT DO NOTHING;
  END LOOP;
END $fn$;
`;
}
