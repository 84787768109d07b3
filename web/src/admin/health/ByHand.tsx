import { Trans, useLingui } from '@lingui/react/macro';
import { Fact, Facts, Section } from '#/design';
import styles from './health.module.css';

/** What is not done on these pages, and the command that does it. */
export function ByHand() {
  const { t } = useLingui();
  const rows = [
    { name: t`End a halt that the house found itself`, command: 'earnest payouts clear-halt' },
    { name: t`Go on after a chain was halted`, command: 'earnest chain resume' },
    { name: t`What the signer has signed`, command: 'earnest signer status' },
    { name: t`The owner’s calls of the contract`, command: 'earnest contract prepare' },
  ];
  return (
    <Section title={t`On the command line`}>
      <div className={styles.byHand}>
        <Facts>
          {rows.map((row) => (
            <Fact key={row.command} name={row.name}>
              <code className={styles.command}>{row.command}</code>
            </Fact>
          ))}
        </Facts>
      </div>
      <p className="fine">
        <Trans>
          What could pay somebody twice, or undo what was final, is done on the machine itself. No
          wallet that signs in here can do it.
        </Trans>
      </p>
    </Section>
  );
}
