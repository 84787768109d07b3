-- What the escrow contract says: its events, decoded, and the state that they add up to.
-- depends: 0300_chains

SET LOCAL search_path = earnest;

-- Projections of the chain log: nothing refers to them, they hold no clock and no id of our own,
-- and `earnest rebuild` makes them anew. Every state is there twice: `live` is what all canonical
-- events add up to, `final` what those do that no reorg can undo. The fold is escrow/projection/fold.py.
-- Heights named burn_height, and deadlines, windows, expiries are Bitcoin heights. Amounts are in
-- minor units of the project's token. A token that is absent is STX; where it is part of a key it
-- is written 'STX'.

-- How far the log was folded, one row per contract: whoever folds holds it.
CREATE TABLE escrow_cursors (
  contract        text PRIMARY KEY,
  log_seq         bigint NOT NULL DEFAULT 0,  -- the last row of the chain log that was read
  -- The first of the contract's own numbers that is missing although a later one is there: nothing
  -- after it is folded into that view until it comes.
  missing_live    bigint,
  missing_final   bigint,
  unreadable      bigint NOT NULL DEFAULT 0 CHECK (unreadable >= 0),  -- prints that are no event
  moved_at        timestamptz
);

-- One row per event and block, and one more each time the same block becomes canonical again.
CREATE TABLE escrow_events (
  contract       text NOT NULL,
  log_seq        bigint NOT NULL,       -- the row of the chain log that told it first
  block_id       text NOT NULL,
  tx_id          text NOT NULL,
  event_index    integer NOT NULL,
  nth            integer NOT NULL,
  state          text NOT NULL CHECK (state IN ('observed', 'final', 'reverted')),
  height         bigint NOT NULL,
  burn_height    bigint NOT NULL,
  block_time     timestamptz NOT NULL,
  tx_index       integer NOT NULL,
  seq            bigint,                -- the contract's own number; null when unreadable
  name           text,                  -- as the contract prints it; null when unreadable
  number         bigint,                -- of the project; null when it concerns the contract
  milestone_num  smallint,
  actor          text,
  creation_tx_id text,                  -- of the project that had this number when it was folded
  data           jsonb,                 -- all fields, as escrow/events.py writes them
  PRIMARY KEY (contract, log_seq),
  CHECK ((seq IS NULL) = (name IS NULL) AND (seq IS NULL) = (data IS NULL))
);
-- The canonical events that are not final: few, whatever the log holds.
CREATE INDEX escrow_events_window ON escrow_events (contract, block_id, tx_id, event_index)
  WHERE state = 'observed';
CREATE INDEX escrow_events_by_seq ON escrow_events (contract, seq);
CREATE INDEX escrow_events_by_project ON escrow_events (contract, number, log_seq);
CREATE INDEX escrow_events_by_name ON escrow_events (contract, name, log_seq);

-- A number is no identity: in a reorg it may come to mean another project. creation_tx_id is.
CREATE TABLE escrow_projects (
  contract            text NOT NULL,
  view                text NOT NULL CHECK (view IN ('live', 'final')),
  number              bigint NOT NULL,
  creation_tx_id      text NOT NULL,
  creation_block_id   text NOT NULL,
  creation_height     bigint NOT NULL,
  created_burn_height bigint NOT NULL,
  client              text NOT NULL,
  freelancer          text NOT NULL,
  token               text,              -- contract of the token; null is STX
  total_minor         numeric(78, 0) NOT NULL,
  reference           text,              -- 0x and 64 hexadecimal digits
  silent_bps          integer NOT NULL,
  fee_bps             integer NOT NULL,
  arbiter_set         bigint NOT NULL,
  bond_bps            integer NOT NULL,
  claim_window        bigint NOT NULL,
  arbiter_window      bigint NOT NULL,
  offer_window        bigint NOT NULL,
  milestone_count     smallint NOT NULL,
  accepted            boolean NOT NULL,
  cancelled           boolean NOT NULL,
  status              text NOT NULL CHECK (status IN
                        ('active', 'disputed', 'completed', 'refunded', 'cancelled')),
  net_minor           numeric(78, 0) NOT NULL,   -- the freelancer's so far, paid or credited
  refunded_minor      numeric(78, 0) NOT NULL,   -- the client's so far
  fee_minor           numeric(78, 0) NOT NULL,
  updated_burn_height bigint NOT NULL,
  PRIMARY KEY (contract, view, number)
);
CREATE INDEX escrow_projects_by_creation ON escrow_projects (contract, creation_tx_id);
CREATE INDEX escrow_projects_by_client ON escrow_projects (contract, view, client, reference);
CREATE INDEX escrow_projects_by_freelancer ON escrow_projects (contract, view, freelancer);

