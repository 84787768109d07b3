-- Keys that begin with what tells rows apart: the log is of one contract, and its name is long.
-- depends: 0420_escrow

SET LOCAL search_path = earnest;

ALTER TABLE escrow_events DROP CONSTRAINT escrow_events_pkey, ADD PRIMARY KEY (log_seq);
DROP INDEX escrow_events_window, escrow_events_by_seq, escrow_events_by_project,
  escrow_events_by_name;
-- The canonical events that are not final: few, whatever the log holds.
CREATE INDEX escrow_events_window ON escrow_events (log_seq) WHERE state = 'observed';
CREATE INDEX escrow_events_by_seq ON escrow_events (seq);
CREATE INDEX escrow_events_by_project ON escrow_events (number, log_seq);
CREATE INDEX escrow_events_by_name ON escrow_events (name, log_seq);

-- Both views of a row stand side by side, and the rows of a project too.
ALTER TABLE escrow_projects DROP CONSTRAINT escrow_projects_pkey,
  ADD PRIMARY KEY (number, view, contract);
ALTER TABLE escrow_milestones DROP CONSTRAINT escrow_milestones_pkey,
  ADD PRIMARY KEY (number, milestone_num, view, contract);
ALTER TABLE escrow_disputes DROP CONSTRAINT escrow_disputes_pkey,
  ADD PRIMARY KEY (number, milestone_num, view, contract);
ALTER TABLE escrow_votes DROP CONSTRAINT escrow_votes_pkey,
  ADD PRIMARY KEY (number, milestone_num, arbiter, view, contract);
ALTER TABLE escrow_offers DROP CONSTRAINT escrow_offers_pkey,
  ADD PRIMARY KEY (number, milestone_num, by_party, view, contract);

DROP INDEX escrow_projects_by_creation, escrow_projects_by_client, escrow_projects_by_freelancer;
CREATE INDEX escrow_projects_by_creation ON escrow_projects (creation_tx_id);
CREATE INDEX escrow_projects_by_client ON escrow_projects (client, reference);
CREATE INDEX escrow_projects_by_freelancer ON escrow_projects (freelancer);

-- Room beside each row for what it becomes, so that no index has to learn of it.
ALTER TABLE escrow_projects SET (fillfactor = 75);
ALTER TABLE escrow_milestones SET (fillfactor = 75);
