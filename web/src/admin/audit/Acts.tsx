import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { components } from '#/api';
import { Fact, Facts, Sub, Time } from '#/design';
import styles from '../desk.module.css';
import { useActWords } from './words';

/** What operators did to one thing, the newest first. */
export function Acts({ acts }: { acts: components['schemas']['PayoutActAnswer'][] }) {
  const words = useActWords();
  if (acts.length === 0) {
    return (
      <p className="muted">
        <Trans>Nothing. Nobody has laid a hand on it.</Trans>
      </p>
    );
  }
  return (
    <Facts>
      {acts.map((act) => (
        <Fact
          key={act.id}
          name={
            <>
              {words[act.act] ?? act.act}
              <Sub>
                <span className={styles.words}>{act.note}</span>
              </Sub>
            </>
          }
        >
          <Time at={act.at} />
          <Sub>
            {act.accountId ? (
              <Link to={`/admin/accounts/${act.accountId}`}>{act.accountId.slice(0, 8)}</Link>
            ) : (
              act.name
            )}
          </Sub>
        </Fact>
      ))}
    </Facts>
  );
}
