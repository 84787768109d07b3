import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, ask } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import { Actions, Button, Empty, LinkButton, Money, State, Time } from '#/design';
import { useUser } from '#/session';
import { ProposalState } from './Proposals';
import { usePlace } from './place';
import styles from './projects.module.css';
import type { Proposal, ProposalPage } from './queries';
import { useDays } from './words';

const PAGE = 50;
const LATER_MS = 20_000;

interface Slice {
  items: Proposal[];
  /** Where each wallet's proposals go on; none for one that was read to its end. */
  next: Record<string, string>;
}

/**
 * What was proposed with the Stacks wallets of the account, newest first, a page of each wallet at a
 * time. Read anew by itself only as long as it is the first page: what is older hardly changes.
 */
function useMyProposals() {
  const user = useUser();
  const addresses = (user?.addresses ?? [])
    .map((each) => each.address)
    .filter((address) => /^S[PMTN]/.test(address));
  const pages = useInfiniteQuery({
    queryKey: ['projects', 'proposals', ...addresses],
    queryFn: async ({ pageParam }): Promise<Slice> => {
      const slice: Slice = { items: [], next: {} };
      for (const [address, cursor] of Object.entries(pageParam)) {
        const page: ProposalPage = await ask(
          api.GET('/api/freelancers/{address}/proposals', {
            params: { path: { address }, query: { limit: PAGE, ...(cursor ? { cursor } : {}) } },
          }),
        );
        slice.items.push(...page.items);
        if (page.nextCursor) slice.next[address] = page.nextCursor;
      }
      return slice;
    },
    initialPageParam: Object.fromEntries(addresses.map((each) => [each, ''])),
    getNextPageParam: ({ next }) => (Object.keys(next).length > 0 ? next : undefined),
    enabled: addresses.length > 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : LATER_MS),
  });
  return { pages, none: addresses.length === 0 };
}

/** Every proposal of the account, with where it stands. */
export function MyProposals() {
  const { t } = useLingui();
  const days = useDays();
  const { pages, none } = useMyProposals();
  usePlace(pages.data !== undefined);
  if (!none && !pages.data) {
    return <NotYet of={pages} lines={8} label={t`Fetching your proposals`} />;
  }
  const items = (pages.data?.pages.flatMap((page) => page.items) ?? []).sort((one, other) =>
    other.createdAt.localeCompare(one.createdAt),
  );
  if (items.length === 0) {
    return (
      <Empty
        state="waiting"
        level="h2"
        title={t`You have proposed nothing yet`}
        actions={
          <LinkButton kind="primary" to="/work/projects">
            <Trans>Find work</Trans>
          </LinkButton>
        }
      >
        <Trans>A proposal names your price and your days. It costs nothing.</Trans>
      </Empty>
    );
  }
  return (
    <>
      <Stale of={pages} />
      <ul className={styles.cards}>
        {items.map((each) => (
          <li key={each.id} className={styles.card}>
            <h2 className={styles.cardTitle} dir="auto">
              <Link to={`/work/projects/${each.projectId}`}>{each.projectTitle}</Link>
            </h2>
            <p className={styles.cardSum}>
              <Money minor={each.budgetMinor} asset={each.asset} />
            </p>
            <p className={styles.cardWords} dir="auto">
              {each.coverLetter}
            </p>
            <p className={styles.cardFacts}>
              {each.status === 'waiting' &&
              each.projectStage === 'open' &&
              each.termsVersion !== each.projectTermsVersion ? (
                <State state="look">{t`The terms changed: your turn`}</State>
              ) : (
                <ProposalState status={each.status} stage={each.projectStage} />
              )}
              <span>{days(each.days)}</span>
              <span>
                <Time at={each.createdAt} show="day" />
              </span>
            </p>
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <Actions className={styles.more ?? ''}>
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            <Trans>Show more</Trans>
          </Button>
          <span className="fine" role="status">
            <Plural value={items.length} one="# is shown" other="# are shown" />
          </span>
        </Actions>
      )}
    </>
  );
}
