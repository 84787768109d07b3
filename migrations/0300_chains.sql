-- What the chains said: one growing log, and how far each chain has been followed.
-- depends: 0100_kit

SET LOCAL search_path = earnest;

-- One row per chain and per change of a fact. Only grows: triggers refuse the rest, and no role
-- may write it but through chain_append().
CREATE TABLE chain_log (
  chain       text NOT NULL,
  seq         bigint NOT NULL CHECK (seq > 0),  -- 1, 2, 3 … per chain, without gaps
  kind        text NOT NULL CHECK (kind IN ('observed', 'final', 'reverted')),
  block_id    text NOT NULL,
  tx_id       text NOT NULL,
  event_index integer NOT NULL DEFAULT 0 CHECK (event_index >= 0),
  slot        bigint NOT NULL CHECK (slot >= 0),
  data        jsonb NOT NULL,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain, seq),
  -- The same chain_tx in another block is another fact.
  UNIQUE (chain, block_id, tx_id, event_index, kind)
);
CREATE INDEX chain_log_by_tx ON chain_log (chain, tx_id);
CREATE INDEX chain_log_by_slot ON chain_log (chain, slot);

-- One row per chain. Whoever holds the fence, and holds it still when it writes, is the one
-- writer. Everything up to followed_slot that touches a followed stream is in the log.
CREATE TABLE chain_cursors (
  chain                 text PRIMARY KEY,
  genesis_hash          text,               -- set by the first append, never by a later one
  last_seq              bigint NOT NULL DEFAULT 0,
  followed_slot         bigint,
  followed_block_height bigint,             -- at most the height of the block in that slot
  followed_time         timestamptz,        -- when the chain made that block
  fence                 uuid,
  fence_until           timestamptz,
  halted_reason         text,
  halted_at             timestamptz,
  moved_at              timestamptz,
  CHECK ((fence IS NULL) = (fence_until IS NULL)),
  CHECK ((halted_reason IS NULL) = (halted_at IS NULL))
);

-- The newest logged chain_tx of each followed account, and its balance after it.
CREATE TABLE chain_stream_cursors (
  chain         text NOT NULL REFERENCES chain_cursors,
  address       text NOT NULL,
  newest_tx_id  text,
  newest_slot   bigint,
  balance_minor numeric(78, 0),
  PRIMARY KEY (chain, address),
  CHECK ((newest_tx_id IS NULL) = (newest_slot IS NULL))
);

GRANT SELECT ON chain_log, chain_cursors, chain_stream_cursors
  TO earnest_api, earnest_worker, earnest_indexer;
