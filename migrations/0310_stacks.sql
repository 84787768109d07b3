-- The chain log learns to take back, and what following Stacks has to remember.
-- depends: 0300_chains

SET LOCAL search_path = earnest;

-- 0 the first time, one more each time the same block counts again after a reorg took it back.
ALTER TABLE chain_log ADD COLUMN nth integer NOT NULL DEFAULT 0 CHECK (nth >= 0);

-- Beginning with the height, so that new rows stand together at the index's end however long the
-- log has become. A block has one height, so this is unique as (block, tx, event, kind, nth) is.
ALTER TABLE chain_log
  DROP CONSTRAINT chain_log_chain_block_id_tx_id_event_index_kind_key,
  ADD CONSTRAINT chain_log_once
    UNIQUE (chain, slot, block_id, tx_id, event_index, kind, nth);
DROP INDEX chain_log_by_slot;
CREATE INDEX chain_log_reverted ON chain_log (chain, slot) WHERE kind = 'reverted';

-- Blocks by their index hash: every one that is not final yet, the final ones of the last day, and
-- every orphan. Parent and child among those that count are neighbours in height.
CREATE TABLE stacks_blocks (
  block_id    text PRIMARY KEY,
  parent_id   text NOT NULL,
  height      bigint NOT NULL CHECK (height >= 0),
  burn_height bigint NOT NULL CHECK (burn_height >= 0),
  burn_hash   text NOT NULL,
  block_time  bigint NOT NULL,                 -- unix seconds
  canonical   boolean NOT NULL DEFAULT true,
  seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  orphaned_at timestamptz,
  CHECK (canonical = (orphaned_at IS NULL))
);
CREATE UNIQUE INDEX stacks_blocks_one_counts ON stacks_blocks (height) WHERE canonical;

-- The events that were observed, count now, and are not final: rows of the log, by their place.
CREATE TABLE stacks_provisional (
  height      bigint NOT NULL,
  tx_index    integer NOT NULL,
  event_index integer NOT NULL,
  seq         bigint NOT NULL,
  PRIMARY KEY (height, tx_index, event_index)
);

-- One row, from the first round on: how far Stacks is followed, and what happened on the way.
CREATE TABLE stacks_sync (
  one               boolean PRIMARY KEY DEFAULT true CHECK (one),
  contract          text NOT NULL,             -- the log is of this contract and no other
  begun_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  looked_at         timestamptz,               -- when a server last told a tip
  tip_height        bigint,
  tip_block_id      text,
  tip_burn_height   bigint,
  indexed_height    bigint,                    -- every event up to it is in the log
  final_height      bigint,
  final_block_id    text,
  final_burn_height bigint,
  reorgs_seen       bigint NOT NULL DEFAULT 0,
  deepest_reorg     bigint NOT NULL DEFAULT 0, -- in Stacks blocks
  last_reorg_at     timestamptz,
  last_error        text,                      -- the last one, also when all is well again
  last_error_at     timestamptz,
  troubled          boolean NOT NULL DEFAULT false,  -- whether the last look ended in that error
  recounted_at      timestamptz,
  recount_found     text,                      -- what the last recount found wrong, null: nothing
  rewind_to         bigint,                    -- a recount asks to read again what lies above
  halted_rewind     bigint,                    -- the height above which a halt found another story
  permitted_rewind  bigint,                    -- an operator resumed: final events above may fall
  CHECK ((final_height IS NULL) = (final_block_id IS NULL)),
  CHECK (final_height IS NULL OR final_height <= tip_height)
);

GRANT SELECT ON stacks_blocks, stacks_provisional, stacks_sync
  TO earnest_api, earnest_worker, earnest_indexer;
