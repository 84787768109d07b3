-- How chain money enters and leaves the ledger.

CREATE OR REPLACE TRIGGER treasury_postings_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON treasury_postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER treasury_deposits_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON treasury_deposits
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER treasury_suspense_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON treasury_suspense
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Begins to follow an address; what it held then is the operator's equity. False: known already.
CREATE OR REPLACE FUNCTION treasury_open(
  of_chain text, at_address text, by_owner text, of_asset text, of_mint text,
  at_slot bigint, amount numeric
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  account bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('treasury_open ' || of_chain, 0));
  IF EXISTS (SELECT FROM treasury_accounts WHERE chain = of_chain AND address = at_address) THEN
    RETURN false;
  END IF;
  account := ledger_account('treasury:' || of_chain || ':' || at_address, 'asset', of_asset);
  INSERT INTO treasury_accounts (chain, address, owner, asset, mint, opening_slot, opening_minor,
                                 ledger_account)
    VALUES (of_chain, at_address, by_owner, of_asset, of_mint, at_slot, amount, account);
  IF amount > 0 THEN
    PERFORM ledger_transfer(ledger_id('opening ' || of_chain || ' ' || at_address), account,
      ledger_account('float:' || of_asset, 'equity', of_asset), amount,
      'opening', 'treasury:' || at_address);
  END IF;
  RETURN true;
END $$;

-- From now on money that carries `new_reference` is credited to the purpose's own account.
CREATE OR REPLACE FUNCTION treasury_register_reference(
  of_chain text, new_reference text, of_asset text, purpose uuid
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  INSERT INTO treasury_references (chain, reference, asset, purpose_id, ledger_account)
    VALUES (of_chain, new_reference, of_asset, purpose,
            ledger_account('order:' || purpose, 'liability', of_asset));
END $$;

-- Makes an attempt known before its bytes are broadcast. The same attempt again is a repeat.
CREATE OR REPLACE FUNCTION treasury_register_attempt(
  attempt uuid, of_chain text, of_tx_id text, hold_ids uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM treasury_attempts
              WHERE attempt_id = attempt AND (chain, tx_id) = (of_chain, of_tx_id)) THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM unnest(hold_ids) AS h (id)
               LEFT JOIN ledger_holds l ON l.id = h.id
               LEFT JOIN ledger_hold_ends e ON e.hold_id = h.id
              WHERE l.id IS NULL OR e.hold_id IS NOT NULL) THEN
    PERFORM refuse('hold_unknown', jsonb_build_object('holdId', hold_ids::text));
  END IF;
  INSERT INTO treasury_attempts (chain, tx_id, attempt_id) VALUES (of_chain, of_tx_id, attempt);
  INSERT INTO treasury_attempt_items (attempt_id, hold_id) SELECT attempt, unnest(hold_ids);
END $$;

-- Notes money that is nobody's, in the ledger's suspense account and on the operator's list.
CREATE OR REPLACE FUNCTION treasury_suspend(
  cause text, of_chain text, of_tx_id text, account bigint, of_asset text, amount numeric,
  from_payer text, why text
) RETURNS void LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
BEGIN
  PERFORM ledger_transfer(ledger_id(cause), account,
    ledger_account('suspense:' || of_asset, 'liability', of_asset), amount,
    'suspense', of_chain || ':' || of_tx_id);
  INSERT INTO treasury_suspense (id, chain, tx_id, asset, amount, payer, reason)
    VALUES (ledger_id(cause), of_chain, of_tx_id, of_asset, amount, from_payer, why);
  INSERT INTO events (type, subject, data) VALUES ('money_unmatched', of_chain || ':' || of_tx_id,
    jsonb_build_object('asset', of_asset, 'amountMinor', amount::text, 'reason', why));
END $$;

-- Credits one incoming transfer: to its one known reference, otherwise to suspense.
CREATE OR REPLACE FUNCTION treasury_credit(
  fact jsonb, account bigint, of_asset text, transfer jsonb
) RETURNS void LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  cause text := (fact->>'chain') || ' ' || (fact->>'txId') || ' ' || (transfer->>'index');
  amount numeric := (transfer->>'amountMinor')::numeric;
  matches treasury_references[];
  target treasury_references;
