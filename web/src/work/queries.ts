import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, ask, type components } from '#/api';
import type { Asset } from '#/design';

export type Payout = components['schemas']['PayoutAnswer'];
export type Entry = components['schemas']['EntryAnswer'];

export function isUnderWay(payout: Payout): boolean {
  return payout.status !== 'final' && payout.status !== 'failed';
}

export function useBalances(accountId: string) {
  return useQuery({
    queryKey: ['balance', accountId],
    queryFn: () => ask(api.GET('/api/balance')),
    refetchInterval: 10_000,
  });
}

/** The newest fifty; often while one of them is on its way. */
export function usePayouts(accountId: string) {
  return useQuery({
    queryKey: ['payouts', accountId],
    queryFn: () => ask(api.GET('/api/payouts')),
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? 1_500 : 20_000),
  });
}

export function usePayout(id: string) {
  return useQuery({
    queryKey: ['payout', id],
    queryFn: () =>
      ask(api.GET('/api/payouts/{payout_id}', { params: { path: { payout_id: id } } })),
    refetchInterval: ({ state }) => (state.data && !isUnderWay(state.data) ? false : 1_500),
  });
}

/** Every entry of the balance in one asset, newest first. */
export function useEntries(accountId: string, asset: Asset) {
  return useInfiniteQuery({
    queryKey: ['entries', accountId, asset],
    queryFn: ({ pageParam }) => readEntries(asset, pageParam),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: 20_000,
  });
}

function readEntries(asset: Asset, cursor: string) {
  return ask(
    api.GET('/api/balance/entries', {
      params: { query: { asset, limit: 100, ...(cursor ? { cursor } : {}) } },
    }),
  );
}

/** All entries as CSV, each by itself, amounts with every place. */
export async function exportEntries(
  asset: Asset,
  figure: (minor: string) => string,
): Promise<string> {
  const lines = ['at,kind,subject,direction,amount,balance,asset,transferId'];
  for (let cursor: string | null | undefined = ''; cursor != null; ) {
    const page = await readEntries(asset, cursor);
    for (const each of page.items) {
      const amount = `${each.direction === 'out' ? '-' : ''}${figure(each.amountMinor)}`;
      lines.push(
        [
          each.at,
          each.kind,
          each.subject,
          each.direction,
          amount,
          figure(each.balanceMinor),
          asset,
          each.transferId,
        ].join(','),
      );
    }
    cursor = page.nextCursor;
  }
  return `${lines.join('\r\n')}\r\n`;
}
