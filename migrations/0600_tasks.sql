-- Photo tasks: options to choose from, seats to be taken, votes that pay.
-- depends: 0350_files 0500_payments

SET LOCAL search_path = earnest;

CREATE SEQUENCE tasks_open_seq;
CREATE TABLE tasks (
  id             uuid PRIMARY KEY,
  requester      uuid NOT NULL REFERENCES accounts,
  order_id       uuid NOT NULL UNIQUE REFERENCES orders,
  title          text NOT NULL,
  instructions   text NOT NULL DEFAULT '',
  asset          text NOT NULL,
  price_per_vote numeric(78, 0) NOT NULL CHECK (price_per_vote > 0),
  fee_bps        integer NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
  votes_wanted   integer NOT NULL CHECK (votes_wanted BETWEEN 1 AND 10000),
  votes          integer NOT NULL DEFAULT 0,    -- maintained, never counted
  -- awaiting_payment → open → closed; or cancelled from either of the first two.
  status         text NOT NULL DEFAULT 'awaiting_payment'
                   CHECK (status IN ('awaiting_payment', 'open', 'closed', 'cancelled')),
  -- The place in the queue. A task whose seats fell free again goes to its end, so that workers
  -- who passed it while it was full meet it again.
  open_seq       bigint,
  has_free       boolean NOT NULL DEFAULT false,  -- there may be a seat nobody has taken
  ledger_account bigint REFERENCES ledger_accounts,
  refund         numeric(78, 0),                  -- given back on cancelling, fee share included
  card           text,                            -- what a worker sees, as JSON, ready to send
  created_at     timestamptz NOT NULL,
  opened_at      timestamptz,
  ended_at       timestamptz,                     -- closed, or cancelled
  settled_at     timestamptz,                     -- the last of its money has left it
  CONSTRAINT tasks_budget CHECK (votes <= votes_wanted),
  CONSTRAINT tasks_open_has_place CHECK (status <> 'open' OR open_seq IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX tasks_queue ON tasks (open_seq) WHERE status = 'open' AND has_free;
CREATE INDEX tasks_by_requester ON tasks (requester, created_at DESC, id);
CREATE INDEX tasks_unsettled ON tasks (ended_at) WHERE status = 'cancelled' AND settled_at IS NULL;

CREATE TABLE task_options (
  id        uuid PRIMARY KEY,
  task_id   uuid NOT NULL REFERENCES tasks,
  position  smallint NOT NULL CHECK (position BETWEEN 1 AND 10),
  file_id   uuid NOT NULL REFERENCES files,
  public_id uuid NOT NULL,
  votes     integer NOT NULL DEFAULT 0 CHECK (votes >= 0),
  UNIQUE (task_id, position),
  UNIQUE (task_id, file_id),
  UNIQUE (task_id, id)
) WITH (fillfactor = 70);

-- A seat is a row: taking, retaking and voting are updates of that one row.
CREATE TABLE task_seats (
  task_id    uuid NOT NULL REFERENCES tasks,
  number     integer NOT NULL CHECK (number >= 1),
  worker     uuid REFERENCES accounts,
  expires_at timestamptz,
  option_id  uuid,                       -- the vote; once set, the seat is spent
  voted_at   timestamptz,
  -- The worker while the seat waits for the vote. A column of its own, so that only one index can
  -- find it: by (worker, …) a busy worker's old seats would be read along.
  waiting    uuid GENERATED ALWAYS AS (CASE WHEN option_id IS NULL THEN worker END) STORED,
  PRIMARY KEY (task_id, number),
  FOREIGN KEY (task_id, option_id) REFERENCES task_options (task_id, id),
  CHECK ((worker IS NULL) = (expires_at IS NULL)),
  CHECK ((option_id IS NULL) = (voted_at IS NULL)),
  CHECK (option_id IS NULL OR worker IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX task_seats_one_per_worker ON task_seats (worker, task_id)
  WHERE worker IS NOT NULL;
-- A worker holds at most one seat that waits for a vote.
CREATE UNIQUE INDEX task_seats_waiting ON task_seats (waiting) WHERE waiting IS NOT NULL;
CREATE INDEX task_seats_lapsing ON task_seats (expires_at) WHERE waiting IS NOT NULL;
CREATE INDEX task_seats_free ON task_seats (task_id, number) WHERE worker IS NULL;

-- How far each worker has walked through the queue.
CREATE TABLE task_positions (
  worker    uuid PRIMARY KEY REFERENCES accounts,
  after_seq bigint NOT NULL
) WITH (fillfactor = 70);

GRANT SELECT ON tasks, task_options, task_seats TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON tasks, task_options TO earnest_api;
