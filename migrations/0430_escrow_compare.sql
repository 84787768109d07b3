-- Contract and projection held against each other: how far, what was found, what was done about it.
-- depends: 0420_escrow

SET LOCAL search_path = earnest;

-- The feed since a height or a time. Rows come nearly in their order, so ranges of pages will do,
-- which cost the projector next to nothing.
CREATE INDEX escrow_events_since ON escrow_events
  USING brin (height, block_time) WITH (autosummarize = on);

-- One row per contract: where the sweep over all open projects stands, so that it goes on there.
CREATE TABLE escrow_sweeps (
  contract      text PRIMARY KEY,
  after_number  bigint NOT NULL DEFAULT 0,   -- projects up to this one are done in this round
  round_began   timestamptz NOT NULL DEFAULT clock_timestamp(),
  round_ended   timestamptz,                 -- of the last whole round
  rounds        bigint NOT NULL DEFAULT 0,
  compared      bigint NOT NULL DEFAULT 0,   -- projects, since ever
  counted_at    timestamptz,                 -- when the contract's own count was last compared
  counted_chain bigint,                      -- get-event-count then
  counted_live  bigint,                      -- the last event folded into the live view then
  CHECK (after_number >= 0)
);

-- A projection that said something else than the contract is made anew from the log, which is read
-- again from the chain first. At most one waits: it heals all that was found meanwhile.
CREATE TABLE escrow_resyncs (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contract    text NOT NULL,
  found_by    text NOT NULL CHECK (found_by IN ('request', 'sweep', 'recount', 'operator')),
  number      bigint,                        -- of the project, where it is about one
  differences jsonb NOT NULL DEFAULT '[]',   -- as escrow/comparison/rules.py lists them
  asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  begun_at    timestamptz,
  done_at     timestamptz,
  outcome     text,
  CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX escrow_resyncs_one_waits ON escrow_resyncs (contract) WHERE done_at IS NULL;

GRANT SELECT, INSERT ON escrow_resyncs TO earnest_api, earnest_worker, earnest_indexer;
GRANT UPDATE (begun_at, done_at, outcome) ON escrow_resyncs TO earnest_indexer;
GRANT SELECT, INSERT, UPDATE ON escrow_sweeps TO earnest_worker;
GRANT SELECT ON escrow_sweeps TO earnest_api, earnest_indexer;
