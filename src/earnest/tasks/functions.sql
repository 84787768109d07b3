-- Tasks: opening, seats, votes, ends.
--
-- Locks are taken in one order by everybody: a worker's position, a seat, an option, its task,
-- ledger accounts. Whoever looks for a free seat never waits for one: locked rows are skipped.

-- The fee on `votes` votes: rounded up, as on the order.
CREATE OR REPLACE FUNCTION tasks_fee(price numeric, votes integer, bps integer) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$ SELECT ceil(price * votes * bps / 10000) $$;

-- What a worker sees of a task: no counts. `{media}` stands for where pictures are served.
CREATE OR REPLACE FUNCTION tasks_card(t tasks) RETURNS text
LANGUAGE sql STABLE SET search_path = earnest, pg_temp AS $$
  SELECT json_build_object(
    'id', t.id, 'title', t.title, 'instructions', t.instructions, 'asset', t.asset,
    'pricePerVoteMinor', t.price_per_vote::text,
    'options', (SELECT json_agg(json_build_object('id', o.id, 'position', o.position,
        'media', json_build_object(
          'small', '{media}/' || o.public_id || '/small',
          'medium', '{media}/' || o.public_id || '/medium',
          'large', '{media}/' || o.public_id || '/large')) ORDER BY o.position)
      FROM task_options o WHERE o.task_id = t.id))::text
$$;

