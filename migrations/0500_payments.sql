-- Orders: what is to be paid, by whoever, to which reference, until when.
-- depends: 0200_accounts 0400_treasury

SET LOCAL search_path = earnest;

CREATE TABLE orders (
  id            uuid PRIMARY KEY,       -- 128 random bits: its page needs no sign-in
  owner         uuid NOT NULL REFERENCES accounts,  -- to whose balance all goes that buys nothing
  subject       text NOT NULL UNIQUE,   -- what it pays for, e.g. task:…
  chain         text NOT NULL,
  reference     text NOT NULL,
  recipient     text NOT NULL,
  asset         text NOT NULL,
  amount        numeric(78, 0) NOT NULL CHECK (amount > 0),    -- the fee included
  fee           numeric(78, 0) NOT NULL CHECK (fee >= 0 AND fee < amount),
  label         text NOT NULL,
  -- awaiting → seen → final → settled; the rest are its other ends. See payments/README.md.
  status        text NOT NULL DEFAULT 'awaiting' CHECK (status IN ('awaiting', 'seen', 'underpaid',
                  'final', 'settled', 'overpaid', 'late', 'lapsed', 'cancelled')),
  in_time       numeric(78, 0) NOT NULL DEFAULT 0,   -- final and by block time not after expires_at
  received      numeric(78, 0) NOT NULL DEFAULT 0,   -- all that ever came with the reference
  returned      numeric(78, 0) NOT NULL DEFAULT 0,   -- of that, what became the owner's balance
  paid_by       text[] NOT NULL DEFAULT '{}',
  seen_tx       text,
  seen_slot     bigint,
  created_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  final_at      timestamptz,
  ended_at      timestamptz,
  UNIQUE (chain, reference)
);
CREATE INDEX orders_by_owner ON orders (owner, created_at DESC, id);
CREATE INDEX orders_waiting ON orders (chain, expires_at)
  WHERE status IN ('awaiting', 'seen', 'underpaid') AND ended_at IS NULL;

GRANT SELECT ON orders TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON orders TO earnest_api;
GRANT UPDATE (status, seen_tx, seen_slot) ON orders TO earnest_indexer;
