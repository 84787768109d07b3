-- Projects: what is wanted, who proposes, what was agreed, what was handed in.
--
-- Where the money stands is nowhere here: it is read from the escrow's projections, and a row of
-- `project_escrows` only says which escrow is a project's.
-- depends: 0350_files

SET LOCAL search_path = earnest;

-- `array_to_string` of text is immutable, but not declared so, and an index needs that.
CREATE FUNCTION projects_words(words text[]) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT array_to_string(words, ' ') $$;

CREATE TABLE projects (
  id               uuid PRIMARY KEY,
  client           uuid NOT NULL REFERENCES accounts,
  client_address   text NOT NULL,           -- Stacks, in the form of the contract's network
  title            text NOT NULL,
  description      text NOT NULL,
  category         text NOT NULL,
  skills           text[] NOT NULL DEFAULT '{}' CHECK (cardinality(skills) <= 10),
  asset            text NOT NULL CHECK (asset IN ('STX', 'sBTC')),
  silent_bps       integer NOT NULL CHECK (silent_bps BETWEEN 0 AND 10000),
  total_minor      numeric(78, 0) NOT NULL CHECK (total_minor > 0),   -- of its milestones
  -- Grows when what a proposal would agree to is changed.
  terms_version    integer NOT NULL DEFAULT 1 CHECK (terms_version >= 1),
  -- open → pending → open …, and cancelled from either; funding that is final makes it pending.
  stage            text NOT NULL DEFAULT 'open' CHECK (stage IN ('open', 'pending', 'cancelled')),
  reviewed_at      timestamptz,             -- both sides have reviewed
  created_at       timestamptz NOT NULL,
  changed_at       timestamptz NOT NULL,
  search           tsvector NOT NULL GENERATED ALWAYS AS (
                     setweight(to_tsvector('english'::regconfig, title), 'A')
                     || setweight(
                          to_tsvector('english'::regconfig, projects_words(skills)), 'B')
                     || setweight(to_tsvector('english'::regconfig, description), 'C')) STORED
);
CREATE INDEX projects_newest ON projects (created_at DESC, id DESC);
CREATE INDEX projects_open ON projects (created_at DESC, id DESC) WHERE stage = 'open';
CREATE INDEX projects_by_client ON projects (client, created_at DESC, id DESC);
CREATE INDEX projects_by_client_address ON projects (client_address, created_at DESC, id DESC);
CREATE INDEX projects_by_category ON projects (category, created_at DESC, id DESC);
CREATE INDEX projects_by_skill ON projects USING gin (skills);
CREATE INDEX projects_search ON projects USING gin (search);

CREATE TABLE project_milestones (
  project_id   uuid NOT NULL REFERENCES projects,
  num          smallint NOT NULL CHECK (num BETWEEN 1 AND 4),
  title        text NOT NULL,
  acceptance   text NOT NULL,               -- how one sees that it is done
  amount_minor numeric(78, 0) NOT NULL CHECK (amount_minor >= 10000),
  days         integer NOT NULL CHECK (days BETWEEN 2 AND 365),  -- after funding
  PRIMARY KEY (project_id, num)
);

CREATE TABLE proposals (
  id                 uuid PRIMARY KEY,
  project_id         uuid NOT NULL REFERENCES projects,
  freelancer         uuid NOT NULL REFERENCES accounts,
  freelancer_address text NOT NULL,         -- Stacks, in the form of the contract's network
  cover_letter       text NOT NULL,
  budget_minor       numeric(78, 0) NOT NULL CHECK (budget_minor > 0),
  days               integer NOT NULL CHECK (days BETWEEN 2 AND 365),
  -- What is proposed for each milestone, in their order.
  amounts_minor      numeric(78, 0)[] NOT NULL CHECK (cardinality(amounts_minor) BETWEEN 1 AND 4),
  milestone_days     integer[] NOT NULL,
  links              text[] NOT NULL DEFAULT '{}' CHECK (cardinality(links) <= 10),
  terms_version      integer NOT NULL,      -- the terms that it was made for
  -- waiting → accepted, rejected, passed_over (another one was accepted), withdrawn;
  -- accepted and passed_over → waiting when an acceptance ends unfunded.
  status             text NOT NULL DEFAULT 'waiting' CHECK (status IN
                       ('waiting', 'accepted', 'rejected', 'passed_over', 'withdrawn')),
  created_at         timestamptz NOT NULL,
  decided_at         timestamptz,
  UNIQUE (project_id, id),
  CHECK (cardinality(amounts_minor) = cardinality(milestone_days))
);
-- One per freelancer and project, beside those they took back.
CREATE UNIQUE INDEX proposals_one_each ON proposals (project_id, freelancer)
  WHERE status <> 'withdrawn';
-- Of two acceptances at once one wins.
CREATE UNIQUE INDEX proposals_one_accepted ON proposals (project_id) WHERE status = 'accepted';
CREATE INDEX proposals_waiting ON proposals (project_id) WHERE status = 'waiting';
CREATE INDEX proposals_by_project ON proposals (project_id, created_at, id);
CREATE INDEX proposals_by_freelancer ON proposals (freelancer, created_at DESC, id DESC);

