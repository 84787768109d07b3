// Double entry with Prisma: the same rows, locks and chains of hashes as Earnest's SQL functions.

import { createHash } from 'node:crypto';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const DEBIT_GROWS = new Set(['asset', 'expense']);

/** A transfer's id from what it is for, so that the same cause never posts twice. */
export function transferId(cause) {
  const hex = sha256(cause).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)]
    .join('-');
}

function entryHash(previous, id, side, amount, balance, version) {
  return sha256(previous, Buffer.from(id.replaceAll('-', ''), 'hex'),
    `${side} ${amount} ${balance} ${version}`);
}

/** The id of the account of that name, made at first use. */
export async function accountId(tx, name, type, asset, owner = null) {
  const known = await tx.ledgerAccount.findUnique({ where: { name }, select: { id: true } });
  if (known) return known.id;
  await tx.$executeRaw`INSERT INTO ledger_accounts (name, type, asset, owner)
    VALUES (${name}, ${type}, ${asset}, ${owner}::uuid) ON CONFLICT (name) DO NOTHING`;
  return (await tx.ledgerAccount.findUniqueOrThrow({ where: { name }, select: { id: true } })).id;
}

/** Moves `amount` (BigInt, minor units) from the debit to the credit account, once per id. */
export async function transfer(tx, { id, debit, credit, amount, kind, subject }) {
  // Prisma has no row locks: both sides, in one order for everybody.
  const locked = await tx.$queryRaw`
    SELECT id, type, balance::text, held::text, version, head FROM ledger_accounts
     WHERE id IN (${debit}, ${credit}) ORDER BY id FOR NO KEY UPDATE`;
  const known = await tx.ledgerTransfer.findUnique({ where: { id }, select: { id: true } });
  if (known) return;
  const sides = { debit: locked.find((a) => a.id === debit), credit: locked.find((a) => a.id === credit) };
  const after = {};
  for (const [side, account] of Object.entries(sides)) {
    const grows = (side === 'debit') === DEBIT_GROWS.has(account.type);
    const balance = BigInt(account.balance) + (grows ? amount : -amount);
    if (balance < BigInt(account.held)) throw new Error('balance_too_small');
    const version = account.version + 1n;
    const head = entryHash(account.head, id, side, amount, balance, version);
    after[side] = { balance: balance.toString(), version, head };
    await tx.ledgerAccount.update({
      where: { id: account.id }, data: after[side], select: { id: true },
    });
  }
  await tx.ledgerTransfer.create({
    data: {
      id, debitAccount: debit, creditAccount: credit, amount: amount.toString(), kind, subject,
      debitVersion: after.debit.version, creditVersion: after.credit.version,
      debitBalance: after.debit.balance, creditBalance: after.credit.balance,
      debitHash: after.debit.head, creditHash: after.credit.head,
    },
    select: { id: true },
  });
}
