import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect } from 'react';
import { Link, NavLink, useSearchParams } from 'react-router';
import { NotYet, Stale } from '#/app/NotYet';
import { Actions, Address, Button, Empty, Head, LinkButton, Money, Time } from '#/design';
import { SignedIn } from '#/session';
import { Filters, useFilters } from './Filters';
import { MyProposals } from './MyProposals';
import { usePlace } from './place';
import styles from './projects.module.css';
import { type FaceSide, PAGE, type ProjectCard, type ProjectSearch, useProjects } from './queries';
import { ProjectState, useCategoryName, useDays } from './words';

/** Projects to find work in, or one's own; the address holds what was searched for. */
export function ListPage({ side }: { side: FaceSide }) {
  const { t } = useLingui();
  const [params] = useSearchParams();
  if (side === 'hire') {
    return (
      <>
        <Head title={t`Your projects`}>
          <LinkButton kind="primary" to="/hire/projects/new">
            <Trans>New project</Trans>
          </LinkButton>
        </Head>
        <SignedIn>
          <Own
            part="client"
            none={
              <Empty
                state="waiting"
                level="h2"
                title={t`Nothing posted yet`}
                actions={
                  <LinkButton kind="primary" to="/hire/projects/new">
                    <Trans>New project</Trans>
                  </LinkButton>
                }
              >
                <Trans>
                  Say what you want in one to four milestones, each with its sum. You lock the money
                  only once you have chosen a proposal.
                </Trans>
              </Empty>
            }
          />
        </SignedIn>
      </>
    );
  }
  const view = params.get('view');
  return (
    <>
      <Head
        title={t`Projects`}
        lead={t`Paid work in milestones. The money lies in a contract before you begin.`}
      />
      <nav className={styles.views} aria-label={t`Which projects`}>
        <View name={t`Find work`} to="" on={view !== 'mine' && view !== 'proposals'} />
        <View name={t`Mine`} to="?view=mine" on={view === 'mine'} />
        <View name={t`My proposals`} to="?view=proposals" on={view === 'proposals'} />
      </nav>
      {view === 'mine' ? (
        <SignedIn>
          <Own
            part="freelancer"
            none={
              <Empty
                state="waiting"
                level="h2"
                title={t`No project of yours yet`}
                actions={
                  <LinkButton kind="primary" to="/work/projects">
                    <Trans>Find work</Trans>
                  </LinkButton>
                }
              >
                <Trans>Once a client accepts a proposal of yours, the project stands here.</Trans>
              </Empty>
            }
          />
        </SignedIn>
      ) : view === 'proposals' ? (
        <SignedIn>
          <MyProposals />
        </SignedIn>
      ) : (
        <Find />
      )}
    </>
  );
}

function View(props: { name: string; to: string; on: boolean }) {
  return (
    <NavLink
      to={`/work/projects${props.to}`}
      aria-current={props.on ? 'page' : undefined}
      className={props.on ? (styles.viewOn ?? '') : ''}
    >
      {props.name}
    </NavLink>
  );
}

/** Every project that takes proposals, narrowed and sorted as the address says. */
function Find() {
  const { t } = useLingui();
  const filters = useFilters();
  return (
    <>
      <Filters of={filters} />
      <List
        search={{ status: 'open', ...filters.search }}
        side="work"
        none={
          filters.count > 0 ? (
            <Empty
              state="closed"
              level="h2"
              title={t`Nothing like that is open`}
              actions={
                <Button kind="primary" onClick={filters.clear}>
                  <Trans>Show all open projects</Trans>
                </Button>
              }
            >
              <Trans>
                Fewer words or a wider range find more. New projects come in at the top.
              </Trans>
            </Empty>
          ) : (
            <Empty
              state="waiting"
              level="h2"
              title={t`No project is open`}
              actions={
                <LinkButton to="/work/tasks">
                  <Trans>Look at photo tasks</Trans>
                </LinkButton>
              }
            >
              <Trans>New ones stand here as soon as a client posts them.</Trans>
            </Empty>
          )
        }
      />
    </>
  );
}

/** One's own, as the client or the freelancer. */
function Own(props: { part: 'client' | 'freelancer'; none: React.ReactNode }) {
  const { t } = useLingui();
  const filters = useFilters();
  return (
    <>
      <Filters of={filters} own />
      <List
        search={{ part: props.part, ...filters.search }}
        side={props.part === 'client' ? 'hire' : 'work'}
        none={
          filters.count > 0 ? (
            <Empty
              state="closed"
              level="h2"
              title={t`None of yours is like that`}
              actions={
                <Button kind="primary" onClick={filters.clear}>
                  <Trans>Show all of yours</Trans>
                </Button>
              }
            />
          ) : (
            props.none
          )
        }
      />
    </>
  );
}

function List(props: { search: ProjectSearch; side: FaceSide; none: React.ReactNode }) {
  const { t } = useLingui();
  const [params, setParams] = useSearchParams();
  const pages = useProjects(props.search);
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData } = pages;
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  // The address says how far one had read on: a reload comes back to the same place.
  const wanted = Number(/^\d{1,5}$/.exec(params.get('shown') ?? '')?.[0] ?? 0);
  const short = items.length < wanted && hasNextPage;
  useEffect(() => {
    if (short && !isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
  }, [short, isFetchingNextPage, isPlaceholderData, fetchNextPage]);
  usePlace(pages.data !== undefined && !short);
  if (!pages.data) return <NotYet of={pages} lines={8} label={t`Fetching projects`} />;
  if (items.length === 0) return props.none;
  function more() {
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.set('shown', String(items.length + PAGE));
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  }
  return (
    <>
      <ul className={styles.cards} aria-busy={isPlaceholderData || undefined}>
        {items.map((each) => (
          <Card key={each.id} card={each} side={props.side} />
        ))}
      </ul>
      <Stale of={pages} />
      {hasNextPage ? (
        <Actions className={styles.more ?? ''}>
          <Button
            disabled={isFetchingNextPage}
            onClick={() => (items.length >= wanted ? more() : void fetchNextPage())}
          >
            <Trans>Show more</Trans>
          </Button>
          <span className="fine" role="status">
            <Plural value={items.length} one="# is shown" other="# are shown" />
          </span>
        </Actions>
      ) : (
        items.length > PAGE && (
          <p className="fine" role="status">
            <Plural
              value={items.length}
              one="# project, all of them"
              other="# projects, all of them"
            />
          </p>
        )
      )}
    </>
  );
}

function Card({ card, side }: { card: ProjectCard; side: FaceSide }) {
  const days = useDays();
  const category = useCategoryName();
  return (
    <li className={styles.card}>
      <h2 className={styles.cardTitle} dir="auto">
        <Link to={`/${side}/projects/${card.id}`}>{card.title}</Link>
      </h2>
      <p className={styles.cardSum}>
        <Money minor={card.totalMinor} asset={card.asset} />
      </p>
      <p className={styles.cardWords} dir="auto">
        {card.description}
      </p>
      <p className={styles.cardFacts}>
        <ProjectState project={card} />
        <span>{category(card.category)}</span>
        <span>
          <Plural value={card.milestoneCount} one="# milestone" other="# milestones" />
        </span>
        <span>{days(card.days)}</span>
        {card.status === 'open' && (
          <span>
            <Plural
              value={card.proposalsWaiting}
              _0="no proposal yet"
              one="# proposal"
              other="# proposals"
            />
          </span>
        )}
        {side === 'work' && (
          <span>
            <Address of={card.clientAddress} />
          </span>
        )}
        <span>
          <Time at={card.createdAt} show="day" />
        </span>
      </p>
    </li>
  );
}
