-- Payouts: requests, the attempts to send them, and what a person did about them.
-- depends: 0200_accounts 0400_treasury

SET LOCAL search_path = earnest;

-- requested → signed → sent → final, or failed with the hold released. An expired attempt leads
-- back to requested. The moves that are allowed are listed in payouts_guard().
CREATE TABLE payouts (
  id             uuid PRIMARY KEY REFERENCES ledger_holds,
  seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account_id     uuid NOT NULL REFERENCES accounts,
  asset          text NOT NULL,
  amount         numeric(78, 0) NOT NULL CHECK (amount > 0),
  address        text NOT NULL,
  rent           numeric(78, 0),        -- lamports that we pay for the recipient's token account
  status         text NOT NULL CHECK (status IN ('requested', 'signed', 'sent', 'final', 'failed')),
  attempt_id     uuid,                  -- the live attempt, from its reservation on
  alone          boolean NOT NULL DEFAULT false,  -- to be sent singly
  paused         boolean NOT NULL DEFAULT false,  -- until a person has looked
  not_before     timestamptz NOT NULL,
  waiting_for    text,                  -- a code: why it was not sent at the last try
  chain_tx       text,
  failure_code   text,
  failure_detail text,
  requested_at   timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
  CHECK ((failure_code IS NULL) = (failure_detail IS NULL)),
  CHECK (status NOT IN ('signed', 'sent') OR (attempt_id IS NOT NULL AND chain_tx IS NOT NULL)),
  CHECK (status NOT IN ('final', 'failed') OR attempt_id IS NULL),
  CHECK (status <> 'final' OR chain_tx IS NOT NULL)
);
CREATE INDEX payouts_by_account ON payouts (account_id, seq DESC);
CREATE INDEX payouts_waiting ON payouts (seq)
  WHERE status = 'requested' AND attempt_id IS NULL AND NOT paused;
CREATE INDEX payouts_open ON payouts (status, seq) WHERE status NOT IN ('final', 'failed');

-- Every status a payout ever had, for people to see. Written by a trigger.
CREATE TABLE payout_steps (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payout_id uuid NOT NULL REFERENCES payouts,
  status    text NOT NULL,
  chain_tx  text,
  at        timestamptz NOT NULL
);
CREATE INDEX payout_steps_by_payout ON payout_steps (payout_id, id);

-- reserved → signed → sent → final | failed | expired; reserved → dropped when nothing was signed.
CREATE TABLE payout_attempts (
  id                      uuid PRIMARY KEY,
  status                  text NOT NULL CHECK (status IN
                            ('reserved', 'signed', 'sent', 'final', 'failed', 'expired', 'dropped')),
  claimed_until           timestamptz NOT NULL,  -- by the worker that is at it
  asked_at                timestamptz,  -- from then on the signer may have signed it
  tx_id                   text UNIQUE,
  signed_bytes            bytea,
  last_valid_block_height bigint,
  broadcasts              integer NOT NULL DEFAULT 0,
  created_at              timestamptz NOT NULL,
  signed_at               timestamptz,
  sent_at                 timestamptz,
  ended_at                timestamptz,
  end_reason              text,
  CHECK ((tx_id IS NULL) = (status IN ('reserved', 'dropped'))),
  CHECK ((tx_id IS NULL) = (signed_bytes IS NULL)),
  CHECK ((tx_id IS NULL) = (last_valid_block_height IS NULL)),
  CHECK ((tx_id IS NULL) = (signed_at IS NULL)),
  CHECK (tx_id IS NULL OR asked_at IS NOT NULL),
  CHECK ((status IN ('reserved', 'signed', 'sent')) = (ended_at IS NULL))
);
CREATE INDEX payout_attempts_live ON payout_attempts (claimed_until)
  WHERE status IN ('reserved', 'signed', 'sent');
CREATE INDEX payout_attempts_final ON payout_attempts (ended_at) WHERE status = 'final';
ALTER TABLE payouts ADD FOREIGN KEY (attempt_id) REFERENCES payout_attempts;

CREATE TABLE payout_attempt_items (
  attempt_id uuid NOT NULL REFERENCES payout_attempts,
  payout_id  uuid NOT NULL REFERENCES payouts,
  place      integer NOT NULL CHECK (place >= 0),  -- order of the transfers
  live       boolean NOT NULL,
  PRIMARY KEY (attempt_id, payout_id),
  UNIQUE (attempt_id, place)
);
-- One live attempt per payout, whatever two workers do at once.
CREATE UNIQUE INDEX payout_attempt_items_one_live ON payout_attempt_items (payout_id) WHERE live;

-- While a row here is not cleared, no payout is signed or sent.
CREATE TABLE payout_halts (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code       text NOT NULL,
  detail     jsonb NOT NULL,
  at         timestamptz NOT NULL,
  cleared_at timestamptz,
  cleared_by text,
  note       text,
  CHECK ((cleared_at IS NULL) = (cleared_by IS NULL) AND (cleared_at IS NULL) = (note IS NULL))
);
CREATE UNIQUE INDEX payout_halts_one_open ON payout_halts (code) WHERE cleared_at IS NULL;

-- What operators did, in their own words.
CREATE TABLE payout_audit (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payout_id uuid REFERENCES payouts,
  action    text NOT NULL,
  operator  text NOT NULL CHECK (operator <> ''),
  note      text NOT NULL CHECK (note <> ''),
  at        timestamptz NOT NULL
);

GRANT SELECT ON payouts, payout_steps, payout_attempts, payout_attempt_items, payout_halts,
  payout_audit TO earnest_api, earnest_worker, earnest_indexer;
GRANT UPDATE (status, attempt_id, alone, paused, not_before, waiting_for, chain_tx, changed_at)
  ON payouts TO earnest_worker, earnest_indexer;
GRANT INSERT (id, status, claimed_until, created_at) ON payout_attempts TO earnest_worker;
GRANT UPDATE (status, claimed_until, asked_at, tx_id, signed_bytes, last_valid_block_height,
    broadcasts, signed_at, sent_at, ended_at, end_reason)
  ON payout_attempts TO earnest_worker, earnest_indexer;
GRANT INSERT, DELETE ON payout_attempt_items TO earnest_worker;
GRANT UPDATE (live) ON payout_attempt_items TO earnest_worker, earnest_indexer;
GRANT INSERT (code, detail, at), UPDATE (cleared_at, cleared_by, note)
  ON payout_halts TO earnest_worker, earnest_indexer;
GRANT INSERT (payout_id, action, operator, note, at) ON payout_audit TO earnest_worker;
