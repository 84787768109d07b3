-- The treasury: the one owner of the chain accounts, and the only way money enters the ledger.
-- depends: 0170_ledger 0300_chains

SET LOCAL search_path = earnest;

-- The addresses that are followed. What they held at `opening_slot` is the operator's float.
CREATE TABLE treasury_accounts (
  chain          text NOT NULL,
  address        text NOT NULL,
  owner          text NOT NULL,        -- the wallet that controls it; itself for the coin
  asset          text NOT NULL,
  mint           text,                 -- of a token account
  opening_slot   bigint NOT NULL,
  opening_minor  numeric(78, 0) NOT NULL CHECK (opening_minor >= 0),
  ledger_account bigint NOT NULL REFERENCES ledger_accounts,
  opened_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain, address)
);

-- Who is credited when money arrives that carries this reference.
CREATE TABLE treasury_references (
  chain          text NOT NULL,
  reference      text NOT NULL,
  asset          text NOT NULL,
  purpose_id     uuid NOT NULL UNIQUE,  -- the order
  ledger_account bigint NOT NULL REFERENCES ledger_accounts,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain, reference)
);

-- What we are about to send: known before it is broadcast.
CREATE TABLE treasury_attempts (
  chain      text NOT NULL,
  tx_id      text NOT NULL,
  attempt_id uuid NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain, tx_id)
);
CREATE TABLE treasury_attempt_items (
  attempt_id uuid NOT NULL REFERENCES treasury_attempts (attempt_id),
  hold_id    uuid NOT NULL REFERENCES ledger_holds,
  PRIMARY KEY (attempt_id, hold_id)
);

-- One row per final chain_tx and address: exactly its delta, once.
CREATE TABLE treasury_postings (
  chain     text NOT NULL,
  address   text NOT NULL,
  log_seq   bigint NOT NULL,
  tx_id     text NOT NULL,
  slot      bigint NOT NULL,
  delta     numeric(78, 0) NOT NULL,
  balance   numeric(78, 0) NOT NULL,    -- of the ledger account, after
  posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain, address, log_seq),
  UNIQUE (chain, tx_id, address)
);
CREATE INDEX treasury_postings_by_slot ON treasury_postings (chain, address, slot, log_seq);

CREATE TABLE treasury_deposits (
  id             uuid PRIMARY KEY,      -- also the ledger transfer's id
  chain          text NOT NULL,
  tx_id          text NOT NULL,
  index          text NOT NULL,         -- of the instruction inside the chain_tx
  reference      text NOT NULL,
  purpose_id     uuid NOT NULL,
  asset          text NOT NULL,
  amount         numeric(78, 0) NOT NULL,
  payer          text NOT NULL,
  slot           bigint NOT NULL,
  block_time     timestamptz,
  UNIQUE (chain, tx_id, index)
);
CREATE INDEX treasury_deposits_by_purpose ON treasury_deposits (purpose_id);

-- What arrived and is nobody's yet. A person settles it, with a line that says who and why.
CREATE TABLE treasury_suspense (
  id         uuid PRIMARY KEY,
  chain      text NOT NULL,
  tx_id      text NOT NULL,
  asset      text NOT NULL,
  amount     numeric(78, 0) NOT NULL,
  payer      text,
  reason     text NOT NULL,
  noted_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX treasury_suspense_by_age ON treasury_suspense (noted_at, id);
CREATE TABLE treasury_suspense_ends (
  suspense_id uuid PRIMARY KEY REFERENCES treasury_suspense,
  credited_to uuid NOT NULL,
  settled_by  text NOT NULL,
  note        text NOT NULL CHECK (note <> ''),
  settled_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE treasury_cursors (
  chain text PRIMARY KEY,
  seq   bigint NOT NULL DEFAULT 0
);

-- The continuous proof: what the chain held and what the ledger says, at one finalized slot.
CREATE TABLE solvency_checks (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  chain      text NOT NULL,
  slot       bigint NOT NULL,
  accounts   jsonb NOT NULL,   -- [{address, asset, chainMinor, ledgerMinor}]
  totals     jsonb NOT NULL,   -- [{asset, assetsMinor, liabilitiesMinor}]
  solvent    boolean NOT NULL,
  checked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON treasury_accounts, treasury_references, treasury_attempts, treasury_attempt_items,
  treasury_postings, treasury_deposits, treasury_suspense, treasury_suspense_ends,
  treasury_cursors, solvency_checks
  TO earnest_api, earnest_worker, earnest_indexer;
GRANT SELECT ON treasury_attempts, treasury_attempt_items, treasury_accounts
  TO earnest_signer_ro;
GRANT INSERT, DELETE ON solvency_checks TO earnest_indexer;
