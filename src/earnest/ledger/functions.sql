-- The only code that writes the ledger. None of it is granted to a role that serves requests:
-- the checking functions of the domains call it.

CREATE OR REPLACE TRIGGER ledger_transfers_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_holds_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_holds
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_hold_ends_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hold_ends
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_checkpoints_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_checkpoint_heads_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint_heads
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_accounts_stay
  BEFORE DELETE OR TRUNCATE ON ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The account of that name, made at first use. A name of another type or asset is refused.
CREATE OR REPLACE FUNCTION ledger_account(
  account_name text, account_type text, account_asset text, account_owner uuid DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  known ledger_accounts%ROWTYPE;
BEGIN
  SELECT * INTO known FROM ledger_accounts WHERE name = account_name;
  IF NOT FOUND THEN
    INSERT INTO ledger_accounts (name, type, asset, owner)
      VALUES (account_name, account_type, account_asset, account_owner)
      ON CONFLICT (name) DO NOTHING;
    SELECT * INTO known FROM ledger_accounts WHERE name = account_name;
  END IF;
  IF (known.type, known.asset) <> (account_type, account_asset)
     OR known.owner IS DISTINCT FROM account_owner THEN
    PERFORM refuse('ledger_account_differs', jsonb_build_object('name', account_name));
  END IF;
  RETURN known.id;
END $$;

CREATE OR REPLACE FUNCTION ledger_entry_hash(
  previous bytea, transfer uuid, side text, amount numeric, balance numeric, version bigint
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(previous || uuid_send(transfer)
    || convert_to(side || ' ' || amount || ' ' || balance || ' ' || version, 'UTF8'))
$$;

-- Moves `amount` from the debit to the credit account. True: it was posted now. False: this id
-- was posted before with the same values. Any other value for a known id is refused.
CREATE OR REPLACE FUNCTION ledger_transfer(
  transfer uuid, debit bigint, credit bigint, amount_minor numeric,
  transfer_kind text, transfer_subject text
) RETURNS boolean LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  d ledger_accounts%ROWTYPE;
  c ledger_accounts%ROWTYPE;
  known ledger_transfers%ROWTYPE;
BEGIN
  IF debit = credit OR amount_minor IS NULL OR amount_minor <= 0 THEN
    PERFORM refuse('transfer_is_void', jsonb_build_object('amountMinor', amount_minor::text));
  END IF;
  IF debit < credit THEN      -- one order of locks for everybody: no deadlock
    SELECT * INTO d FROM ledger_accounts WHERE id = debit FOR NO KEY UPDATE;
    SELECT * INTO c FROM ledger_accounts WHERE id = credit FOR NO KEY UPDATE;
  ELSE
    SELECT * INTO c FROM ledger_accounts WHERE id = credit FOR NO KEY UPDATE;
    SELECT * INTO d FROM ledger_accounts WHERE id = debit FOR NO KEY UPDATE;
  END IF;
  SELECT * INTO known FROM ledger_transfers WHERE id = transfer;
  IF FOUND THEN
    IF (known.debit_account, known.credit_account, known.amount, known.kind, known.subject)
       IS DISTINCT FROM (debit, credit, amount_minor, transfer_kind, transfer_subject) THEN
      PERFORM refuse('transfer_differs', jsonb_build_object('transferId', transfer, 'differs',
        CASE WHEN known.debit_account <> debit THEN 'debit_account'
             WHEN known.credit_account <> credit THEN 'credit_account'
             WHEN known.amount <> amount_minor THEN 'amount'
             WHEN known.kind <> transfer_kind THEN 'kind'
             ELSE 'subject' END));
    END IF;
    RETURN false;
  END IF;
  IF d.id IS NULL OR c.id IS NULL THEN
    PERFORM refuse('ledger_account_unknown');
  END IF;
  IF d.asset <> c.asset THEN
    PERFORM refuse('assets_differ', jsonb_build_object('debit', d.asset, 'credit', c.asset));
  END IF;
  d.balance := d.balance + CASE WHEN d.type IN ('asset', 'expense') THEN amount_minor
                                ELSE -amount_minor END;
  c.balance := c.balance + CASE WHEN c.type IN ('asset', 'expense') THEN -amount_minor
                                ELSE amount_minor END;
  IF d.balance < d.held OR c.balance < c.held THEN
    PERFORM refuse('balance_too_small', jsonb_build_object('asset', d.asset,
      'availableMinor', CASE WHEN d.balance < d.held
        THEN d.balance + amount_minor - d.held ELSE c.balance + amount_minor - c.held END::text,
      'amountMinor', amount_minor::text));
  END IF;
  d.version := d.version + 1;
  c.version := c.version + 1;
  d.head := ledger_entry_hash(d.head, transfer, 'debit', amount_minor, d.balance, d.version);
  c.head := ledger_entry_hash(c.head, transfer, 'credit', amount_minor, c.balance, c.version);
  UPDATE ledger_accounts SET balance = d.balance, version = d.version, head = d.head
    WHERE id = d.id;
  UPDATE ledger_accounts SET balance = c.balance, version = c.version, head = c.head
    WHERE id = c.id;
  INSERT INTO ledger_transfers (id, debit_account, credit_account, amount, kind, subject,
      debit_version, credit_version, debit_balance, credit_balance, debit_hash, credit_hash)
    VALUES (transfer, debit, credit, amount_minor, transfer_kind, transfer_subject,
      d.version, c.version, d.balance, c.balance, d.head, c.head);
  RETURN true;
END $$;

-- Many transfers in one go, as if one by one: all accounts are locked first, in order. What is plain
-- is reckoned here and written by two statements. Anything else, a repeat or what must be refused,
-- goes through `ledger_transfer`, which alone knows the answers.
CREATE OR REPLACE FUNCTION ledger_transfer_batch(
  transfers uuid[], debits bigint[], credits bigint[], amounts numeric[],
  transfer_kind text, transfer_subject text
) RETURNS integer LANGUAGE plpgsql
SET search_path = earnest, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  n integer := cardinality(transfers);
  posted integer := 0;
  ids bigint[];        -- the accounts in order, and what becomes of each
  assets text[];
  grows boolean[];     -- by a debit
  helds numeric[];
  balances numeric[];
  versions bigint[];
  heads bytea[];
  d integer;           -- their places for one transfer
  c integer;
  plain boolean;
  d_versions bigint[];
  c_versions bigint[];
  d_balances numeric[];
  c_balances numeric[];
  d_hashes bytea[];
  c_hashes bytea[];
BEGIN
  SELECT array_agg(id), array_agg(asset), array_agg(type IN ('asset', 'expense')), array_agg(held),
         array_agg(balance), array_agg(version), array_agg(head)
    INTO ids, assets, grows, helds, balances, versions, heads
    FROM (SELECT * FROM ledger_accounts WHERE id = ANY (debits || credits)
           ORDER BY id FOR NO KEY UPDATE) a;
  plain := NOT EXISTS (SELECT FROM ledger_transfers WHERE id = ANY (transfers))
    AND n = (SELECT count(DISTINCT t) FROM unnest(transfers) t)
    AND n = ALL (ARRAY[cardinality(debits), cardinality(credits), cardinality(amounts)]);
  FOR i IN 1 .. n LOOP
    EXIT WHEN NOT plain;
    d := array_position(ids, debits[i]);
    c := array_position(ids, credits[i]);
    plain := coalesce(d <> c AND amounts[i] > 0 AND assets[d] = assets[c], false);
    EXIT WHEN NOT plain;
    balances[d] := balances[d] + CASE WHEN grows[d] THEN amounts[i] ELSE -amounts[i] END;
    balances[c] := balances[c] + CASE WHEN grows[c] THEN -amounts[i] ELSE amounts[i] END;
    plain := balances[d] >= helds[d] AND balances[c] >= helds[c];
    versions[d] := versions[d] + 1;
    versions[c] := versions[c] + 1;
    heads[d] := ledger_entry_hash(heads[d], transfers[i], 'debit', amounts[i], balances[d],
                                  versions[d]);
    heads[c] := ledger_entry_hash(heads[c], transfers[i], 'credit', amounts[i], balances[c],
                                  versions[c]);
    d_versions[i] := versions[d];
    c_versions[i] := versions[c];
    d_balances[i] := balances[d];
    c_balances[i] := balances[c];
    d_hashes[i] := heads[d];
    c_hashes[i] := heads[c];
  END LOOP;
  IF plain THEN
    UPDATE ledger_accounts a SET balance = moved.balance, version = moved.version, head = moved.head
      FROM unnest(ids, balances, versions, heads) AS moved (id, balance, version, head)
     WHERE a.id = moved.id;
    INSERT INTO ledger_transfers (id, debit_account, credit_account, amount, kind, subject,
        debit_version, credit_version, debit_balance, credit_balance, debit_hash, credit_hash)
      SELECT m.id, m.debit, m.credit, m.amount, transfer_kind, transfer_subject, m.debit_version,
             m.credit_version, m.debit_balance, m.credit_balance, m.debit_hash, m.credit_hash
        FROM unnest(transfers, debits, credits, amounts, d_versions, c_versions, d_balances,
                    c_balances, d_hashes, c_hashes)
          AS m (id, debit, credit, amount, debit_version, credit_version, debit_balance,
                credit_balance, debit_hash, credit_hash);
    RETURN n;
  END IF;
  -- A repeat, or something to be refused: one by one, which says what it is.
  FOR i IN 1 .. n LOOP
    IF ledger_transfer(transfers[i], debits[i], credits[i], amounts[i],
                       transfer_kind, transfer_subject) THEN
      posted := posted + 1;
    END IF;
  END LOOP;
  RETURN posted;
END $$;

-- Promises `amount_minor` of an account to a recipient. False: the same hold exists already.
CREATE OR REPLACE FUNCTION ledger_hold(
  hold uuid, holder bigint, amount_minor numeric, hold_recipient text
) RETURNS boolean LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  a ledger_accounts%ROWTYPE;
  known ledger_holds%ROWTYPE;
BEGIN
  SELECT * INTO a FROM ledger_accounts WHERE id = holder FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('ledger_account_unknown');
  END IF;
  SELECT * INTO known FROM ledger_holds WHERE id = hold;
  IF FOUND THEN
    IF (known.account, known.amount, known.recipient)
       IS DISTINCT FROM (holder, amount_minor, hold_recipient) THEN
      PERFORM refuse('hold_differs', jsonb_build_object('holdId', hold));
    END IF;
    RETURN false;
  END IF;
  IF a.type IN ('asset', 'expense') OR amount_minor <= 0 THEN
    PERFORM refuse('transfer_is_void', jsonb_build_object('amountMinor', amount_minor::text));
  END IF;
  IF a.balance - a.held < amount_minor THEN
    PERFORM refuse('balance_too_small', jsonb_build_object('asset', a.asset,
      'availableMinor', (a.balance - a.held)::text, 'amountMinor', amount_minor::text));
  END IF;
  UPDATE ledger_accounts SET held = held + amount_minor WHERE id = holder;
  INSERT INTO ledger_holds (id, account, asset, amount, recipient)
    VALUES (hold, holder, a.asset, amount_minor, hold_recipient);
  RETURN true;
END $$;

-- Ends a hold by giving the money back to its account. False: it was voided before.
CREATE OR REPLACE FUNCTION ledger_hold_void(hold uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  h ledger_holds%ROWTYPE;
  before text;
BEGIN
  SELECT * INTO h FROM ledger_holds WHERE id = hold;
  IF NOT FOUND THEN
    PERFORM refuse('hold_unknown', jsonb_build_object('holdId', hold));
  END IF;
  PERFORM FROM ledger_accounts WHERE id = h.account FOR NO KEY UPDATE;
  SELECT outcome INTO before FROM ledger_hold_ends WHERE hold_id = hold;
  IF before = 'voided' THEN
    RETURN false;
  ELSIF before = 'posted' THEN
    PERFORM refuse('hold_ended_otherwise', jsonb_build_object('holdId', hold, 'outcome', before));
  END IF;
  INSERT INTO ledger_hold_ends (hold_id, outcome) VALUES (hold, 'voided');
  UPDATE ledger_accounts SET held = held - h.amount WHERE id = h.account;
  RETURN true;
END $$;

-- Ends a hold by paying it out of `payer`, an asset account. False: it was posted before.
CREATE OR REPLACE FUNCTION ledger_hold_post(
  hold uuid, payer bigint, transfer uuid, transfer_subject text
) RETURNS boolean LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  h ledger_holds%ROWTYPE;
  before ledger_hold_ends%ROWTYPE;
BEGIN
  SELECT * INTO h FROM ledger_holds WHERE id = hold;
  IF NOT FOUND THEN
    PERFORM refuse('hold_unknown', jsonb_build_object('holdId', hold));
  END IF;
  PERFORM FROM ledger_accounts WHERE id IN (h.account, payer) ORDER BY id FOR NO KEY UPDATE;
  SELECT * INTO before FROM ledger_hold_ends WHERE hold_id = hold;
  IF FOUND THEN
    IF before.transfer_id IS DISTINCT FROM transfer THEN
      PERFORM refuse('hold_ended_otherwise',
        jsonb_build_object('holdId', hold, 'outcome', before.outcome));
    END IF;
    RETURN false;
  END IF;
  UPDATE ledger_accounts SET held = held - h.amount WHERE id = h.account;
  PERFORM ledger_transfer(transfer, h.account, payer, h.amount, 'payout', transfer_subject);
  INSERT INTO ledger_hold_ends (hold_id, outcome, transfer_id) VALUES (hold, 'posted', transfer);
  RETURN true;
END $$;

-- The account in which a person's own money is kept.
CREATE OR REPLACE FUNCTION ledger_available(person uuid, of_asset text) RETURNS bigint
LANGUAGE sql SET search_path = earnest, pg_temp AS $$
  SELECT ledger_account('available:' || person || ':' || of_asset, 'liability', of_asset, person)
$$;

-- A transfer's id from what it is for, so that the same cause never posts twice.
CREATE OR REPLACE FUNCTION ledger_id(cause text) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(substring(sha256(convert_to(cause, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;

-- The number of the account's first entry that was posted at `moment` or later; one beyond its last
-- where there is none. Its entries are numbered without gaps in the order in which they were posted
-- (both are given while the account is locked), so halving finds it in some twenty steps of a
-- million, and no index by time has to be kept.
CREATE OR REPLACE FUNCTION ledger_version_at(of_account bigint, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = earnest, pg_temp AS $$
DECLARE
  low bigint := 1;
  high bigint;
  middle bigint;
  posted timestamptz;
BEGIN
  SELECT version + 1 INTO high FROM ledger_accounts WHERE id = of_account;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT coalesce(
      (SELECT posted_at FROM ledger_transfers
        WHERE debit_account = of_account AND debit_version = middle),
      (SELECT posted_at FROM ledger_transfers
        WHERE credit_account = of_account AND credit_version = middle)) INTO posted;
    IF posted < moment THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END $$;

GRANT EXECUTE ON FUNCTION ledger_version_at(bigint, timestamptz) TO earnest_api;