CREATE TABLE escrow_milestones (
  contract           text NOT NULL,
  view               text NOT NULL CHECK (view IN ('live', 'final')),
  number             bigint NOT NULL,
  milestone_num      smallint NOT NULL CHECK (milestone_num BETWEEN 1 AND 4),
  amount_minor       numeric(78, 0) NOT NULL,
  deadline           bigint NOT NULL,
  status             text NOT NULL CHECK (status IN
                       ('locked', 'submitted', 'disputed', 'approved', 'split', 'refunded')),
  how                text CHECK (how IN ('released', 'claimed', 'conceded', 'reclaimed', 'settled',
                       'ruled', 'defaulted', 'cancelled', 'declined')),
  claim_from         bigint,             -- from when it was submitted on
  bps                integer,            -- the freelancer's part, once closed; as the next four
  gross_minor        numeric(78, 0),
  fee_minor          numeric(78, 0),
  net_minor          numeric(78, 0),
  refund_minor       numeric(78, 0),
  submitted_tx_id    text,
  closed_tx_id       text,
  closed_burn_height bigint,
  PRIMARY KEY (contract, view, number, milestone_num),
  CHECK ((how IS NULL) = (status IN ('locked', 'submitted', 'disputed'))),
  CHECK (gross_minor + refund_minor = amount_minor AND gross_minor = fee_minor + net_minor)
);

-- At most one for a milestone, for ever; it stays when the milestone has closed.
CREATE TABLE escrow_disputes (
  contract      text NOT NULL,
  view          text NOT NULL CHECK (view IN ('live', 'final')),
  number        bigint NOT NULL,
  milestone_num smallint NOT NULL,
  filer         text NOT NULL,
  bond_minor    numeric(78, 0) NOT NULL,
  bond_to       text,                    -- who got the bond, once the milestone has closed
  filed_at      bigint NOT NULL,         -- burn height
  default_from  bigint NOT NULL,
  default_bps   integer NOT NULL,
  filed_tx_id   text NOT NULL,
  PRIMARY KEY (contract, view, number, milestone_num)
);

CREATE TABLE escrow_votes (
  contract      text NOT NULL,
  view          text NOT NULL CHECK (view IN ('live', 'final')),
  number        bigint NOT NULL,
  milestone_num smallint NOT NULL,
  arbiter       text NOT NULL,
  bps           integer NOT NULL,
  PRIMARY KEY (contract, view, number, milestone_num, arbiter)
);

-- The latest offer of each side. It stands only while the milestone has the status of the offer.
CREATE TABLE escrow_offers (
  contract      text NOT NULL,
  view          text NOT NULL CHECK (view IN ('live', 'final')),
  number        bigint NOT NULL,
  milestone_num smallint NOT NULL,
  by_party      text NOT NULL,           -- the address of the client or the freelancer
  bps           integer NOT NULL,
  expires       bigint NOT NULL,         -- burn height
  status        text NOT NULL CHECK (status IN ('locked', 'submitted', 'disputed')),
  PRIMARY KEY (contract, view, number, milestone_num, by_party)
);

CREATE TABLE escrow_arbiter_sets (
  contract  text NOT NULL,
  view      text NOT NULL CHECK (view IN ('live', 'final')),
  set_id    bigint NOT NULL,
  members   text[] NOT NULL,
  threshold smallint NOT NULL,
  PRIMARY KEY (contract, view, set_id)
);

CREATE TABLE escrow_config (
  contract          text NOT NULL,
  view              text NOT NULL CHECK (view IN ('live', 'final')),
  owner             text NOT NULL,
  proposed_owner    text,
  treasury          text NOT NULL,
  paused            boolean NOT NULL,
  fee_bps           integer NOT NULL,
  proposed_fee_bps  integer,
  proposed_fee_from bigint,              -- burn height from which it can be activated
  arbiter_set       bigint NOT NULL,
  arbiter_set_count bigint NOT NULL,
  proposed_set      bigint,
  proposed_set_from bigint,
  project_count     bigint NOT NULL,
  event_count       bigint NOT NULL,     -- the contract's own number of the last event folded
  PRIMARY KEY (contract, view)
);

CREATE TABLE escrow_tokens (
  contract text NOT NULL,
  view     text NOT NULL CHECK (view IN ('live', 'final')),
  token    text NOT NULL,
  asset    text NOT NULL,
  allowed  boolean NOT NULL,
  PRIMARY KEY (contract, view, token)
);

-- These three have no rows of nothing.
CREATE TABLE escrow_owed (
  contract     text NOT NULL,
  view         text NOT NULL CHECK (view IN ('live', 'final')),
  token        text NOT NULL,
  amount_minor numeric(78, 0) NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (contract, view, token)
);

CREATE TABLE escrow_fees (
  contract     text NOT NULL,
  view         text NOT NULL CHECK (view IN ('live', 'final')),
  token        text NOT NULL,
  amount_minor numeric(78, 0) NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (contract, view, token)
);

CREATE TABLE escrow_credits (
  contract     text NOT NULL,
  view         text NOT NULL CHECK (view IN ('live', 'final')),
  who          text NOT NULL,
  token        text NOT NULL,
  amount_minor numeric(78, 0) NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (contract, view, who, token)
);

GRANT SELECT ON
  escrow_cursors, escrow_events, escrow_projects, escrow_milestones, escrow_disputes, escrow_votes,
  escrow_offers, escrow_arbiter_sets, escrow_config, escrow_tokens, escrow_owed, escrow_fees,
  escrow_credits
  TO earnest_api, earnest_worker, earnest_indexer;
-- No money of ours is in these tables, and none moves by them: whoever follows may write them.
GRANT INSERT, UPDATE, DELETE ON
  escrow_cursors, escrow_events, escrow_projects, escrow_milestones, escrow_disputes, escrow_votes,
  escrow_offers, escrow_arbiter_sets, escrow_config, escrow_tokens, escrow_owed, escrow_fees,
  escrow_credits
  TO earnest_indexer;
