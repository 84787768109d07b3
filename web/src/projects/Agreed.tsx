import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo } from 'react';
import { Fact, Facts, Note, Sheet, shortAddress } from '#/design';
import { Differences } from './Differences';
import { daysOf, percent } from './money';
import styles from './projects.module.css';
import type { Project } from './queries';
import { useDays } from './words';

/** The terms that hold: as the escrow has them, and before that as they are wanted. */
export function Agreed({ project }: { project: Project }) {
  const { t } = useLingui();
  const days = useDays();
  const escrow = project.funding?.escrow;
  const agreement = project.agreement;
  const last = project.milestones.at(-1);
  return (
    <Sheet>
      <h2>{agreement ? <Trans>What was agreed</Trans> : <Trans>Terms</Trans>}</h2>
      <Facts>
        {!escrow && last && <Fact name={t`Ready in`}>{days(last.days)}</Fact>}
        {escrow && <Fact name={t`Time to look`}>{days(daysOf(escrow.claimWindow))}</Fact>}
        {escrow && <Fact name={t`Fee of this house`}>{percent(escrow.feeBps)}</Fact>}
        {escrow && (
          <Fact name={t`Arbiters`}>
            <Trans>
              {escrow.threshold ?? 0} of {escrow.arbiters.length}, set {escrow.arbiterSet}
            </Trans>
          </Fact>
        )}
        <Fact name={t`If arbiters stay silent`}>
          <Trans>{percent(project.silentBps)} to the freelancer</Trans>
        </Fact>
        {agreement && (
          <Fact name={t`Terms`}>
            <TermsLink terms={agreement.terms} reference={agreement.reference} />
          </Fact>
        )}
      </Facts>
      {escrow && !escrow.matches && (
        <Note state="look" title={t`The escrow differs from what was agreed`}>
          <Differences project={project} escrow={escrow} />
        </Note>
      )}
      <p className="fine">
        {agreement ? (
          <Trans>Neither side can change this, nor can we.</Trans>
        ) : (
          <Trans>They are fixed the moment a proposal is accepted.</Trans>
        )}
      </p>
    </Sheet>
  );
}

/** The very bytes that were hashed, as a file of the reader's. */
function TermsLink({ terms, reference }: { terms: string; reference: string }) {
  const url = useMemo(
    () => URL.createObjectURL(new Blob([terms], { type: 'application/json' })),
    [terms],
  );
  return (
    <a className={styles.code ?? ''} href={url} download={`terms-${reference.slice(2, 10)}.json`}>
      {shortAddress(reference.replace(/^0x/, ''))}
    </a>
  );
}
