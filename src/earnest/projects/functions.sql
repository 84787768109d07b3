-- Projects: what may only grow.

CREATE OR REPLACE TRIGGER deliverables_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON deliverables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER deliverable_files_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON deliverable_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
