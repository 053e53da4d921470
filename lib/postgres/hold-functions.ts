import { COUNTER_OF, HOLD_TABLE, type HoldStateName, keptMs } from '../spend-limits/model/hold-table.js';
import { DO_NOT_WAIT, NOW } from './function-parts.js';
import type { SchemaName } from './schema-name.js';

/** How many holds a call makes unsettled at most. */
const EXPIRED = 256;

/** What becomes of holds. The states are those of the model. */
export function holdFunctions({ quoted: s }: SchemaName): string {
  return `
CREATE OR REPLACE FUNCTION ${s}.state_after(state text, command text) RETURNS text
LANGUAGE sql IMMUTABLE AS $fn$
  SELECT CASE state || ' ' || command ${transitions()} END
$fn$;

CREATE OR REPLACE FUNCTION ${s}.counter_of(state text) RETURNS text
LANGUAGE sql IMMUTABLE AS $fn$
  SELECT CASE state ${counters()} END
$fn$;

-- When a hold may be forgotten; NULL for never.
CREATE OR REPLACE FUNCTION ${s}.forget_at(state text, moment bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $fn$
  SELECT moment + CASE state ${keptTimes()} END
$fn$;

-- Takes an amount out of one counter of places, and adds an amount to another one.
CREATE OR REPLACE FUNCTION ${s}.moved(places jsonb, from_counter text, taken bigint, to_counter text, added bigint)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
  RETURN (
    SELECT jsonb_agg(place || jsonb_build_object(
      'settled', CASE WHEN to_counter = 'settled' THEN added ELSE 0 END
        - CASE WHEN from_counter = 'settled' THEN taken ELSE 0 END,
      'held', CASE WHEN to_counter = 'held' THEN added ELSE 0 END
        - CASE WHEN from_counter = 'held' THEN taken ELSE 0 END,
      'unsettled', CASE WHEN to_counter = 'unsettled' THEN added ELSE 0 END
        - CASE WHEN from_counter = 'unsettled' THEN taken ELSE 0 END))
    FROM (SELECT DISTINCT ON (p->>'root', p->>'key', p->>'spanId', p->>'slot') p AS place
      FROM jsonb_array_elements(places) p) each
  );
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.reserve(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  in_account integer := ${s}.account_of(account_name);
  hold_id text := given->>'id';
  amount bigint := (given->>'nanoUsd')::bigint;
  hold ${s}.holds;
  picks jsonb;
  told jsonb;
  full_window integer;
  places_added jsonb;
BEGIN
  SELECT * INTO hold FROM ${s}.holds h WHERE h.account = in_account AND h.id = hold_id AND NOT h.is_adjustment;
  IF hold.state <> 'held' THEN RETURN jsonb_build_object('status', 'ended', 'now', now_ms); END IF;
  picks := ${s}.pick(given->'windows', now_ms);
  IF picks IS NULL THEN RETURN jsonb_build_object('status', 'no-window', 'now', now_ms); END IF;
  IF hold.id IS NULL THEN
    -- A refusal needs no lock: at this moment there was no room.
    told := ${s}.figures(in_account, picks);
    full_window := ${s}.refusing(picks, told, amount);
    IF full_window IS NOT NULL THEN
      RETURN jsonb_build_object('status', 'refused', 'now', now_ms, 'number', full_window, 'figures', told);
    END IF;
  END IF;
  LOOP
    places_added := ${s}.places_of(picks);
    INSERT INTO ${s}.holds (account, id, is_adjustment, state, nano_usd, places, note, admitted_at, expires_at)
      VALUES (in_account, hold_id, false, 'held', amount, places_added, given->>'note', now_ms,
        now_ms + (given->>'leaseMs')::bigint)
      ON CONFLICT DO NOTHING RETURNING * INTO hold;
    IF FOUND THEN
      PERFORM ${s}.lock_windows(in_account, picks);
      -- With the rows as they are now that nobody else can change them.
      told := ${s}.figures(in_account, picks);
      full_window := ${s}.refusing(picks, told, amount);
      IF full_window IS NOT NULL THEN
        DELETE FROM ${s}.holds h WHERE h.account = in_account AND h.id = hold_id AND NOT h.is_adjustment;
        RETURN jsonb_build_object('status', 'refused', 'now', now_ms, 'number', full_window, 'figures', told);
      END IF;
      PERFORM ${s}.add_amounts(in_account, ${s}.moved(places_added, NULL, 0, 'held', amount));
      told := ${s}.with_held(told, amount);
      EXIT;
    END IF;
    SELECT * INTO hold FROM ${s}.holds h
      WHERE h.account = in_account AND h.id = hold_id AND NOT h.is_adjustment FOR UPDATE;
    IF hold.state <> 'held' THEN RETURN jsonb_build_object('status', 'ended', 'now', now_ms); END IF;
    IF FOUND THEN
      told := ${s}.figures(in_account, picks);
      EXIT;
    END IF;
  END LOOP;
  RETURN jsonb_build_object('status', 'admitted', 'now', now_ms, 'nanoUsd', hold.nano_usd,
    'expiresAt', hold.expires_at, 'note', hold.note, 'places', hold.places, 'generationId', hold.generation_id,
    'figures', told);
END $fn$;

-- Carries out any other command of the model. Returns the state after it, and when the hold expires.
CREATE OR REPLACE FUNCTION ${s}.step(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  in_account integer := ${s}.account_of(account_name);
  hold_id text := given->>'id';
  command text := given->>'command';
  adjusts boolean := command = 'adjust';
  bill bigint := (given->>'bill')::bigint;
  places_there jsonb := given->'places';
  picks jsonb;
  hold ${s}.holds;
  before text;
  after text;
BEGIN
  IF adjusts THEN
    picks := ${s}.pick(given->'windows', now_ms);
    IF picks IS NULL THEN RETURN jsonb_build_object('status', 'no-window', 'now', now_ms); END IF;
    places_there := ${s}.places_of(picks);
  END IF;
  LOOP
    SELECT * INTO hold FROM ${s}.holds h
      WHERE h.account = in_account AND h.id = hold_id AND h.is_adjustment = adjusts FOR UPDATE;
    IF FOUND THEN
      before := hold.state;
      after := ${s}.state_after(before, command);
      EXIT;
    END IF;
    before := 'unknown';
    after := ${s}.state_after(before, command);
    EXIT WHEN after IS NULL;
    INSERT INTO ${s}.holds (account, id, is_adjustment, state, nano_usd, places, note, admitted_at, expires_at)
      VALUES (in_account, hold_id, adjusts, after, (given->>'nanoUsd')::bigint, places_there, given->>'note', now_ms, 0)
      ON CONFLICT DO NOTHING RETURNING * INTO hold;
    EXIT WHEN FOUND;
  END LOOP;
  IF jsonb_typeof(given->'entry') = 'object' THEN
    PERFORM ${s}.write_entry(in_account, given->'entry');
  END IF;
  IF after IS NULL OR (command = 'release' AND hold.generation_id IS NOT NULL) THEN
    RETURN jsonb_build_object('status', 'done', 'now', now_ms, 'state', before, 'expiresAt', hold.expires_at);
  END IF;
  -- A reservation that is taken back may not have said its places.
  IF before = 'tombstone' THEN hold.places := places_there; END IF;
  IF before <> after THEN
    PERFORM ${s}.add_amounts(in_account, ${s}.moved(hold.places,
      ${s}.counter_of(before), hold.nano_usd, ${s}.counter_of(after), coalesce(bill, hold.nano_usd)));
  END IF;
  IF after = 'held' THEN
    hold.expires_at := now_ms + (given->>'leaseMs')::bigint;
    hold.generation_id := coalesce(given->>'generationId', hold.generation_id);
  ELSIF after <> 'provisional' THEN
    hold.places := '[]';
    hold.note := '';
  END IF;
  UPDATE ${s}.holds h SET state = after, places = hold.places, note = hold.note, expires_at = hold.expires_at,
    generation_id = hold.generation_id, forget_at = ${s}.forget_at(after, now_ms)
    WHERE h.account = in_account AND h.id = hold_id AND h.is_adjustment = adjusts;
  RETURN jsonb_build_object('status', 'done', 'now', now_ms, 'state', after, 'expiresAt', hold.expires_at);
END $fn$;

-- Makes holds whose lease has ended unsettled: some, so that the call is quick also where thousands have ended during an
-- outage. Those that are left count as held until the next call. One that another call is just changing is left to that
-- call.
CREATE OR REPLACE FUNCTION ${s}.expire(in_account integer, now_ms bigint) RETURNS void
LANGUAGE plpgsql AS $fn$
DECLARE changes jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM ${s}.holds WHERE account = in_account AND state = 'held' AND expires_at <= now_ms) THEN
    RETURN;
  END IF;
  WITH due AS MATERIALIZED (
    SELECT id FROM ${s}.holds WHERE account = in_account AND state = 'held' AND expires_at <= now_ms
      ORDER BY expires_at LIMIT ${EXPIRED} FOR UPDATE SKIP LOCKED
  ), changed AS (
    UPDATE ${s}.holds h SET state = 'unsettled', claimed_until = now_ms, forget_at = NULL
      FROM due WHERE h.account = in_account AND h.id = due.id AND NOT h.is_adjustment
      RETURNING h.places, h.nano_usd
  )
  SELECT jsonb_agg(m) INTO changes
    FROM changed, jsonb_array_elements(
      ${s}.moved(changed.places, 'held', changed.nano_usd, 'unsettled', changed.nano_usd)) m;
  PERFORM ${s}.add_amounts(in_account, changes);
END $fn$;

CREATE OR REPLACE FUNCTION ${s}.claim(account_name text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql ${DO_NOT_WAIT} AS $fn$
DECLARE
  now_ms bigint := ${NOW};
  in_account integer := ${s}.account_of(account_name);
  answer jsonb;
BEGIN
  PERFORM ${s}.expire(in_account, now_ms);
  WITH due AS MATERIALIZED (
    SELECT id FROM ${s}.holds WHERE account = in_account AND state = 'unsettled' AND claimed_until <= now_ms
      ORDER BY claimed_until LIMIT (given->>'limit')::integer FOR UPDATE SKIP LOCKED
  ), changed AS (
    UPDATE ${s}.holds h SET claims = claims + 1, claimed_until = now_ms + (given->>'claimMs')::bigint
      FROM due WHERE h.account = in_account AND h.id = due.id AND NOT h.is_adjustment RETURNING h.*
  )
  SELECT jsonb_agg(jsonb_build_object('id', id, 'nanoUsd', nano_usd, 'places', places, 'note', note,
      'generationId', generation_id, 'admittedAt', admitted_at, 'claims', claims) ORDER BY admitted_at)
    INTO answer FROM changed;
  RETURN coalesce(answer, '[]');
END $fn$;
`;
}

function transitions(): string {
  return Object.entries(HOLD_TABLE)
    .flatMap(([state, row]) =>
      Object.entries(row).map(([command, after]) => `WHEN '${state} ${command}' THEN '${after}'`),
    )
    .join(' ');
}

function counters(): string {
  return Object.entries(COUNTER_OF)
    .flatMap(([state, counter]) => (counter === undefined ? [] : [`WHEN '${state}' THEN '${counter}'`]))
    .join(' ');
}

function keptTimes(): string {
  return (Object.keys(HOLD_TABLE) as HoldStateName[])
    .filter((state) => Number.isFinite(keptMs(state)))
    .map((state) => `WHEN '${state}' THEN ${keptMs(state)}::bigint`)
    .join(' ');
}
