-- The checks that no caller can pass by: who may hold money for whom, when a hold may be given
-- back, and which moves of status there are.

CREATE OR REPLACE FUNCTION payouts_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
       ('requested', 'signed'), ('signed', 'sent'),
       ('signed', 'final'), ('sent', 'final'),
       ('signed', 'requested'), ('sent', 'requested'),   -- the attempt expired, or its batch failed
       ('requested', 'failed'), ('signed', 'failed'), ('sent', 'failed'),
       ('requested', 'final')                            -- it landed after it had seemed expired
     ) THEN
    PERFORM refuse('payout_step_illegal', jsonb_build_object(
      'payoutId', OLD.id, 'before', OLD.status, 'after', NEW.status));
  END IF;
  IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
    INSERT INTO payout_steps (payout_id, status, chain_tx, at)
      VALUES (NEW.id, NEW.status, CASE WHEN NEW.status = 'requested' THEN NULL
                                       ELSE NEW.chain_tx END, NEW.changed_at);
    INSERT INTO events (type, subject, data) VALUES ('payout_' || NEW.status, 'payout:' || NEW.id,
      jsonb_build_object('payoutId', NEW.id, 'accountId', NEW.account_id, 'asset', NEW.asset,
        'amountMinor', NEW.amount::text, 'address', NEW.address, 'chainTx', NEW.chain_tx,
        'failureCode', NEW.failure_code));
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER payouts_guard AFTER INSERT OR UPDATE OF status ON payouts
  FOR EACH ROW EXECUTE FUNCTION payouts_guard();
CREATE OR REPLACE TRIGGER payouts_stay BEFORE DELETE OR TRUNCATE ON payouts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER payout_steps_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_steps
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION payout_attempts_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
       ('reserved', 'signed'), ('reserved', 'dropped'), ('signed', 'sent'),
       ('signed', 'final'), ('signed', 'failed'), ('signed', 'expired'),
       ('sent', 'final'), ('sent', 'failed'), ('sent', 'expired'),
       ('expired', 'final'), ('expired', 'failed')
     ) THEN
    PERFORM refuse('attempt_step_illegal', jsonb_build_object(
      'attemptId', OLD.id, 'before', OLD.status, 'after', NEW.status));
  END IF;
  -- What was signed is never exchanged for something else.
  IF OLD.tx_id IS NOT NULL AND (NEW.tx_id, NEW.signed_bytes, NEW.last_valid_block_height)
       IS DISTINCT FROM (OLD.tx_id, OLD.signed_bytes, OLD.last_valid_block_height) THEN
    PERFORM refuse('attempt_step_illegal', jsonb_build_object(
      'attemptId', OLD.id, 'before', OLD.tx_id, 'after', NEW.tx_id));
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payout_attempts_guard BEFORE UPDATE ON payout_attempts
  FOR EACH ROW EXECUTE FUNCTION payout_attempts_guard();
CREATE OR REPLACE TRIGGER payout_attempts_stay BEFORE DELETE OR TRUNCATE ON payout_attempts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is in a signed chain_tx stays written down.
CREATE OR REPLACE FUNCTION payout_attempt_items_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF (SELECT status FROM payout_attempts WHERE id = OLD.attempt_id) <> 'reserved' THEN
    RAISE EXCEPTION 'the payouts of a signed attempt stay' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER payout_attempt_items_guard BEFORE DELETE ON payout_attempt_items
  FOR EACH ROW EXECUTE FUNCTION payout_attempt_items_guard();

