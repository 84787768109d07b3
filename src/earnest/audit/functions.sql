-- The book of operators' acts only grows, whoever asks.
CREATE OR REPLACE TRIGGER operator_acts_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_acts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
