import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { ApiProblem, api, ask, type components } from '#/api';
import { NotYet, Stale } from '#/app/NotYet';
import {
  Actions,
  Address,
  Button,
  Comma,
  Empty,
  Fact,
  Facts,
  Figure,
  Figures,
  Head,
  Ledger,
  Money,
  Note,
  Section,
  Stack,
  shortAddress,
  Time,
  Two,
} from '#/design';
import { useExplorer, useUser } from '#/session';
import styles from './person.module.css';
import { WorkFrame } from './WorkFrame';

type Reputation = components['schemas']['ReputationAnswer'];
type Role = Reputation['role'];

/** What is final about an address, for anybody: its reputation with the numbers behind it. */
export default function PersonPage() {
  const { t } = useLingui();
  const { address = '' } = useParams();
  const link = useExplorer()('address', 'stacks', address);
  const name = shortAddress(address);
  const user = useUser();
  const own = user?.addresses.some((each) => each.address === address) ?? false;
  const { error } = useReputation(address, 'freelancer');
  const unknown = error instanceof ApiProblem && error.code === 'invalid_input';
  return (
    <WorkFrame>
      <Head
        title={<Address of={address} />}
        tab={t`Reputation of ${name}`}
        lead={
          <>
            {own && <Trans>This is you, as everybody sees you.</Trans>}{' '}
            <Trans>Made of final payments and opened reviews, with the numbers behind it.</Trans>{' '}
            {link && (
              <a href={link} target="_blank" rel="noreferrer">
                <Trans>See the address in the explorer</Trans>
              </a>
            )}
          </>
        }
      />
      {unknown ? (
        <Note state="failed" level="h2" title={t`This is no address on Stacks`}>
          <p>{t`Compare it letter by letter with where you have it from.`}</p>
        </Note>
      ) : (
        <Two even>
          <Standing address={address} as="freelancer" />
          <Standing address={address} as="client" />
        </Two>
      )}
    </WorkFrame>
  );
}

function useReputation(address: string, role: Role) {
  return useQuery({
    queryKey: ['reputation', address, role],
    queryFn: () =>
      ask(
        api.GET(
          role === 'client'
            ? '/api/clients/{address}/reputation'
            : '/api/freelancers/{address}/reputation',
          { params: { path: { address } } },
        ),
      ),
  });
}

