-- Terms as they were, for those who proposed to them; and what became of calls that were named.
-- depends: 0720_reviews

SET LOCAL search_path = earnest;

-- The terms of a project before a change made a new version of them. What stands is in `projects`.
CREATE TABLE project_terms (
  project_id  uuid NOT NULL REFERENCES projects,
  version     integer NOT NULL CHECK (version >= 1),
  title       text NOT NULL,
  description text NOT NULL,
  silent_bps  integer NOT NULL,
  milestones  jsonb NOT NULL,               -- title, acceptance, amountMinor, days; in their order
  replaced_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, version)
);
GRANT SELECT ON project_terms TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON project_terms TO earnest_api;

-- A hint that failed is kept until it is as old as any hint may be. A chain_tx that comes after
-- all takes its hint away, failed or not.
ALTER TABLE project_hints
  ADD COLUMN looked_at timestamptz,
  ADD COLUMN failed_at timestamptz,
  ADD COLUMN failure   text,                -- what the chain said of it, in one of our words
  ADD CHECK ((failed_at IS NULL) = (failure IS NULL));
CREATE INDEX project_hints_to_look_at ON project_hints (coalesce(looked_at, noted_at))
  WHERE failed_at IS NULL;
GRANT UPDATE (looked_at, failed_at, failure) ON project_hints TO earnest_worker;
