-- Files: what accounts say they upload, and what was really there.
-- depends: 0200_accounts

SET LOCAL search_path = earnest;

-- One row per picture that was checked, whoever brought it: the same bytes are decoded and
-- stored once. `storing -> ready`: the id is fixed before anything is written under
-- media/{public_id}/, so a repeat after a crash writes the same objects again.
CREATE TABLE file_contents (
  sha256       bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
  public_id    uuid NOT NULL UNIQUE,          -- 128 random bits; says nothing about the hash
  size_bytes   bigint NOT NULL CHECK (size_bytes > 0),
  content_type text NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp')),
  width_px     integer NOT NULL CHECK (width_px > 0),
  height_px    integer NOT NULL CHECK (height_px > 0),
  -- {"small": {"width_px", "height_px", "size_bytes", "sha256"}, "medium": …, "large": …}
  variants     jsonb NOT NULL,
  status       text NOT NULL DEFAULT 'storing' CHECK (status IN ('storing', 'ready')),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  ready_at     timestamptz,
  CHECK ((status = 'ready') = (ready_at IS NOT NULL))
);

-- uploading -> checking -> ready | rejected, and uploading -> rejected when nothing came.
-- An account has a file only because it uploaded the bytes itself: content_sha256 is set by
-- the check alone, from what it read.
CREATE TABLE files (
  id                 uuid PRIMARY KEY,
  account_id         uuid NOT NULL REFERENCES accounts,
  sha256             bytea NOT NULL CHECK (octet_length(sha256) = 32),   -- as declared
  size_bytes         bigint NOT NULL CHECK (size_bytes > 0),             -- as declared
  content_type       text NOT NULL
                     CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp')),
  purpose            text NOT NULL CHECK (purpose ~ '^[a-z][a-z0-9_]{0,39}$'),
  upload_id          uuid NOT NULL UNIQUE,    -- the object is incoming/{upload_id}
  upload_expires_at  timestamptz NOT NULL,
  status             text NOT NULL DEFAULT 'uploading'
                     CHECK (status IN ('uploading', 'checking', 'ready', 'rejected')),
  content_sha256     bytea REFERENCES file_contents,
  rejection          text,
  created_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  checked_at         timestamptz,
  CHECK ((status = 'ready') = (content_sha256 IS NOT NULL)),
  CHECK ((status = 'rejected') = (rejection IS NOT NULL)),
  CHECK ((status IN ('ready', 'rejected')) = (checked_at IS NOT NULL)),
  CHECK (content_sha256 IS NULL OR content_sha256 = sha256)
);
CREATE INDEX files_ready_by_account ON files (account_id, sha256) WHERE status = 'ready';
CREATE INDEX files_open_by_account ON files (account_id) WHERE status IN ('uploading', 'checking');
CREATE INDEX files_unfinished ON files (upload_expires_at) WHERE status = 'uploading';
CREATE INDEX files_in_check ON files (created_at) WHERE status = 'checking';
CREATE INDEX files_rejected ON files (checked_at) WHERE status = 'rejected';

-- The API begins uploads and hands them to the check by functions; what a file holds, and
-- whether it is ready, only the worker says.
GRANT SELECT ON files, file_contents TO earnest_api, earnest_worker, earnest_indexer;
GRANT UPDATE (status, content_sha256, rejection, checked_at) ON files TO earnest_worker;
GRANT DELETE ON files TO earnest_worker;
GRANT INSERT, DELETE ON file_contents TO earnest_worker;
GRANT UPDATE (status, ready_at, variants) ON file_contents TO earnest_worker;