-- Opens a task whose order is final: money, seats, card. Cancelled meanwhile: all goes back.
CREATE OR REPLACE FUNCTION tasks_open(paid_order uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  t tasks%ROWTYPE;
  account bigint;
BEGIN
  SELECT * INTO t FROM tasks WHERE order_id = paid_order FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('task_unknown');
  ELSIF t.status <> 'awaiting_payment' THEN
    RETURN t.status;
  END IF;
  account := ledger_account('task:' || t.id, 'liability', t.asset);
  PERFORM payments_settle(paid_order, account);
  INSERT INTO task_seats (task_id, number) SELECT t.id, n FROM generate_series(1, t.votes_wanted) n;
  UPDATE tasks SET status = 'open', has_free = true, open_seq = nextval('tasks_open_seq'),
      ledger_account = account, card = tasks_card(t), opened_at = clock_timestamp()
    WHERE id = t.id;
  INSERT INTO events (type, subject, data) VALUES ('task_opened', 'task:' || t.id,
    jsonb_build_object('taskId', t.id, 'requester', t.requester));
  RETURN 'open';
END $$;

-- The worker's seat as JSON, ready to send: a live one, or one taken now. Null: nothing is open.
--
-- Plans are the general ones: those made for single values were dearer to make than to run, and
-- were made again for every call.
CREATE OR REPLACE FUNCTION tasks_next(for_worker uuid, seat_ttl interval, media text)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = earnest, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  answer text;
BEGIN
  -- A live seat is its worker's own: read without a lock, so that asking again writes nothing.
  SELECT tasks_seat_json(t.card, s.number, s.expires_at, media) INTO answer
    FROM task_seats s JOIN tasks t ON t.id = s.task_id
   WHERE s.waiting = for_worker AND s.expires_at > clock_timestamp();
  RETURN CASE WHEN FOUND THEN answer ELSE tasks_take(for_worker, seat_ttl, media) END;
END $$;

-- As `tasks_next`, with the worker's position locked: two requests at once take one seat.
CREATE OR REPLACE FUNCTION tasks_take(for_worker uuid, seat_ttl interval, media text)
RETURNS text LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  start_seq bigint;
  walked bigint;            -- the last place in the queue that was looked at
  held_back bigint;         -- a place before a task whose free seats others hold at this moment
  t record;
  s record;
  now_at timestamptz;
  until timestamptz;
BEGIN
  SELECT after_seq INTO start_seq FROM task_positions WHERE worker = for_worker FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO task_positions (worker, after_seq) VALUES (for_worker, 0) ON CONFLICT DO NOTHING;
    SELECT after_seq INTO start_seq FROM task_positions WHERE worker = for_worker FOR UPDATE;
  END IF;
  -- A seat that the worker holds already: as it is while it lives, renewed if it lapsed unclaimed.
  SELECT task_id, number, expires_at, card INTO s
    FROM task_seats JOIN tasks ON tasks.id = task_id WHERE waiting = for_worker;
  IF FOUND THEN
    IF s.expires_at > clock_timestamp() THEN
      RETURN tasks_seat_json(s.card, s.number, s.expires_at, media);
    END IF;
    UPDATE task_seats SET expires_at = clock_timestamp() + seat_ttl
      WHERE waiting = for_worker AND task_id = s.task_id
        AND EXISTS (SELECT FROM tasks WHERE id = s.task_id AND status = 'open')
      RETURNING expires_at INTO until;
    IF FOUND THEN
      RETURN tasks_seat_json(s.card, s.number, until, media);
    END IF;
    UPDATE task_seats SET worker = NULL, expires_at = NULL
      WHERE waiting = for_worker AND task_id = s.task_id;
  END IF;

  walked := start_seq;
  LOOP
    -- One task after the other in the order of the index, each asked whether it is the worker's.
    -- A CASE, because the planner guesses nothing about it: where few people post, it takes
    -- `requester <> …` to leave no row, and sorts the whole queue; and NOT EXISTS would be a join
    -- that reads every seat the worker ever had.
    SELECT id, open_seq, card INTO t FROM tasks
     WHERE status = 'open' AND has_free AND open_seq > walked
       AND CASE WHEN requester = for_worker THEN false
                WHEN (SELECT o.number FROM task_seats o
                       WHERE o.worker = for_worker AND o.task_id = tasks.id) IS NOT NULL THEN false
                ELSE (SELECT k.task_id FROM task_skips k
                       WHERE k.worker = for_worker AND k.task_id = tasks.id) IS NULL END
     ORDER BY open_seq LIMIT 1;
    EXIT WHEN NOT FOUND;
    until := clock_timestamp() + seat_ttl;
    UPDATE task_seats taken SET worker = for_worker, expires_at = until
     WHERE task_id = t.id AND number = (
       SELECT free.number FROM task_seats free WHERE free.task_id = t.id AND free.worker IS NULL
        ORDER BY free.number LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING number, EXISTS (
       SELECT FROM task_seats free WHERE free.task_id = t.id AND free.worker IS NULL
          AND free.number <> taken.number) AS free_left INTO s;
    IF FOUND THEN
      IF NOT s.free_left THEN
        PERFORM tasks_mark_full(t.id);
      END IF;
      walked := coalesce(held_back, t.open_seq);
      IF walked <> start_seq THEN
        UPDATE task_positions SET after_seq = walked WHERE worker = for_worker;
      END IF;
      RETURN tasks_seat_json(t.card, s.number, until, media);
    END IF;
    IF held_back IS NULL
       AND EXISTS (SELECT FROM task_seats WHERE task_id = t.id AND worker IS NULL) THEN
      held_back := t.open_seq - 1;
    ELSIF held_back IS NULL THEN
      PERFORM tasks_mark_full(t.id);
    END IF;
    walked := t.open_seq;
  END LOOP;
  walked := coalesce(held_back, walked);
  IF walked <> start_seq THEN
    UPDATE task_positions SET after_seq = walked WHERE worker = for_worker;
  END IF;

  -- Nothing further down the queue: a seat that somebody let lapse, free again at once.
  now_at := clock_timestamp();
  SELECT seat.task_id, seat.number, tasks.card INTO s FROM task_seats seat
    JOIN tasks ON tasks.id = seat.task_id AND tasks.status = 'open'
   WHERE seat.waiting IS NOT NULL AND seat.expires_at <= now_at
     AND CASE WHEN tasks.requester = for_worker THEN false
              WHEN (SELECT o.number FROM task_seats o
                     WHERE o.worker = for_worker AND o.task_id = seat.task_id) IS NOT NULL THEN false
              ELSE (SELECT k.task_id FROM task_skips k
                     WHERE k.worker = for_worker AND k.task_id = seat.task_id) IS NULL END
   ORDER BY seat.expires_at LIMIT 1 FOR UPDATE OF seat SKIP LOCKED;
  IF FOUND THEN
    until := clock_timestamp() + seat_ttl;
    UPDATE task_seats SET worker = for_worker, expires_at = until
      WHERE task_id = s.task_id AND number = s.number;
    RETURN tasks_seat_json(s.card, s.number, until, media);
  END IF;
  RETURN NULL;
END $$;

-- A seat in one given task, as JSON: the worker's live one, or one taken now.
--
-- Whoever wishes for a task gives back a seat that waits in another; a skip of this one is over.
CREATE OR REPLACE FUNCTION tasks_claim(
  for_worker uuid, wanted_task uuid, seat_ttl interval, media text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  t record;
  s record;
  held uuid;
  seat_number integer;
  until timestamptz;
BEGIN
  -- Seats before the position, as a vote does it: the worker may be voting at this moment.
  PERFORM FROM task_seats WHERE waiting = for_worker FOR UPDATE;
  INSERT INTO task_positions (worker, after_seq) VALUES (for_worker, 0) ON CONFLICT DO NOTHING;
  PERFORM FROM task_positions WHERE worker = for_worker FOR UPDATE;
  SELECT status, requester, card INTO t FROM tasks
   WHERE id = wanted_task AND (status <> 'awaiting_payment' OR requester = for_worker);
  IF NOT FOUND THEN
    PERFORM refuse('task_unknown');
  ELSIF t.requester = for_worker THEN
    PERFORM refuse('own_task');
  END IF;
  SELECT number, option_id, expires_at INTO s FROM task_seats
   WHERE worker = for_worker AND task_id = wanted_task FOR UPDATE;
  IF FOUND AND s.option_id IS NOT NULL THEN
    PERFORM refuse('already_voted');
  ELSIF FOUND AND s.expires_at > clock_timestamp() THEN
    RETURN tasks_seat_json(t.card, s.number, s.expires_at, media);
  ELSIF t.status <> 'open' THEN
    PERFORM refuse('task_closed');
  ELSIF s.number IS NOT NULL THEN
    seat_number := s.number;     -- lapsed, and nobody else has taken it
  ELSE
    SELECT task_id INTO held FROM task_seats WHERE waiting = for_worker;
    IF FOUND THEN
      PERFORM tasks_give_back(for_worker, held);
    END IF;
    SELECT free.number INTO seat_number FROM task_seats free
     WHERE free.task_id = wanted_task AND free.worker IS NULL
     ORDER BY free.number LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      SELECT lapsed.number INTO seat_number FROM task_seats lapsed
       WHERE lapsed.task_id = wanted_task AND lapsed.waiting IS NOT NULL
         AND lapsed.expires_at <= clock_timestamp()
       ORDER BY lapsed.expires_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
      PERFORM refuse('task_full');
    END IF;
  END IF;
  until := clock_timestamp() + seat_ttl;
  UPDATE task_seats SET worker = for_worker, expires_at = until
    WHERE task_id = wanted_task AND number = seat_number;
  DELETE FROM task_skips WHERE worker = for_worker AND task_id = wanted_task;
  PERFORM tasks_mark_full(wanted_task);
  RETURN tasks_seat_json(t.card, seat_number, until, media);
END $$;

-- Gives a seat back before it was voted from, and offers the task to its worker no more.
CREATE OR REPLACE FUNCTION tasks_skip(by_worker uuid, skipped_task uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tasks
                  WHERE id = skipped_task AND (opened_at IS NOT NULL OR requester = by_worker)) THEN
    PERFORM refuse('task_unknown');
  ELSIF EXISTS (SELECT FROM tasks WHERE id = skipped_task AND requester = by_worker) THEN
    PERFORM refuse('own_task');
  ELSIF EXISTS (SELECT FROM task_seats
                 WHERE worker = by_worker AND task_id = skipped_task AND option_id IS NOT NULL) THEN
    PERFORM refuse('already_voted');
  END IF;
  PERFORM tasks_give_back(by_worker, skipped_task);
  INSERT INTO task_skips (worker, task_id, skipped_at)
    VALUES (by_worker, skipped_task, clock_timestamp()) ON CONFLICT DO NOTHING;
END $$;

-- Frees the seat of a worker that waits for a vote, if there is one. Where it is the only free one,
-- its task goes to the end of the queue, as in the sweep: those who passed it meet it again.
CREATE OR REPLACE FUNCTION tasks_give_back(by_worker uuid, of_task uuid) RETURNS void
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  seat_number integer;
  task_status text;
BEGIN
  SELECT number INTO seat_number FROM task_seats
   WHERE waiting = by_worker AND task_id = of_task FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- Seats fall free with this lock held: see tasks_mark_full.
  SELECT status INTO task_status FROM tasks WHERE id = of_task FOR NO KEY UPDATE;
  IF task_status = 'open' AND NOT EXISTS (
       SELECT FROM task_seats WHERE task_id = of_task AND worker IS NULL) THEN
    UPDATE tasks SET has_free = true, open_seq = nextval('tasks_open_seq') WHERE id = of_task;
  END IF;
  UPDATE task_seats SET worker = NULL, expires_at = NULL
    WHERE task_id = of_task AND number = seat_number;
  IF task_status = 'cancelled' THEN
    PERFORM tasks_drop_free_seats(of_task);
    PERFORM tasks_settle_end(of_task);
  END IF;
END $$;

-- Takes a task without a free seat out of the queue; leaves it to the next one if it is locked.
CREATE OR REPLACE FUNCTION tasks_mark_full(full_task uuid) RETURNS void
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM task_seats WHERE task_id = full_task AND worker IS NULL) THEN
    PERFORM FROM tasks WHERE id = full_task AND has_free FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
      -- Asked again under the lock: seats fall free only with this lock held.
      UPDATE tasks SET has_free = false WHERE id = full_task
        AND NOT EXISTS (SELECT FROM task_seats WHERE task_id = full_task AND worker IS NULL);
    END IF;
  END IF;
END $$;

-- No settings and no table of its own, so that it is made part of the query that uses it.
CREATE OR REPLACE FUNCTION tasks_seat_json(
  card text, number integer, until timestamptz, media text
) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT '{"task":' || replace(card, '{media}', media) || ',"seat":{"number":' || number
    || ',"expiresAt":"' || to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '"}}'
$$;

-- A vote: seat, count and money in one statement for the caller. The answer as JSON.
CREATE OR REPLACE FUNCTION tasks_vote(
  by_worker uuid, on_task uuid, for_option uuid, seat_ttl interval, media text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = earnest, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  s record;
  t record;
BEGIN
  SELECT number, option_id, expires_at INTO s FROM task_seats
   WHERE worker = by_worker AND task_id = on_task FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM tasks_refuse_vote(by_worker, on_task);
  ELSIF s.option_id IS NOT NULL AND s.option_id <> for_option THEN
    PERFORM refuse('voted_otherwise', jsonb_build_object('optionId', s.option_id));
  ELSIF s.option_id IS NOT NULL THEN
    SELECT price_per_vote, asset INTO t FROM tasks WHERE id = on_task;
  ELSIF s.expires_at <= clock_timestamp() THEN
    PERFORM refuse('seat_lapsed', jsonb_build_object('expiredAt', s.expires_at));
  ELSE
    UPDATE task_options SET votes = votes + 1 WHERE id = for_option AND task_id = on_task;
    IF NOT FOUND THEN
      PERFORM refuse('option_not_in_task', jsonb_build_object('optionId', for_option));
    END IF;
    UPDATE task_seats SET option_id = for_option, voted_at = clock_timestamp()
      WHERE task_id = on_task AND number = s.number;
    UPDATE tasks SET votes = votes + 1, last_vote_at = clock_timestamp(),
        status = CASE WHEN status = 'open' AND votes + 1 = votes_wanted THEN 'closed'
                      ELSE status END,
        ended_at = CASE WHEN status = 'open' AND votes + 1 = votes_wanted THEN clock_timestamp()
                        ELSE ended_at END
      WHERE id = on_task RETURNING status, price_per_vote, asset, ledger_account INTO t;
    PERFORM ledger_transfer(ledger_id('vote ' || on_task || ' ' || s.number), t.ledger_account,
      ledger_available(by_worker, t.asset), t.price_per_vote, 'vote_earned', 'task:' || on_task);
    IF t.status <> 'open' THEN
      PERFORM tasks_settle_end(on_task);
    END IF;
  END IF;
  RETURN '{"earnedMinor":"' || t.price_per_vote || '","asset":"' || t.asset || '","next":'
    || coalesce(tasks_take(by_worker, seat_ttl, media), 'null') || '}';
END $$;

-- How many people may vote in a task at this moment; a lapsed seat may not. Reads the seats that
-- wait, never those that have voted.
CREATE OR REPLACE FUNCTION tasks_voting(of_task uuid) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  SELECT count(*)::integer FROM task_seats
   WHERE task_id = of_task AND waiting IS NOT NULL AND expires_at > clock_timestamp();
$$;

-- Says why there is no seat to vote from.
CREATE OR REPLACE FUNCTION tasks_refuse_vote(by_worker uuid, on_task uuid) RETURNS void
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  t tasks%ROWTYPE;
BEGIN
  SELECT * INTO t FROM tasks
   WHERE id = on_task AND (status <> 'awaiting_payment' OR requester = by_worker);
  IF NOT FOUND THEN
    PERFORM refuse('task_unknown');
  ELSIF t.requester = by_worker THEN
    PERFORM refuse('own_task');
  ELSIF t.status <> 'open' THEN
    PERFORM refuse('task_closed');
  END IF;
  PERFORM refuse('no_seat');
END $$;

-- Ends the money of a task that is closed, or cancelled with no seat left that may still vote.
-- The fee is earned on the votes given; everything else goes back to the requester.
CREATE OR REPLACE FUNCTION tasks_settle_end(ended_task uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  t tasks%ROWTYPE;
  left_in_task numeric;
  fee numeric;
BEGIN
  SELECT * INTO t FROM tasks WHERE id = ended_task FOR NO KEY UPDATE;
  IF t.settled_at IS NOT NULL OR t.status NOT IN ('closed', 'cancelled')
     OR EXISTS (SELECT FROM task_seats WHERE task_id = t.id AND option_id IS NULL) THEN
    RETURN false;
  END IF;
  SELECT balance INTO left_in_task FROM ledger_accounts WHERE id = t.ledger_account;
  fee := tasks_fee(t.price_per_vote, t.votes, t.fee_bps);
  IF fee > 0 THEN
    PERFORM ledger_transfer(ledger_id('fee ' || t.id), t.ledger_account,
      ledger_account('fees:' || t.asset, 'income', t.asset), fee, 'fee', 'task:' || t.id);
  END IF;
  IF left_in_task > fee THEN
    PERFORM ledger_transfer(ledger_id('refund ' || t.id), t.ledger_account,
      ledger_available(t.requester, t.asset), left_in_task - fee, 'task_refund', 'task:' || t.id);
  END IF;
  UPDATE tasks SET settled_at = clock_timestamp(),
      refund = CASE WHEN t.status = 'cancelled' THEN left_in_task - fee END
    WHERE id = t.id;
  INSERT INTO events (type, subject, data) VALUES (
    CASE WHEN t.status = 'closed' THEN 'task_closed' ELSE 'task_cancelled' END, 'task:' || t.id,
    jsonb_build_object('taskId', t.id, 'requester', t.requester, 'votes', t.votes,
      'feeMinor', fee::text, 'refundMinor', (left_in_task - fee)::text));
  RETURN true;
END $$;

-- Calls a task off. Seats that live may still vote; the rest of the money goes back after that.
CREATE OR REPLACE FUNCTION tasks_cancel(by_requester uuid, cancelled_task uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  t tasks%ROWTYPE;
BEGIN
  SELECT * INTO t FROM tasks WHERE id = cancelled_task AND requester = by_requester FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('task_unknown');
  ELSIF t.status = 'cancelled' THEN
    RETURN;
  ELSIF t.status = 'closed' THEN
    PERFORM refuse('task_closed');
  END IF;
  UPDATE tasks SET status = 'cancelled', has_free = false, ended_at = clock_timestamp(),
      settled_at = CASE WHEN t.status = 'awaiting_payment' THEN clock_timestamp() END
    WHERE id = t.id;
  IF t.status = 'awaiting_payment' THEN
    PERFORM payments_cancel(t.order_id);
    INSERT INTO events (type, subject, data) VALUES ('task_cancelled', 'task:' || t.id,
      jsonb_build_object('taskId', t.id, 'requester', t.requester, 'votes', 0));
    RETURN;
  END IF;
  PERFORM tasks_drop_free_seats(t.id);
  PERFORM tasks_settle_end(t.id);
END $$;

-- Removes the seats of a cancelled task that nobody may vote from any more. A seat that is locked
-- is being taken or voted from at this moment: it is left for the next sweep.
CREATE OR REPLACE FUNCTION tasks_drop_free_seats(of_task uuid) RETURNS void
LANGUAGE sql SET search_path = earnest, pg_temp AS $$
  DELETE FROM task_seats WHERE (task_id, number) IN (
    SELECT task_id, number FROM task_seats
     WHERE task_id = of_task AND option_id IS NULL
       AND (worker IS NULL OR expires_at <= clock_timestamp())
       FOR UPDATE SKIP LOCKED)
$$;

-- Frees lapsed seats and puts their tasks at the end of the queue; ends cancelled tasks whose
-- last seat lapsed. Returns how many seats were freed.
CREATE OR REPLACE FUNCTION tasks_sweep() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  now_at timestamptz := clock_timestamp();
  freed integer := 0;
  t record;
  n integer;
BEGIN
  FOR t IN SELECT id FROM tasks WHERE id IN (
             SELECT task_id FROM task_seats
              WHERE waiting IS NOT NULL AND expires_at <= now_at
              ORDER BY expires_at LIMIT 1000)
           AND status = 'open' ORDER BY id FOR NO KEY UPDATE SKIP LOCKED LOOP
    UPDATE task_seats SET worker = NULL, expires_at = NULL WHERE (task_id, number) IN (
      SELECT task_id, number FROM task_seats
       WHERE task_id = t.id AND waiting IS NOT NULL AND expires_at <= now_at
         FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
      UPDATE tasks SET has_free = true, open_seq = nextval('tasks_open_seq') WHERE id = t.id;
      freed := freed + n;
    END IF;
  END LOOP;
  FOR t IN SELECT id FROM tasks WHERE status = 'cancelled' AND settled_at IS NULL
            ORDER BY ended_at LIMIT 200 FOR UPDATE SKIP LOCKED LOOP
    PERFORM tasks_drop_free_seats(t.id);
    PERFORM tasks_settle_end(t.id);
  END LOOP;
  RETURN freed;
END $$;

-- A task that was not paid in time is called off.
CREATE OR REPLACE FUNCTION tasks_lapse(lapsed_order uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  UPDATE tasks SET status = 'cancelled', ended_at = clock_timestamp(), settled_at = clock_timestamp()
   WHERE order_id = lapsed_order AND status = 'awaiting_payment'
$$;

GRANT EXECUTE ON FUNCTION tasks_next(uuid, interval, text),
  tasks_vote(uuid, uuid, uuid, interval, text), tasks_voting(uuid), tasks_cancel(uuid, uuid),
  tasks_claim(uuid, uuid, interval, text), tasks_skip(uuid, uuid)
  TO earnest_api;
GRANT EXECUTE ON FUNCTION tasks_open(uuid), tasks_lapse(uuid) TO earnest_indexer;
GRANT EXECUTE ON FUNCTION tasks_sweep() TO earnest_worker;
