import { api, ask, type components } from '#/api';

type Schemas = components['schemas'];
export type Ledger = Schemas['LedgerAnswer'];
export type Trial = Schemas['TrialBalanceAnswer'];
export type Kind = Schemas['KindAnswer'];
export type LedgerAccount = Schemas['LedgerAccountAnswer'];
export type Entry = Schemas['BookEntryAnswer'];
export type Transfer = Schemas['TransferAnswer'];
export type Leg = Schemas['LegAnswer'];
export type Verification = Schemas['ReplayAnswer'];
export type Check = Schemas['SolvencyCheckAnswer'];
export type Asset = Trial['asset'];
export type Order = 'newest' | 'oldest';

const next = (last: { nextCursor?: string | null }) => last.nextCursor ?? undefined;

export const ledgerQuery = {
  queryKey: ['admin', 'ledger'],
  queryFn: () => ask(api.GET('/api/admin/ledger')),
} as const;

export function verificationsQuery() {
  return {
    queryKey: ['admin', 'ledger', 'verifications'],
    queryFn: () => ask(api.GET('/api/admin/ledger/verifications')),
    // While one is under way the page follows it.
    refetchInterval: (query: { state: { data?: Schemas['ReplaysAnswer'] | undefined } }) =>
      query.state.data?.waiting ? 1_000 : 30_000,
  } as const;
}

export function accountsQuery(kind: string, asset: Asset) {
  return {
    queryKey: ['admin', 'ledger', 'kind', kind, asset],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/ledger/accounts', {
          params: { query: { kind, asset, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
  } as const;
}

export function accountQuery(id: number) {
  return {
    queryKey: ['admin', 'ledger', 'account', id],
    queryFn: () =>
      ask(
        api.GET('/api/admin/ledger/accounts/{number}', {
          params: { path: { number: id } },
        }),
      ),
  } as const;
}

export interface Times {
  from?: string;
  until?: string;
}

export function entriesQuery(id: number, order: Order, times: Times) {
  return {
    queryKey: ['admin', 'ledger', 'entries', id, order, times],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/ledger/accounts/{number}/entries', {
          params: {
            path: { number: id },
            query: { order, ...times, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
  } as const;
}

/** The entries as a file, and whether there were more than one file holds. */
export async function exportEntries(
  id: number,
  times: Times,
): Promise<{ text: string; isCut: boolean }> {
  const answer = api.GET('/api/admin/ledger/accounts/{number}/entries.csv', {
    params: { path: { number: id }, query: times },
    parseAs: 'text',
  });
  const text = await ask(answer);
  const { response } = await answer;
  return { text: String(text), isCut: response.headers.has('earnest-next-cursor') };
}

export function transferQuery(id: string) {
  return {
    queryKey: ['admin', 'ledger', 'transfer', id],
    queryFn: () =>
      ask(
        api.GET('/api/admin/ledger/transfers/{transfer_id}', {
          params: { path: { transfer_id: id } },
        }),
      ),
  } as const;
}

export function orderQuery(id: string) {
  return {
    queryKey: ['admin', 'order', id],
    queryFn: () => ask(api.GET('/api/orders/{order_id}', { params: { path: { order_id: id } } })),
  } as const;
}

export function checksQuery(differing: boolean) {
  return {
    queryKey: ['admin', 'solvency', differing],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      ask(
        api.GET('/api/admin/solvency', {
          params: {
            query: { differing, limit: 10, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
  } as const;
}