BEGIN
  SELECT array_agg(r) INTO matches FROM treasury_references r
   WHERE r.chain = fact->>'chain'
     AND r.reference IN (SELECT jsonb_array_elements_text(coalesce(transfer->'references', '[]')));
  IF coalesce(cardinality(matches), 0) <> 1 OR matches[1].asset <> of_asset THEN
    PERFORM treasury_suspend('suspense ' || cause, fact->>'chain', fact->>'txId', account,
      of_asset, amount, transfer->>'authority',
      CASE WHEN matches IS NULL THEN 'no_known_reference'
           WHEN cardinality(matches) > 1 THEN 'several_references'
           ELSE 'another_asset' END);
    RETURN;
  END IF;
  target := matches[1];
  PERFORM ledger_transfer(ledger_id('deposit ' || cause), account, target.ledger_account, amount,
    'deposit', 'order:' || target.purpose_id);
  INSERT INTO treasury_deposits (id, chain, tx_id, index, reference, purpose_id, asset, amount,
                                 payer, slot, block_time)
    VALUES (ledger_id('deposit ' || cause), fact->>'chain', fact->>'txId', transfer->>'index',
      target.reference, target.purpose_id, of_asset, amount, transfer->>'authority',
      (fact->>'slot')::bigint, to_timestamp((fact->>'blockTime')::double precision));
  INSERT INTO events (type, subject, data) VALUES ('deposit_received',
    'order:' || target.purpose_id, jsonb_build_object(
      'depositId', ledger_id('deposit ' || cause), 'purposeId', target.purpose_id,
      'chain', fact->>'chain', 'txId', fact->>'txId', 'asset', of_asset,
      'amountMinor', amount::text, 'payer', transfer->>'authority',
      'slot', (fact->>'slot')::bigint, 'blockTime', fact->'blockTime'));
END $$;

-- Posts exactly the delta of one followed address in one final chain_tx, nothing more or less.
CREATE OR REPLACE FUNCTION treasury_post_address(
  fact jsonb, log_seq_posted bigint, t treasury_accounts, delta numeric, attempt uuid
) RETURNS void LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  cause text := t.chain || ' ' || (fact->>'txId') || ' ' || t.address;
  native boolean := t.mint IS NULL;
  left_over numeric := delta;
  opens_accounts boolean := false;
  transfer jsonb;
  item ledger_holds%ROWTYPE;
BEGIN
  FOR transfer IN SELECT e FROM jsonb_array_elements(coalesce(fact->'transfers', '[]')) AS e
                   WHERE e->>'destination' = t.address AND e->>'source' <> t.address
                     AND (e->>'amountMinor')::numeric > 0 LOOP
    PERFORM treasury_credit(fact, t.ledger_account, t.asset, transfer);
    left_over := left_over - (transfer->>'amountMinor')::numeric;
  END LOOP;
  IF native AND fact->>'feePayer' = t.address AND (fact->>'feeMinor')::numeric > 0 THEN
    PERFORM ledger_transfer(ledger_id('fee ' || cause),
      ledger_account('chain_fees:' || t.asset, 'expense', t.asset), t.ledger_account,
      (fact->>'feeMinor')::numeric, 'chain_fee', t.chain || ':' || (fact->>'txId'));
    left_over := left_over + (fact->>'feeMinor')::numeric;
  END IF;
  IF attempt IS NOT NULL AND fact->>'err' IS NULL THEN
    FOR item IN SELECT h.* FROM treasury_attempt_items i JOIN ledger_holds h ON h.id = i.hold_id
                 WHERE i.attempt_id = attempt AND h.asset = t.asset ORDER BY h.id LOOP
      -- A hold that ended before was paid once more, or paid after it was given back: that is
      -- no posting of it. It stays unexplained, below, and is told.
      CONTINUE WHEN EXISTS (SELECT FROM ledger_hold_ends e WHERE e.hold_id = item.id);
      PERFORM ledger_hold_post(item.id, t.ledger_account, ledger_id('payout ' || item.id),
        'payout:' || item.id);
      left_over := left_over + item.amount;
    END LOOP;
    -- Opening token accounts for recipients costs rent, in the chain's own coin.
    opens_accounts := native AND EXISTS (
      SELECT FROM treasury_attempt_items i JOIN ledger_holds h ON h.id = i.hold_id
       WHERE i.attempt_id = attempt AND h.asset <> t.asset);
  END IF;
  IF left_over > 0 THEN
    PERFORM treasury_suspend('left over ' || cause, t.chain, fact->>'txId', t.ledger_account,
      t.asset, left_over, fact->>'feePayer', coalesce(fact->>'anomaly', 'not_a_transfer'));
  ELSIF left_over < 0 THEN
    PERFORM ledger_transfer(ledger_id('left over ' || cause),
      CASE WHEN opens_accounts THEN ledger_account('rent:' || t.asset, 'expense', t.asset)
           ELSE ledger_account('unexplained:' || t.asset, 'expense', t.asset) END,
      t.ledger_account, -left_over,
      CASE WHEN opens_accounts THEN 'rent' ELSE 'unexplained' END,
      t.chain || ':' || (fact->>'txId'));
    IF NOT opens_accounts THEN
      INSERT INTO events (type, subject, data) VALUES ('treasury_outflow_unexplained',
        t.chain || ':' || (fact->>'txId'),
        jsonb_build_object('asset', t.asset, 'amountMinor', (-left_over)::text));
    END IF;
  END IF;
  INSERT INTO treasury_postings (chain, address, log_seq, tx_id, slot, delta, balance)
    SELECT t.chain, t.address, log_seq_posted, fact->>'txId', (fact->>'slot')::bigint, delta,
           a.balance
      FROM ledger_accounts a WHERE a.id = t.ledger_account;
