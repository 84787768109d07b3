-- What the operator's pages of the books are read by: indexes, and the outcome of verifications.
-- depends: 0170_ledger 0200_accounts 0400_treasury

SET LOCAL search_path = earnest;

-- The kind of an account is what its name begins with: `order:…`, `available:…`. None of the three
-- ever changes, so balances go on being written without touching this index.
CREATE INDEX ledger_accounts_by_kind ON ledger_accounts (split_part(name, ':', 1), asset, id);

-- What came of replaying the ledger. Only the worker replays, and writes here.
CREATE TABLE ledger_verifications (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  began_at    timestamptz NOT NULL,
  ended_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  transfers   bigint NOT NULL,
  accounts    bigint NOT NULL,
  holds       bigint NOT NULL,
  checkpoints bigint NOT NULL,
  faults      jsonb NOT NULL    -- [{where, what}]; none: all adds up
);

CREATE INDEX treasury_attempt_items_by_hold ON treasury_attempt_items (hold_id);
CREATE INDEX treasury_suspense_ends_by_time ON treasury_suspense_ends (settled_at, suspense_id);
CREATE INDEX treasury_suspense_ends_by_account
  ON treasury_suspense_ends (credited_to, settled_at DESC);

-- By their beginnings, whatever order the database has for texts.
CREATE INDEX account_addresses_by_address
  ON account_addresses (address text_pattern_ops, account_id);
CREATE INDEX account_addresses_by_identity
  ON account_addresses (identity text_pattern_ops, account_id);
CREATE INDEX accounts_newest ON accounts (created_at DESC, id DESC);

GRANT SELECT ON ledger_verifications TO earnest_api, earnest_worker;
GRANT INSERT (began_at, transfers, accounts, holds, checkpoints, faults)
  ON ledger_verifications TO earnest_worker;
