-- Notifications: what an account is told, once for each account and key.
-- depends: 0200_accounts

SET LOCAL search_path = earnest;

-- unread -> read. Everything else about a row stays as it was written.
CREATE TABLE notifications (
  id         uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts,
  kind       text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
  -- What to open, as `project:5f…`.
  subject    text NOT NULL CHECK (subject ~ '^[a-z][a-z_]{0,29}:.{1,200}$'),
  data       jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object' AND pg_column_size(data) <= 8192),
  -- Says which fact it tells: the same fact told again adds nothing.
  key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  read_at    timestamptz,
  UNIQUE (account_id, key)
);
CREATE INDEX notifications_inbox ON notifications (account_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (account_id, created_at DESC, id DESC)
  WHERE read_at IS NULL;
CREATE INDEX notifications_by_age ON notifications (created_at);

-- Whoever moves something tells those concerned in the same db_tx; only its reader marks it read.
GRANT INSERT ON notifications TO earnest_api, earnest_worker, earnest_indexer;
GRANT SELECT, UPDATE (read_at) ON notifications TO earnest_api;
GRANT SELECT, DELETE ON notifications TO earnest_worker;