-- A request and its hold, which has the same id, in the caller's transaction. The address must be
-- a wallet of that person on the asset's chain. False: the same request was made before.
CREATE OR REPLACE FUNCTION payouts_request(
  payout uuid, person uuid, of_asset text, amount_minor numeric, to_address text,
  rent_minor numeric, at timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF of_asset NOT IN ('SOL', 'USDC') THEN
    PERFORM refuse('payout_asset_unsupported', jsonb_build_object('asset', of_asset));
  END IF;
  IF NOT EXISTS (SELECT FROM account_addresses
                  WHERE chain = 'solana' AND identity = to_address AND account_id = person) THEN
    PERFORM refuse('payout_address_not_yours', jsonb_build_object('address', to_address));
  END IF;
  IF EXISTS (SELECT FROM treasury_accounts WHERE to_address IN (address, owner)) THEN
    PERFORM refuse('payout_address_is_treasury', jsonb_build_object('address', to_address));
  END IF;
  IF NOT ledger_hold(payout, ledger_available(person, of_asset), amount_minor, to_address) THEN
    RETURN false;
  END IF;
  INSERT INTO payouts (id, account_id, asset, amount, address, rent, status, not_before,
                       requested_at, changed_at)
    VALUES (payout, person, of_asset, amount_minor, to_address, rent_minor, 'requested', at, at, at);
  RETURN true;
END $$;

-- Ends a payout as failed and gives the held money back. Refused while anything that was signed
-- for it, or may have been, could still land.
CREATE OR REPLACE FUNCTION payouts_fail(payout uuid, code text, detail text, at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  p payouts%ROWTYPE;
  attempt_before uuid;
BEGIN
  -- Attempt before payout, as everywhere: so nobody begins to ask the signer while we look.
  SELECT attempt_id INTO attempt_before FROM payouts WHERE id = payout;
  PERFORM FROM payout_attempts WHERE id = attempt_before FOR UPDATE;
  SELECT * INTO p FROM payouts WHERE id = payout FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('payout_unknown', jsonb_build_object('payoutId', payout));
  END IF;
  IF p.attempt_id IS DISTINCT FROM attempt_before THEN
    PERFORM refuse('payout_may_still_land', jsonb_build_object('payoutId', payout));
  END IF;
  IF EXISTS (SELECT FROM payout_attempt_items i JOIN payout_attempts a ON a.id = i.attempt_id
              WHERE i.payout_id = payout AND i.live
                AND (a.status IN ('signed', 'sent')
                     OR a.status = 'reserved' AND a.asked_at IS NOT NULL))
  THEN
    PERFORM refuse('payout_may_still_land', jsonb_build_object('payoutId', payout));
  END IF;
  UPDATE payout_attempt_items SET live = false WHERE payout_id = payout AND live;
  UPDATE payouts SET status = 'failed', failure_code = code, failure_detail = detail,
                     attempt_id = NULL, waiting_for = NULL, changed_at = at
    WHERE id = payout;
  PERFORM ledger_hold_void(payout);
END $$;

-- What an operator may do. None of it signs or sends anything, and the API's role, which may call
-- these three, can change nothing else about payouts.

-- Keeps a payout from being put into an attempt, or lets it go on at once. What of it is signed
-- already goes on.
CREATE OR REPLACE FUNCTION payouts_hold_back(payout uuid, hold boolean, at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  p payouts%ROWTYPE;
BEGIN
  SELECT * INTO p FROM payouts WHERE id = payout FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('payout_unknown', jsonb_build_object('payoutId', payout));
  ELSIF p.status IN ('final', 'failed') THEN
    PERFORM refuse('payout_ended', jsonb_build_object('payout_id', payout, 'status', p.status));
  ELSIF hold AND p.paused THEN
    PERFORM refuse('payout_held', jsonb_build_object('payout_id', payout));
  END IF;
  UPDATE payouts SET paused = hold, not_before = at,
                     waiting_for = CASE WHEN hold THEN 'operator' END
    WHERE id = payout;
END $$;

-- Ends a payout of which nothing can land any more; its money is in the balance again.
CREATE OR REPLACE FUNCTION payouts_give_back(payout uuid, at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  p payouts%ROWTYPE;
BEGIN
  SELECT * INTO p FROM payouts WHERE id = payout;
  PERFORM FROM payout_attempts WHERE id = p.attempt_id FOR UPDATE;
  SELECT * INTO p FROM payouts WHERE id = payout FOR UPDATE;
  IF p.status IN ('final', 'failed') THEN
    PERFORM refuse('payout_ended', jsonb_build_object('payout_id', payout, 'status', p.status));
  END IF;
  PERFORM payouts_fail(payout, 'given_back', 'It was given back to your balance by hand.', at);
END $$;

-- Stops all payouts, or ends that stop and no other: a halt that the engine found stays until
-- somebody with the worker's password has looked.
CREATE OR REPLACE FUNCTION payouts_stop(stop boolean, operator text, why text, at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF stop THEN
    INSERT INTO payout_halts (code, detail, at)
      VALUES ('stopped_by_operator', jsonb_build_object('by', operator, 'note', why), payouts_stop.at)
      ON CONFLICT (code) WHERE cleared_at IS NULL DO NOTHING;
    IF NOT FOUND THEN
      PERFORM refuse('payouts_stopped', '{}');
    END IF;
  ELSE
    UPDATE payout_halts SET cleared_at = payouts_stop.at, cleared_by = operator, note = why
      WHERE code = 'stopped_by_operator' AND cleared_at IS NULL;
    IF NOT FOUND THEN
      PERFORM refuse('payout_halt_unknown',
                     jsonb_build_object('halt_code', 'stopped_by_operator'));
    END IF;
  END IF;
END $$;

GRANT EXECUTE ON FUNCTION payouts_hold_back(uuid, boolean, timestamptz),
  payouts_give_back(uuid, timestamptz), payouts_stop(boolean, text, text, timestamptz)
  TO earnest_api, earnest_worker;
GRANT EXECUTE ON FUNCTION payouts_request(uuid, uuid, text, numeric, text, numeric, timestamptz)
  TO earnest_api;
GRANT EXECUTE ON FUNCTION payouts_fail(uuid, text, text, timestamptz)
  TO earnest_worker, earnest_indexer;
