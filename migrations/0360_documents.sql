-- Documents: files of any type, kept by the hash of what they hold, for download only.
-- depends: 0350_files

SET LOCAL search_path = earnest;

-- One row per document that was checked, whoever brought it; the object is documents/{sha256}.
-- `storing -> ready`: a repeat after a crash writes the same object again.
CREATE TABLE document_contents (
  sha256     bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
  size_bytes bigint NOT NULL CHECK (size_bytes > 0),
  status     text NOT NULL DEFAULT 'storing' CHECK (status IN ('storing', 'ready')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ready_at   timestamptz,
  CHECK ((status = 'ready') = (ready_at IS NOT NULL))
);

-- A picture is opened and made anew; a document is kept as it came and never opened. What an
-- account says about its type and name is shown as a claim, and decides nothing.
ALTER TABLE files
  ADD COLUMN kind text NOT NULL DEFAULT 'picture' CHECK (kind IN ('picture', 'document')),
  ADD COLUMN name text CHECK (length(name) BETWEEN 1 AND 200),
  ADD COLUMN document_sha256 bytea REFERENCES document_contents,
  DROP CONSTRAINT files_content_type_check,
  DROP CONSTRAINT files_check,
  ADD CONSTRAINT files_picture_types CHECK (
    kind = 'document' OR content_type IN ('image/jpeg', 'image/png', 'image/webp')),
  ADD CONSTRAINT files_type_length CHECK (length(content_type) BETWEEN 3 AND 127),
  ADD CONSTRAINT files_document_named CHECK ((kind = 'document') = (name IS NOT NULL)),
  ADD CONSTRAINT files_ready_content CHECK (
    (status = 'ready') = (num_nonnulls(content_sha256, document_sha256) = 1)
    AND num_nonnulls(content_sha256, document_sha256) < 2),
  ADD CONSTRAINT files_document_is_document CHECK (
    document_sha256 IS NULL OR (kind = 'document' AND document_sha256 = sha256)),
  ADD CONSTRAINT files_content_is_picture CHECK (content_sha256 IS NULL OR kind = 'picture');
CREATE INDEX files_documents_by_account ON files (account_id) WHERE kind = 'document';

GRANT SELECT ON document_contents TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON document_contents TO earnest_worker;
GRANT UPDATE (status, ready_at) ON document_contents TO earnest_worker;
GRANT UPDATE (document_sha256) ON files TO earnest_worker;
