-- What the operator's desk reads of payouts that have ended, and what the signer last said of itself.
-- depends: 0560_payout_audit_moved

SET LOCAL search_path = earnest;

CREATE INDEX payouts_ended ON payouts (changed_at) WHERE status IN ('final', 'failed');
CREATE INDEX payout_attempt_items_by_payout ON payout_attempt_items (payout_id);

-- One row: the worker asks the signer, the desk shows it. Nothing decides by it.
CREATE TABLE signer_sightings (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  asked_at timestamptz NOT NULL,        -- when an answer last came
  answer   jsonb NOT NULL
);
GRANT SELECT ON signer_sightings TO earnest_api, earnest_worker;
GRANT INSERT, UPDATE ON signer_sightings TO earnest_worker;
