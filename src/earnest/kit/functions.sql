-- Functions of the kit. Applied again after every migration.

-- What a table that only grows answers to UPDATE, DELETE and TRUNCATE.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

-- How a SQL function states a fact: the code of an EarnestError, and its facts.
CREATE OR REPLACE FUNCTION refuse(code text, facts jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'EA001', MESSAGE = code, DETAIL = facts::text;
END $$;

-- Gives committed events their positions. The lock makes it the one sequencer; it is held to
-- the end of the transaction, so positions become visible in order.
CREATE OR REPLACE FUNCTION events_sequence() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  start bigint;
  moved integer;
BEGIN
  IF NOT EXISTS (SELECT FROM events WHERE position IS NULL) THEN
    RETURN 0;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('earnest.events_sequence', 0));
  SELECT coalesce(max(position), 0) INTO start FROM events;
  WITH waiting AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n
      FROM (SELECT id FROM events WHERE position IS NULL ORDER BY id LIMIT 1000) AS w
  )
  UPDATE events SET position = start + waiting.n FROM waiting WHERE events.id = waiting.id;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- Locks a reader's cursor for the transaction, making it at first use.
CREATE OR REPLACE FUNCTION event_cursor_lock(name text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  at_position bigint;
BEGIN
  SELECT position INTO at_position FROM event_cursors WHERE reader = name FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO event_cursors (reader) VALUES (name) ON CONFLICT DO NOTHING;
    SELECT position INTO at_position FROM event_cursors WHERE reader = name FOR UPDATE;
  END IF;
  RETURN at_position;
END $$;

GRANT EXECUTE ON FUNCTION refuse(text, jsonb) TO earnest_api, earnest_worker, earnest_indexer;
GRANT EXECUTE ON FUNCTION events_sequence() TO earnest_worker, earnest_indexer;
GRANT EXECUTE ON FUNCTION event_cursor_lock(text) TO earnest_worker, earnest_indexer;

-- An event's facts never change; only its position is set, once.
CREATE OR REPLACE FUNCTION events_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.position IS NOT NULL
     OR (NEW.id, NEW.type, NEW.subject, NEW.data, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.type, OLD.subject, OLD.data, OLD.at) THEN
    RAISE EXCEPTION 'events is append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER events_guard BEFORE UPDATE ON events
  FOR EACH ROW EXECUTE FUNCTION events_guard();
CREATE OR REPLACE TRIGGER events_append_only BEFORE DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
