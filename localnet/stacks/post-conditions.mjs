// Post-conditions, which simnet does not know: what a transaction's sender lets leave which account.
// Counted as a node counts: transfers and burns that left, by principal and asset; fees apart.

import {
  Cl, FungibleConditionCode as Amount, NonFungibleConditionCode as Item, PostConditionMode as Mode,
  PostConditionPrincipalId as Whose, PostConditionType as Kind, addressToString,
} from '@stacks/transactions';

/**
 * @param {{event: string, data: any}[]} events of simnet
 * @returns {Map<string, {principal: string, asset: string, amount: bigint, items: string[]}>}
 */
export function sentBy(events) {
  const sent = new Map();
  const row = (principal, asset) => {
    const key = `${principal} ${asset}`;
    if (!sent.has(key)) sent.set(key, { principal, asset, amount: 0n, items: [] });
    return sent.get(key);
  };
  for (const { event, data } of events) {
    if (event === 'stx_transfer_event' || event === 'stx_burn_event') {
      row(data.sender, 'STX').amount += BigInt(data.amount);
    } else if (event === 'ft_transfer_event' || event === 'ft_burn_event') {
      row(data.sender, data.asset_identifier).amount += BigInt(data.amount);
    } else if (event === 'nft_transfer_event' || event === 'nft_burn_event') {
      row(data.sender, data.asset_identifier).items.push(withoutPrefix(data.raw_value));
    }
  }
  return sent;
}

/**
 * @param {{events: any[], conditions: any[], mode: number, origin: string}} transaction
 * @returns {string | null} why the transaction must be aborted
 */
export function brokenPostCondition({ events, conditions, mode, origin }) {
  const sent = sentBy(events);
  const covered = new Set();
  for (const condition of conditions) {
    const principal = principalOf(condition.principal, origin);
    const asset = assetOf(condition);
    const row = sent.get(`${principal} ${asset}`);
    if (condition.conditionType === Kind.NonFungible) {
      const item = withoutPrefix(Cl.serialize(condition.assetName));
      if (!itemHolds(condition.conditionCode, row?.items.includes(item) ?? false)) {
        return `${principal} must not, or must, send that item of ${asset}`;
      }
      covered.add(`${principal} ${asset} ${item}`);
    } else {
      if (!amountHolds(condition.conditionCode, row?.amount ?? 0n, BigInt(condition.amount))) {
        return `${principal} sent ${row?.amount ?? 0n} of ${asset}`;
      }
      covered.add(`${principal} ${asset}`);
    }
  }
  if (mode === Mode.Allow) return null;
  for (const { principal, asset, amount, items } of sent.values()) {
    if (mode === Mode.Originator && principal !== origin) continue;
    if (amount > 0n && !covered.has(`${principal} ${asset}`)) {
      return `no post-condition lets ${principal} send ${asset}`;
    }
    const loose = items.find((item) => !covered.has(`${principal} ${asset} ${item}`));
    if (loose !== undefined) return `no post-condition lets ${principal} send that item of ${asset}`;
  }
  return null;
}

/** @returns {boolean} whether this server can check the condition at all */
export function isCheckable({ conditionType }) {
  return [Kind.STX, Kind.Fungible, Kind.NonFungible].includes(conditionType);
}

export function principalOf(principal, origin) {
  if (principal.prefix === Whose.Origin) return origin;
  const address = addressToString(principal.address);
  return principal.prefix === Whose.Contract ? `${address}.${principal.contractName.content}` : address;
}

export function assetOf({ conditionType, asset }) {
  if (conditionType === Kind.STX) return 'STX';
  return `${addressToString(asset.address)}.${asset.contractName.content}::${asset.assetName.content}`;
}

function amountHolds(code, sent, stated) {
  if (code === Amount.Equal) return sent === stated;
  if (code === Amount.Greater) return sent > stated;
  if (code === Amount.GreaterEqual) return sent >= stated;
  if (code === Amount.Less) return sent < stated;
  return sent <= stated;
}

function itemHolds(code, isSent) {
  if (code === Item.Sends) return isSent;
  if (code === Item.DoesNotSend) return !isSent;
  return true;
}

const withoutPrefix = (hex) => hex.replace(/^0x/, '');
