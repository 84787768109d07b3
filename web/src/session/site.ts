import { useSuspenseQuery } from '@tanstack/react-query';
import { api, ask, type components } from '#/api';

export type Site = components['schemas']['SiteAnswer'];

/** What the pages must know of this house: its network, limits and addresses. Never changes. */
export const siteQuery = {
  queryKey: ['site'],
  queryFn: () => ask(api.GET('/api/site')),
  // Also without a line: the browser may have kept it, and otherwise the page says what is the matter.
  networkMode: 'always',
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
} as const;

export function useSite(): Site {
  return useSuspenseQuery(siteQuery).data;
}

/** Where anybody can look at it; null where no explorer sees the chain. */
export function useExplorer(): (
  kind: 'chainTx' | 'address',
  chain: 'solana' | 'stacks',
  id: string,
) => string | null {
  const { explorers } = useSite();
  return (kind, chain, id) => {
    const template = explorers[chain]?.[kind];
    return template ? template.replace('{id}', encodeURIComponent(id)) : null;
  };
}
