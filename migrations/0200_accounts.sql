-- Accounts, the wallets that belong to them, sign-in challenges and sessions.
-- depends: 0150_limits

SET LOCAL search_path = earnest;

CREATE TABLE accounts (
  id         uuid PRIMARY KEY,
  created_at timestamptz NOT NULL
);

-- A wallet belongs to one account. `identity` is what makes it one wallet (lower case on the
-- EVM, the main network's form on Stacks); `address` is how its holder first wrote it.
CREATE TABLE account_addresses (
  chain      text NOT NULL CHECK (chain IN ('solana', 'stacks', 'evm')),
  identity   text NOT NULL CHECK (length(identity) BETWEEN 1 AND 64),
  account_id uuid NOT NULL REFERENCES accounts,
  address    text NOT NULL CHECK (length(address) BETWEEN 1 AND 64),
  linked_at  timestamptz NOT NULL,
  PRIMARY KEY (chain, identity)
);
CREATE INDEX account_addresses_by_account ON account_addresses (account_id, linked_at);

-- A challenge is issued -> spent, once; or it expires. Only its SHA-256 is kept.
CREATE TABLE sign_in_challenges (
  challenge_hash bytea PRIMARY KEY CHECK (octet_length(challenge_hash) = 32),
  chain          text NOT NULL,
  identity       text NOT NULL,
  expires_at     timestamptz NOT NULL,
  spent_at       timestamptz
);
CREATE INDEX sign_in_challenges_by_expiry ON sign_in_challenges (expires_at);

-- A session is live -> ended (revoked_at). No refresh token is kept in any form: the one of a
-- generation is derived from the salt here and a secret that the database does not hold.
CREATE TABLE sessions (
  id           uuid PRIMARY KEY,
  account_id   uuid NOT NULL REFERENCES accounts,
  chain        text NOT NULL,
  address      text NOT NULL,
  refresh_salt bytea NOT NULL CHECK (octet_length(refresh_salt) = 32),
  generation   integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
  created_at   timestamptz NOT NULL,
  rotated_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  end_reason   text CHECK (end_reason IN ('signed_out', 'closed_by_owner', 'token_reused')),
  CHECK ((revoked_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_by_account ON sessions (account_id, created_at DESC);
CREATE INDEX sessions_by_revocation ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Wallets are added and never moved: not even the API's own role can hand one to another account.
GRANT SELECT, INSERT ON accounts, account_addresses, sign_in_challenges, sessions TO earnest_api;
GRANT UPDATE (spent_at) ON sign_in_challenges TO earnest_api;
GRANT UPDATE (generation, rotated_at, expires_at, revoked_at, end_reason) ON sessions
  TO earnest_api;
GRANT SELECT ON accounts, account_addresses TO earnest_worker, earnest_indexer;
GRANT SELECT, DELETE ON sign_in_challenges, sessions TO earnest_worker;
