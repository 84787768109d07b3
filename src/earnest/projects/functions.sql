-- Projects: what may only grow.

CREATE OR REPLACE TRIGGER deliverables_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON deliverables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER deliverable_files_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON deliverable_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER evidence_files_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON evidence_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER dossiers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON dossiers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER attestation_keys_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON attestation_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON reviews FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Run by whoever writes a project, for the column that is searched.
GRANT EXECUTE ON FUNCTION projects_words(text[])
  TO earnest_api, earnest_worker, earnest_indexer;
