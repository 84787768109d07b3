import { clean } from './faults';
import type { FoundWallet } from './types';

const NAME_LENGTH_MAX = 40;
const ICON_LENGTH_MAX = 200_000;

/** A wallet's name as it may stand on a page: whatever it says, one short line. */
export function readName(said: unknown): string {
  return typeof said === 'string' ? clean(said, NAME_LENGTH_MAX) : '';
}

/** Its icon: only an address with the picture in it, so that nothing is fetched from others. */
export function readIcon(said: unknown): string {
  return typeof said === 'string' && said.startsWith('data:image/') && said.length < ICON_LENGTH_MAX
    ? said
    : '';
}

/** Ids that are each there once, in the order in which the wallets came. */
export function tellApart(found: FoundWallet[]): FoundWallet[] {
  const seen = new Map<string, number>();
  return found.map((wallet) => {
    const times = (seen.get(wallet.id) ?? 0) + 1;
    seen.set(wallet.id, times);
    return times === 1 ? wallet : { ...wallet, id: `${wallet.id}#${times}` };
  });
}
