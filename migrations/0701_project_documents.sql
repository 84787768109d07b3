-- What proposals and deliverables carry are documents: their hash, size, name and type are kept
-- with them, because they never change.
-- depends: 0700_projects 0360_documents

SET LOCAL search_path = earnest;

ALTER TABLE proposal_files
  ADD COLUMN sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
  ADD COLUMN size_bytes    bigint NOT NULL CHECK (size_bytes >= 0),
  ADD COLUMN name          text NOT NULL,
  ADD COLUMN declared_type text NOT NULL;
ALTER TABLE deliverable_files
  ADD COLUMN sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
  ADD COLUMN size_bytes    bigint NOT NULL CHECK (size_bytes >= 0),
  ADD COLUMN name          text NOT NULL,
  ADD COLUMN declared_type text NOT NULL;
