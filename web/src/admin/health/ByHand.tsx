import { Trans, useLingui } from '@lingui/react/macro';
import { Fact, Facts, Section } from '#/design';
import styles from './health.module.css';

/** What is not on this page, and the command that shows it. */
export function ByHand() {
  const { t } = useLingui();
  const rows = [
    { name: t`Payouts: hold, release, give back`, command: 'earnest payouts' },
    { name: t`Held jobs, and trying them again`, command: 'earnest jobs' },
    { name: t`Payments without an order`, command: 'earnest suspense list' },
    { name: t`The ledger, entry by entry`, command: 'earnest ledger verify' },
    { name: t`What the signer has signed`, command: 'earnest signer status' },
  ];
  return (
    <Section title={t`On the command line`}>
      <Facts>
        {rows.map((row) => (
          <Fact key={row.command} name={row.name}>
            <code className={styles.command}>{row.command}</code>
          </Fact>
        ))}
      </Facts>
      <p className="fine">
        <Trans>
          What moves money by hand is done on the machine itself, with a name and a reason that are
          kept. No wallet that signs in here can do it.
        </Trans>
      </p>
    </Section>
  );
}
