-- A call that was sent on another escrow of the same two sides than the project's own: which one.
-- depends: 0730_market

SET LOCAL search_path = earnest;

-- By the chain_tx that created it; null for the project's own escrow, and for its creation.
ALTER TABLE project_hints
  ADD COLUMN creation_tx_id text CHECK (creation_tx_id ~ '^0x[0-9a-f]{64}$');
