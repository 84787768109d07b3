import { useQuery } from '@tanstack/react-query';
import { api, ask } from '#/api';
import { useSite, useUser } from '#/session';

/**
 * Whether the contract names a wallet of this account as an arbiter of new projects. It is public,
 * so nobody is asked for what they might be refused; only those with a Stacks wallet ask at all.
 */
export function useIsArbiter(): boolean {
  const user = useUser();
  const { stacksContract } = useSite();
  const wallets = (user?.addresses ?? [])
    .filter((each) => each.chain === 'stacks')
    .map((each) => each.address);
  const { data } = useQuery({
    queryKey: ['contract', 'arbiters'],
    queryFn: () => ask(api.GET('/api/blockchain/contract')),
    enabled: stacksContract !== null && wallets.length > 0,
    staleTime: 5 * 60_000,
    retry: false,
  });
  return (data?.arbiterSet?.members ?? []).some((member) => wallets.includes(member));
}