END $$;

-- Posts every row of the chain log after the treasury's cursor, at most `rows_max`, in order.
-- Returns how many rows it passed.
CREATE OR REPLACE FUNCTION treasury_post(of_chain text, rows_max integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  after bigint;
  passed integer := 0;
  entry record;
  fact jsonb;
  attempt uuid;
  t treasury_accounts%ROWTYPE;
  delta numeric;
BEGIN
  INSERT INTO treasury_cursors (chain) VALUES (of_chain) ON CONFLICT DO NOTHING;
  SELECT seq INTO after FROM treasury_cursors WHERE chain = of_chain FOR UPDATE;
  FOR entry IN SELECT seq, kind, tx_id, slot, data FROM chain_log
                WHERE chain = of_chain AND seq > after ORDER BY seq LIMIT rows_max LOOP
    passed := passed + 1;
    after := entry.seq;
    CONTINUE WHEN entry.kind <> 'final';
    fact := entry.data || jsonb_build_object(
      'chain', of_chain, 'txId', entry.tx_id, 'slot', entry.slot);
    SELECT attempt_id INTO attempt FROM treasury_attempts
     WHERE chain = of_chain AND tx_id = fact->>'txId';
    FOR t IN SELECT * FROM treasury_accounts
              WHERE chain = of_chain AND address IN (SELECT jsonb_object_keys(fact->'deltas'))
              ORDER BY address LOOP
      delta := (fact->'deltas'->>t.address)::numeric;
      CONTINUE WHEN (fact->>'slot')::bigint <= t.opening_slot
        OR EXISTS (SELECT FROM treasury_postings p
                    WHERE p.chain = of_chain AND p.tx_id = fact->>'txId' AND p.address = t.address);
      PERFORM treasury_post_address(fact, entry.seq, t, delta, attempt);
    END LOOP;
    IF attempt IS NOT NULL THEN
      INSERT INTO events (type, subject, data) VALUES (
        CASE WHEN fact->>'err' IS NULL THEN 'payout_attempt_landed'
             ELSE 'payout_attempt_failed' END,
        'attempt:' || attempt,
        jsonb_build_object('attemptId', attempt, 'txId', fact->>'txId', 'err', fact->'err',
          'slot', (fact->>'slot')::bigint, 'feeMinor', fact->>'feeMinor'));
    END IF;
  END LOOP;
  UPDATE treasury_cursors SET seq = after WHERE chain = of_chain;
  RETURN passed;
END $$;

-- Gives money in suspense to a person. Who decided it and why is kept beside it; of two at once
-- the second is told who was first.
CREATE OR REPLACE FUNCTION treasury_settle_suspense(
  item uuid, to_person uuid, decided_by text, why text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  s treasury_suspense%ROWTYPE;
  before treasury_suspense_ends%ROWTYPE;
BEGIN
  SELECT * INTO s FROM treasury_suspense WHERE id = item;
  IF NOT FOUND THEN
    PERFORM refuse('suspense_unknown', jsonb_build_object('suspenseId', item));
  END IF;
  IF NOT EXISTS (SELECT FROM accounts WHERE id = to_person) THEN
    PERFORM refuse('recipient_unknown', jsonb_build_object('accountId', to_person));
  END IF;
  INSERT INTO treasury_suspense_ends (suspense_id, credited_to, settled_by, note)
    VALUES (item, to_person, decided_by, why) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO before FROM treasury_suspense_ends WHERE suspense_id = item;
    PERFORM refuse('suspense_settled', jsonb_build_object('suspenseId', item,
      'accountId', before.credited_to, 'settledBy', before.settled_by, 'note', before.note,
      'settledAt', to_char(before.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  END IF;
  PERFORM ledger_transfer(ledger_id('settled ' || item),
    ledger_account('suspense:' || s.asset, 'liability', s.asset),
    ledger_available(to_person, s.asset), s.amount, 'suspense_settled', 'suspense:' || item);
END $$;

GRANT EXECUTE ON FUNCTION treasury_register_reference(text, text, text, uuid) TO earnest_api;
GRANT EXECUTE ON FUNCTION treasury_register_attempt(uuid, text, text, uuid[]) TO earnest_worker;
GRANT EXECUTE ON FUNCTION treasury_open(text, text, text, text, text, bigint, numeric),
  treasury_post(text, integer) TO earnest_indexer;
-- The API too, for operators: what that gives to somebody who took it over, and what bounds it, is
-- in docs/decisions/0010.
GRANT EXECUTE ON FUNCTION treasury_settle_suspense(uuid, uuid, text, text)
  TO earnest_api, earnest_worker;
