-- Disputes: evidence that only grows, dossiers, and the keys that sign them.
--
-- Whether there is a dispute, until when, and how it ended, the escrow's projections say.
-- depends: 0700_projects

SET LOCAL search_path = earnest;

-- What a side hands in about a milestone of an escrow. An escrow is known by its creation: rows
-- outlive a reorg that takes the dispute back, and count again when it comes back.
CREATE TABLE evidence (
  id             uuid PRIMARY KEY,
  project_id     uuid NOT NULL REFERENCES projects,
  contract       text NOT NULL,
  creation_tx_id text NOT NULL,
  milestone_num  smallint NOT NULL CHECK (milestone_num BETWEEN 1 AND 4),
  side           text NOT NULL CHECK (side IN ('client', 'freelancer')),
  -- From 1 for each side: the bound on how much a side may hand in.
  number         smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
  handed_in_by   uuid NOT NULL REFERENCES accounts,
  address        text NOT NULL,             -- the side's wallet in the escrow
  text           text NOT NULL CHECK (length(text) <= 10000),
  burn_height    bigint NOT NULL,           -- of Bitcoin, as it was seen then
  handed_in_at   timestamptz NOT NULL,
  -- Over the canonical JSON of all of it, files included: see rules_dossier.EvidenceItem.
  sha256         bytea NOT NULL CHECK (octet_length(sha256) = 32),
  UNIQUE (contract, creation_tx_id, milestone_num, side, number)
);
CREATE INDEX evidence_by_project ON evidence (project_id, milestone_num);

CREATE TABLE evidence_files (
  evidence_id   uuid NOT NULL REFERENCES evidence,
  position      smallint NOT NULL CHECK (position BETWEEN 1 AND 10),
  file_id       uuid NOT NULL REFERENCES files,
  sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
  size_bytes    bigint NOT NULL CHECK (size_bytes > 0),
  name          text NOT NULL,
  declared_type text NOT NULL,
  PRIMARY KEY (evidence_id, position)
);

-- A dossier is the document documents/{sha256}. One that is not interim is the only one.
CREATE TABLE dossiers (
  id             uuid PRIMARY KEY,
  project_id     uuid NOT NULL REFERENCES projects,
  contract       text NOT NULL,
  creation_tx_id text NOT NULL,
  milestone_num  smallint NOT NULL,
  interim        boolean NOT NULL,
  sha256         bytea NOT NULL REFERENCES document_contents,
  size_bytes     bigint NOT NULL,
  public_key     bytea NOT NULL CHECK (octet_length(public_key) = 32),
  events         integer NOT NULL,
  evidence       integer NOT NULL,
  made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (contract, creation_tx_id, milestone_num, sha256)
);
CREATE UNIQUE INDEX dossiers_one_final ON dossiers (contract, creation_tx_id, milestone_num)
  WHERE NOT interim;
CREATE INDEX dossiers_by_project ON dossiers (project_id, milestone_num, made_at DESC);

-- The public halves of the keys that workers sign with, each since it was first used.
CREATE TABLE attestation_keys (
  public_key bytea PRIMARY KEY CHECK (octet_length(public_key) = 32),
  since      timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON evidence, evidence_files, dossiers, attestation_keys
  TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON evidence, evidence_files TO earnest_api;
GRANT INSERT ON dossiers, attestation_keys TO earnest_worker;