CREATE TABLE proposal_files (
  proposal_id uuid NOT NULL REFERENCES proposals,
  position    smallint NOT NULL CHECK (position BETWEEN 1 AND 10),
  file_id     uuid NOT NULL REFERENCES files,
  PRIMARY KEY (proposal_id, position),
  UNIQUE (proposal_id, file_id)
);

-- What both sides agreed on. `terms` is canonical JSON, and `reference` its SHA-256.
CREATE TABLE project_agreements (
  id                 uuid PRIMARY KEY,
  project_id         uuid NOT NULL REFERENCES projects,
  proposal_id        uuid NOT NULL,
  contract           text NOT NULL,
  client_address     text NOT NULL,
  freelancer         uuid NOT NULL REFERENCES accounts,
  freelancer_address text NOT NULL,
  token              text,                  -- null is STX
  amounts_minor      numeric(78, 0)[] NOT NULL,
  milestone_days     integer[] NOT NULL,
  silent_bps         integer NOT NULL,
  reference          text NOT NULL CHECK (reference ~ '^0x[0-9a-f]{64}$'),
  terms              text NOT NULL,
  agreed_at          timestamptz NOT NULL,
  ended_at           timestamptz,
  end_reason         text CHECK (end_reason IN
                       ('withdrawn', 'left', 'unfunded', 'cancelled', 'superseded')),
  FOREIGN KEY (project_id, proposal_id) REFERENCES proposals (project_id, id),
  UNIQUE (client_address, reference),
  UNIQUE (project_id, id),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX project_agreements_one_stands ON project_agreements (project_id)
  WHERE ended_at IS NULL;
CREATE INDEX project_agreements_by_project ON project_agreements (project_id, agreed_at);
CREATE INDEX project_agreements_by_parties
  ON project_agreements (client_address, freelancer_address);
CREATE INDEX project_agreements_by_freelancer ON project_agreements (freelancer, agreed_at DESC);
CREATE INDEX project_agreements_standing ON project_agreements (agreed_at)
  WHERE ended_at IS NULL;

-- Which escrow is a project's. An escrow is known by the chain_tx that created it: its number
-- moves when the chain reorganises.
CREATE TABLE project_escrows (
  contract       text NOT NULL,
  creation_tx_id text NOT NULL,
  project_id     uuid NOT NULL,
  agreement_id   uuid NOT NULL,
  how            text NOT NULL CHECK (how IN ('reference', 'matched', 'hinted', 'chosen')),
  linked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (contract, creation_tx_id),
  FOREIGN KEY (project_id, agreement_id) REFERENCES project_agreements (project_id, id)
);
CREATE INDEX project_escrows_by_project ON project_escrows (project_id, linked_at);

-- What somebody says they sent. Never a fact: shown as awaited, dropped when the chain has it.
CREATE TABLE project_hints (
  project_id    uuid NOT NULL REFERENCES projects,
  tx_id         text NOT NULL CHECK (tx_id ~ '^0x[0-9a-f]{64}$'),
  act           text NOT NULL,
  milestone_num smallint CHECK (milestone_num BETWEEN 1 AND 4),
  noted_by      uuid NOT NULL REFERENCES accounts,
  noted_at      timestamptz NOT NULL,
  PRIMARY KEY (project_id, tx_id)
);
CREATE INDEX project_hints_by_tx ON project_hints (tx_id);
CREATE INDEX project_hints_oldest ON project_hints (noted_at);

-- Work handed in, version by version.
CREATE TABLE deliverables (
  id            uuid PRIMARY KEY,
  project_id    uuid NOT NULL REFERENCES projects,
  milestone_num smallint NOT NULL CHECK (milestone_num BETWEEN 1 AND 4),
  version       integer NOT NULL CHECK (version BETWEEN 1 AND 50),
  handed_in_by  uuid NOT NULL REFERENCES accounts,
  note          text NOT NULL DEFAULT '',
  links         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(links) <= 10),
  created_at    timestamptz NOT NULL,
  UNIQUE (project_id, milestone_num, version)
);
CREATE TABLE deliverable_files (
  deliverable_id uuid NOT NULL REFERENCES deliverables,
  position       smallint NOT NULL CHECK (position BETWEEN 1 AND 10),
  file_id        uuid NOT NULL REFERENCES files,
  PRIMARY KEY (deliverable_id, position),
  UNIQUE (deliverable_id, file_id)
);

GRANT SELECT ON projects, project_milestones, proposals, proposal_files, project_agreements,
    project_escrows, project_hints, deliverables, deliverable_files
  TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON projects, project_milestones, proposals, proposal_files, project_agreements,
    project_escrows, project_hints, deliverables, deliverable_files TO earnest_api;
GRANT UPDATE (title, description, category, skills, asset, silent_bps, total_minor, terms_version,
    stage, reviewed_at, changed_at) ON projects TO earnest_api;
GRANT DELETE ON project_milestones TO earnest_api;
GRANT UPDATE (status, terms_version, decided_at) ON proposals
  TO earnest_api, earnest_worker, earnest_indexer;
GRANT UPDATE (ended_at, end_reason) ON project_agreements
  TO earnest_api, earnest_worker, earnest_indexer;
GRANT UPDATE (stage, reviewed_at, changed_at) ON projects
  TO earnest_worker, earnest_indexer;
GRANT INSERT ON project_escrows TO earnest_indexer;
GRANT DELETE ON project_hints TO earnest_worker, earnest_indexer;
