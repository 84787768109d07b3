-- The ledger: append-only double entry. Amounts are integers in minor units.
-- depends: 0100_kit

SET LOCAL search_path = earnest;

CREATE TABLE ledger_accounts (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name    text NOT NULL UNIQUE,
  type    text NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense')),
  asset   text NOT NULL CHECK (asset IN ('SOL', 'USDC', 'ETH', 'STX', 'sBTC')),
  owner   uuid,                        -- the marketplace account it is owed to, if any
  -- In the account's own direction: debits − credits for asset and expense, else reversed.
  balance numeric(78, 0) NOT NULL DEFAULT 0,
  held    numeric(78, 0) NOT NULL DEFAULT 0,   -- promised by holds that have not ended
  version bigint NOT NULL DEFAULT 0,           -- number of entries
  head    bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),  -- hash of the last entry
  CONSTRAINT ledger_accounts_never_overspent CHECK (held >= 0 AND balance >= held)
) WITH (fillfactor = 70);
CREATE INDEX ledger_accounts_by_owner ON ledger_accounts (owner, asset) WHERE owner IS NOT NULL;

-- One row is a whole transfer: what leaves one account enters the other.
CREATE TABLE ledger_transfers (
  id             uuid PRIMARY KEY,     -- chosen by the caller: the idempotency key
  debit_account  bigint NOT NULL REFERENCES ledger_accounts,
  credit_account bigint NOT NULL REFERENCES ledger_accounts,
  amount         numeric(78, 0) NOT NULL CHECK (amount > 0),
  kind           text NOT NULL,
  subject        text NOT NULL,
  debit_version  bigint NOT NULL,
  credit_version bigint NOT NULL,
  debit_balance  numeric(78, 0) NOT NULL,   -- of each side, after
  credit_balance numeric(78, 0) NOT NULL,
  debit_hash     bytea NOT NULL,
  credit_hash    bytea NOT NULL,
  posted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (debit_account <> credit_account)
);
CREATE UNIQUE INDEX ledger_transfers_debits ON ledger_transfers (debit_account, debit_version);
CREATE UNIQUE INDEX ledger_transfers_credits ON ledger_transfers (credit_account, credit_version);

-- A hold promises money of one account to one recipient: pending until its end is written.
CREATE TABLE ledger_holds (
  id         uuid PRIMARY KEY,         -- the payout's id
  account    bigint NOT NULL REFERENCES ledger_accounts,
  asset      text NOT NULL,
  amount     numeric(78, 0) NOT NULL CHECK (amount > 0),
  recipient  text NOT NULL,            -- the address on the asset's chain
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ledger_holds_by_account ON ledger_holds (account);
CREATE TABLE ledger_hold_ends (
  hold_id     uuid PRIMARY KEY REFERENCES ledger_holds,  -- so a hold ends once
  outcome     text NOT NULL CHECK (outcome IN ('posted', 'voided')),
  transfer_id uuid REFERENCES ledger_transfers,
  ended_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((outcome = 'posted') = (transfer_id IS NOT NULL))
);

-- From time to time the heads that moved are written down and signed.
CREATE TABLE ledger_checkpoints (
  id         bigint PRIMARY KEY,
  digest     bytea NOT NULL,           -- over the digest before and all heads of this one
  public_key bytea NOT NULL,
  signature  bytea NOT NULL,           -- ed25519 over the digest
  taken_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ledger_checkpoint_heads (
  checkpoint_id bigint NOT NULL REFERENCES ledger_checkpoints DEFERRABLE INITIALLY DEFERRED,
  account       bigint NOT NULL REFERENCES ledger_accounts,
  version       bigint NOT NULL,
  head          bytea NOT NULL,
  PRIMARY KEY (checkpoint_id, account)
);
CREATE INDEX ledger_checkpoint_heads_latest ON ledger_checkpoint_heads (account, version DESC);

GRANT SELECT ON ledger_accounts, ledger_transfers, ledger_holds, ledger_hold_ends
  TO earnest_api, earnest_worker, earnest_indexer, earnest_signer_ro;
GRANT SELECT ON ledger_checkpoints, ledger_checkpoint_heads TO earnest_api, earnest_indexer;
GRANT SELECT, INSERT ON ledger_checkpoints, ledger_checkpoint_heads TO earnest_worker;
