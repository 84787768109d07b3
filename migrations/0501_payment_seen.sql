-- When a payment was first seen, for whoever waits for it to be final.
-- depends: 0500_payments

SET LOCAL search_path = earnest;

ALTER TABLE orders ADD COLUMN seen_at timestamptz;
GRANT UPDATE (seen_at) ON orders TO earnest_indexer;
