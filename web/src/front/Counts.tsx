import { plural } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Figure, Figures, Money } from '#/design';
import styles from './front.module.css';
import { countsQuery } from './queries';

/** What happens in this house at this moment; nothing is shown that is not known. */
export function Counts() {
  const { t, i18n } = useLingui();
  const { data } = useQuery(countsQuery);
  if (!data) return <div className={styles.counts} />;
  const { openTasks, openProjects, votesWanted, paidOutDay, escrowed } = data;
  const tasks = plural(openTasks, { one: '# task', other: '# tasks' });
  const projects = plural(openProjects ?? 0, { one: '# project', other: '# projects' });
  return (
    <Figures className={styles.counts ?? ''} label={t`At this moment`}>
      <Figure label={t`Open now`}>
        {openProjects === null ? tasks : t`${tasks}, ${projects}`}
      </Figure>
      <Figure label={t`Votes wanted`}>{i18n.number(votesWanted)}</Figure>
      <Figure label={t`Paid out in 24 hours`}>
        {paidOutDay.length === 0 && <Money minor="0" asset="SOL" />}
        {paidOutDay.map((sum) => (
          <span key={sum.asset}>
            <Money minor={sum.amountMinor} asset={sum.asset} />{' '}
          </span>
        ))}
      </Figure>
      {escrowed && (
        <Figure label={t`In escrow, out of our hands`}>
          {escrowed
            .filter((sum) => sum.asset === 'STX' || sum.amountMinor !== '0')
            .map((sum) => (
              <span key={sum.asset}>
                <Money minor={sum.amountMinor} asset={sum.asset} />{' '}
              </span>
            ))}
        </Figure>
      )}
      <p className="vh">
        <Trans>These figures are read anew every ten seconds.</Trans>
      </p>
    </Figures>
  );
}
