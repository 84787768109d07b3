import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Address, Fact, Facts, formatMoney, Money, Sheet, State } from '#/design';
import { totalOf } from './money';
import styles from './projects.module.css';
import type { Project } from './queries';

/** Where the money is. Before it is locked: what the milestones come to, without a double rule. */
export function EscrowSheet({ project }: { project: Project }) {
  const { t, i18n } = useLingui();
  const { asset, milestones } = project;
  const total = totalOf(project);
  const locked = milestones.some((each) => each.status !== 'planned');
  if (!locked) {
    return (
      <Sheet>
        <h2>
          <Trans>Price</Trans>
        </h2>
        <Facts>
          {milestones.map((each) => (
            <Fact key={each.num} name={t`Milestone ${each.num}`}>
              <Money minor={each.amountMinor} asset={asset} />
            </Fact>
          ))}
          <Fact name={<b>{t`In all`}</b>}>
            <Money minor={total} asset={asset} />
          </Fact>
        </Facts>
        <p className="fine">
          <Trans>
            The client locks all of it in a contract before work begins. From there it can go to the
            freelancer or back to the client, and nowhere else. This house holds no key to it.
          </Trans>
        </p>
      </Sheet>
    );
  }
  const sum = (wanted: (each: Project['milestones'][number]) => bigint) =>
    milestones.reduce((all, each) => all + wanted(each), 0n);
  const paid = sum((each) => BigInt(each.netMinor ?? 0));
  const fee = sum((each) => BigInt(each.feeMinor ?? 0));
  const back = sum((each) => BigInt(each.refundMinor ?? 0));
  const open = (status: string) =>
    sum((each) => (each.status === status ? BigInt(each.amountMinor) : 0n));
  const delivered = open('submitted');
  const contested = open('disputed');
  const held = open('locked');
  const parts: { key: string; name: ReactNode; said: string; of: bigint; tone?: string }[] = [
    {
      key: 'paid',
      name: project.part === 'freelancer' ? t`Paid to you` : t`Paid to the freelancer`,
      said: t`paid`,
      of: paid,
      tone: 'paid',
    },
    { key: 'fee', name: t`Fee of this house`, said: t`fee`, of: fee, tone: 'fee' },
    {
      key: 'back',
      name: project.part === 'client' ? t`Back with you` : t`Back with the client`,
      said: t`given back`,
      of: back,
      tone: 'back',
    },
    { key: 'now', name: t`Delivered, waits`, said: t`delivered`, of: delivered, tone: 'now' },
    { key: 'disputed', name: t`Disputed`, said: t`disputed`, of: contested, tone: 'disputed' },
    { key: 'held', name: t`Not begun`, said: t`not begun`, of: held },
  ];
  const shown = parts.filter((each) => each.of > 0n || each.key === 'paid');
  const escrow = project.funding?.escrow;
  const final = milestones.every((each) => each.status === each.finalStatus);
  const whole = formatMoney(total, asset, { locale: i18n.locale });
  const spoken = shown
    .map((each) => `${formatMoney(each.of, asset, { locale: i18n.locale })} ${each.said}`)
    .join(', ');
  let at = 0;
  return (
    <Sheet>
      <h2>
        <Trans>Escrow</Trans>
      </h2>
      <svg
        className={styles.bar}
        viewBox="0 0 1000 20"
        preserveAspectRatio="none"
        role="img"
        aria-label={t`Of ${whole}: ${spoken}`}
      >
        {shown.map((each) => {
          const width = total > 0n ? Number((each.of * 10_000n) / total) / 10 : 0;
          const x = at;
          at += width;
          return (
            <rect
              key={each.key}
              className={styles[each.tone ?? 'held']}
              x={x + (x > 0 ? 3 : 0)}
              width={Math.max(0, width - (x > 0 ? 3 : 0))}
              height={20}
            />
          );
        })}
      </svg>
      <Facts>
        {shown.map((each) => (
          <Fact
            key={each.key}
            name={
              <span className={styles.legend}>
                <svg className={styles.swatch} viewBox="0 0 10 10" aria-hidden="true">
                  <rect className={styles[each.tone ?? 'held']} width="10" height="10" />
                </svg>
                {each.name}
              </span>
            }
          >
            <Money minor={each.of} asset={asset} />
          </Fact>
        ))}
        <Fact name={project.part === 'client' ? t`You locked` : t`The client locked`} sum={final}>
          <Money minor={total} asset={asset} />
        </Fact>
      </Facts>
      <p>
        {final ? (
          <State state="final">
            <Trans>All of this is final</Trans>
          </State>
        ) : (
          <State state="provisional" live>
            <Trans>Some of this is not final yet</Trans>
          </State>
        )}
      </p>
      {escrow && (
        <p className="fine">
          <Trans>
            Contract <Address of={escrow.contract.split('.')[0] ?? ''} />.
            {escrow.contract.split('.')[1]}, project {escrow.number}. Your wallet refuses any call
            that would move another sum than the one on the button.
          </Trans>
        </p>
      )}
    </Sheet>
  );
}
