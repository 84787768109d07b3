import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Address, Money } from '#/design';
import { i18n } from '#/i18n';
import { percent } from './money';
import styles from './projects.module.css';
import type { Difference, Escrow, Project } from './queries';
import { About } from './words';

/** In what an escrow is not what was agreed on, a sentence for each. */
export function Differences({ project, escrow }: { project: Project; escrow: Escrow }) {
  const reference = project.agreement?.reference;
  const otherTerms = escrow.reference !== null && escrow.reference !== reference;
  return (
    <ul className={styles.differences}>
      {otherTerms && (
        <li>
          <Trans>It carries the fingerprint of other terms, not of those that you agreed on.</Trans>
        </li>
      )}
      {escrow.differences.map((each) => (
        <li key={`${each.field}-${each.milestoneNum}`}>
          <Sentence difference={each} project={project} escrow={escrow} />
        </li>
      ))}
    </ul>
  );
}

/** Whether there is anything to say about it. */
export function differs(project: Project, escrow: Escrow): boolean {
  const otherTerms = escrow.reference !== null && escrow.reference !== project.agreement?.reference;
  return otherTerms || !escrow.matches;
}

function Sentence(props: { difference: Difference; project: Project; escrow: Escrow }): ReactNode {
  const { project, escrow, difference } = props;
  const { agreed, found, milestoneNum: num } = difference;
  switch (difference.field) {
    case 'amount': {
      const there = found !== null && <Sum minor={found} escrow={escrow} />;
      const wanted = agreed !== null && <Money minor={agreed} asset={project.asset} />;
      if (!there) {
        return (
          <Trans>
            The escrow has no milestone {num}; you agreed on {wanted} for it.
          </Trans>
        );
      }
      if (!wanted) {
        return (
          <Trans>
            The escrow pays {there} for a milestone {num}, on which you never agreed.
          </Trans>
        );
      }
      return (
        <Trans>
          The escrow pays {there} for milestone {num}; you agreed on {wanted}.
        </Trans>
      );
    }
    case 'deadline': {
      const there = difference.foundHeight;
      const wanted = difference.agreedHeight;
      if (!there || !wanted) return null;
      const block = i18n.number(there.burnHeight);
      const agreedBlock = i18n.number(wanted.burnHeight);
      return (
        <Trans>
          Milestone {num} is due before block {block}, <About height={there} />; you agreed on block{' '}
          {agreedBlock}, <About height={wanted} />.
        </Trans>
      );
    }
    case 'silentBps': {
      const there = percent(Number(found));
      const wanted = percent(Number(agreed));
      return (
        <Trans>
          If the arbiters stay silent, {there} goes to the freelancer; you agreed on {wanted}.
        </Trans>
      );
    }
    case 'freelancer':
      return (
        <Trans>
          The escrow pays <Address of={found ?? ''} />; the agreement is with{' '}
          <Address of={agreed ?? ''} />.
        </Trans>
      );
    case 'client':
      return (
        <Trans>
          The money came from <Address of={found ?? ''} />, and goes back there; the agreement is
          with <Address of={agreed ?? ''} />.
        </Trans>
      );
    default: {
      const there = escrow.asset ?? found;
      return (
        <Trans>
          The escrow is in {there}; you agreed on {project.asset}.
        </Trans>
      );
    }
  }
}

/** A sum of an escrow; in smallest units where its token is none that this house knows. */
export function Sum({ minor, escrow }: { minor: string; escrow: Pick<Escrow, 'asset'> }) {
  if (escrow.asset) return <Money minor={minor} asset={escrow.asset} />;
  return <Trans>{minor} smallest units</Trans>;
}