function useReviews(address: string, role: Role) {
  return useInfiniteQuery({
    queryKey: ['reviews-about', address, role],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET(
          role === 'client'
            ? '/api/clients/{address}/reviews'
            : '/api/freelancers/{address}/reviews',
          { params: { path: { address }, query: pageParam ? { cursor: pageParam } : {} } },
        ),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
}

/** One side of the market. */
function Standing({ address, as: role }: { address: string; as: Role }) {
  const { t } = useLingui();
  const found = useReputation(address, role);
  const { data } = found;
  const title = role === 'client' ? t`As a client` : t`As a freelancer`;
  if (!data) {
    return (
      <Section title={title}>
        <NotYet of={found} lines={6} level="h3" label={t`Fetching the reputation`} />
      </Section>
    );
  }
  // What is only under way is in no figure here, and says nothing of anybody.
  const ended = data.money.some((each) => each.completed > 0 || each.netMinor !== '0');
  const nothing = !ended && data.reviews === 0 && Object.keys(data.milestones).length === 0;
  return (
    <Section title={title}>
      {nothing ? (
        <Empty state="locked" title={<Trans>Nothing is final here yet</Trans>}>
          {role === 'client' ? (
            <Trans>No project that this address pays for has come to its end.</Trans>
          ) : (
            <Trans>No project that this address works on has come to its end.</Trans>
          )}
        </Empty>
      ) : (
        <Stack>
          <Score of={data} />
          <Record of={data} />
          <Behind of={data} />
          <Reviews address={address} as={role} />
        </Stack>
      )}
    </Section>
  );
}

function useStars(): (hundredths: number) => string {
  const { i18n } = useLingui();
  return (hundredths) =>
    new Intl.NumberFormat(`${i18n.locale}-u-nu-latn`, { minimumFractionDigits: 2 }).format(
      hundredths / 100,
    );
}

function Score({ of }: { of: Reputation }) {
  const stars = useStars();
  const { scoreHundredths } = of;
  return (
    <Figures>
      <Figure
        label={<Trans>Score</Trans>}
        note={<Plural value={of.reviews} one="# review" other="# reviews" />}
      >
        {scoreHundredths === null ? (
          <Trans>None yet</Trans>
        ) : (
          <Trans>{stars(scoreHundredths)} of 5</Trans>
        )}
      </Figure>
      <Figure
        label={<Trans>Weight behind it</Trans>}
        note={
          <Plural
            value={of.counterparties}
            one="from # counterparty"
            other="from # counterparties"
          />
        }
      >
        {of.weight}
      </Figure>
    </Figures>
  );
}

/** What money did, and how milestones ended. */
function Record({ of }: { of: Reputation }) {
  const { t } = useLingui();
  const endings: Record<string, string> = {
    released: t`Released by the client`,
    claimed: t`Claimed after silence`,
    conceded: t`Given back by the freelancer`,
    reclaimed: t`Taken back after the deadline`,
    settled: t`Settled between the two`,
    ruled: t`Ruled on by arbiters`,
    defaulted: t`Ended without a ruling`,
    cancelled: t`Cancelled`,
    declined: t`Declined`,
  };
  return (
    <Facts size="small">
      {of.money.map((each) => (
        <Fact
          key={each.token ?? 'STX'}
          name={
            <Plural
              value={each.completed}
              one="Paid, # project completed"
              other="Paid, # projects completed"
            />
          }
        >
          {each.asset ? (
            <Money minor={each.netMinor} asset={each.asset} />
          ) : (
            <Trans>{each.netMinor} units of another token</Trans>
          )}
        </Fact>
      ))}
      {Object.entries(of.milestones).map(([how, count]) => (
        <Fact key={how} name={endings[how] ?? how}>
          <Plural value={count} one="# milestone" other="# milestones" />
        </Fact>
      ))}
      {of.disputed > 0 && (
        <Fact name={<Trans>Disputed, {of.filed} of them by this address</Trans>}>
          <Plural value={of.disputed} one="# milestone" other="# milestones" />
        </Fact>
      )}
    </Facts>
  );
}

function Behind({ of }: { of: Reputation }) {
  const { t } = useLingui();
  const stars = useStars();
  if (of.contributions.length === 0) return null;
  return (
    <>
      <p className="fine">
        <Trans>
          Each counterparty speaks once, with the mean of its ratings. Its weight grows by one each
          time that what went between the two doubles.
        </Trans>
      </p>
      <Ledger
        caption={t`What the score is made of`}
        dense
        rows={of.contributions}
        rowKey={(each) => each.counterparty}
        columns={[
          {
            key: 'who',
            name: t`Counterparty`,
            rowHead: true,
            cell: (each) => (
              <Link to={`/people/${each.counterparty}`}>
                <Address of={each.counterparty} />
              </Link>
            ),
          },
          {
            key: 'mean',
            name: t`Mean`,
            num: true,
            fold: 'end',
            cell: (each) => stars(each.meanHundredths),
          },
          {
            key: 'reviews',
            name: t`Reviews`,
            num: true,
            fold: 'start',
            label: t`Reviews:`,
            cell: (each) => each.reviews,
          },
          {
            key: 'weight',
            name: t`Weight`,
            num: true,
            fold: 'end',
            label: t`Weight:`,
            cell: (each) => each.weight,
          },
        ]}
      />
    </>
  );
}

function Reviews({ address, as: role }: { address: string; as: Role }) {
  const pages = useReviews(address, role);
  if (!pages.data) return <NotYet of={pages} lines={3} level="h3" />;
  const items = pages.data.pages.flatMap((page) => page.items);
  return (
    <>
      <Stale of={pages} />
      <ul className={styles.reviews}>
        {items.map((each) => (
          <li key={`${each.projectId}/${each.authorAddress}`}>
            <p className={styles.head}>
              <strong>
                <Trans>{each.rating} of 5</Trans>
              </strong>{' '}
              <Link to={`/work/projects/${each.projectId}`} dir="auto">
                {each.projectTitle}
              </Link>
            </p>
            {each.text && (
              <blockquote className={styles.text} dir="auto">
                {each.text}
              </blockquote>
            )}
            <p className="fine">
              <Link to={`/people/${each.authorAddress}`}>
                <Address of={each.authorAddress} />
              </Link>
              <Comma />
              <Time at={each.writtenAt} show="day" />
            </p>
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <Actions>
          <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            <Trans>Show older ones</Trans>
          </Button>
        </Actions>
      )}
    </>
  );
}
