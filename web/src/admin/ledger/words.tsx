import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { components } from '#/api';
import { Code } from './parts';

export type AccountType = components['schemas']['KindAnswer']['type'];

/** What an account of that kind holds, in words. Of a kind that is new here its own name. */
export function useKindName(): (kind: string) => string {
  const { t } = useLingui();
  return (kind) => {
    switch (kind) {
      case 'treasury':
        return t`Treasury on the chain`;
      case 'available':
        return t`People’s balances`;
      case 'order':
        return t`Orders, paid and not settled`;
      case 'task':
        return t`Photo tasks, still to be paid`;
      case 'suspense':
        return t`Unmatched payments`;
      case 'float':
        return t`The house’s float`;
      case 'fees':
        return t`Fees earned`;
      case 'chain_fees':
        return t`Network fees`;
      case 'rent':
        return t`Rent of token accounts`;
      case 'unexplained':
        return t`Went out unexplained`;
      default:
        return kind;
    }
  };
}

export function useTypeName(): (type: AccountType) => string {
  const { t } = useLingui();
  return (type) =>
    ({
      asset: t`held`,
      liability: t`owed`,
      equity: t`the house’s own`,
      income: t`earned`,
      expense: t`spent`,
    })[type];
}

/** What a transfer was, by its kind. */
export function useEntryName(): (kind: string) => string {
  const { t } = useLingui();
  return (kind) => {
    switch (kind) {
      case 'opening':
        return t`Opening of the treasury`;
      case 'deposit':
        return t`Payment of an order`;
      case 'suspense':
        return t`Payment that no order explains`;
      case 'suspense_settled':
        return t`Unmatched payment, given to its owner`;
      case 'order_settled':
        return t`Order settled`;
      case 'order_returned':
        return t`Too much or too late, to the payer’s account`;
      case 'vote_earned':
        return t`Vote earned`;
      case 'fee':
        return t`Fee of the house`;
      case 'task_refund':
        return t`Task ended, rest given back`;
      case 'payout':
        return t`Payout`;
      case 'chain_fee':
        return t`Network fee`;
      case 'rent':
        return t`Rent of a token account`;
      case 'unexplained':
        return t`Outflow that nobody asked for`;
      default:
        return kind;
    }
  };
}

/** What a transfer was made for, as `order:5f…`; leads to its page where it has one. */
export function Subject({ of }: { of: string }): ReactNode {
  const at = of.indexOf(':');
  const topic = of.slice(0, at);
  const id = of.slice(at + 1);
  const name = (
    <Code>{`${topic}:${id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id}`}</Code>
  );
  if (topic === 'suspense') return <Link to={`/admin/suspense/${id}`}>{name}</Link>;
  if (topic === 'payout') return <Link to={`/admin/payouts/${id}`}>{name}</Link>;
  return <span title={of}>{name}</span>;
}

/** The part of an account’s name after its kind, short enough for a line. */
export function tailOf(name: string): string {
  const tail = name.slice(name.indexOf(':') + 1);
  return tail.length > 30 ? `${tail.slice(0, 14)}…${tail.slice(-10)}` : tail;
}
