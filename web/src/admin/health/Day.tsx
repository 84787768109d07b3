import { Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import { type components, useWords } from '#/api';
import { Comma, Empty, Fact, Facts, Section, Skeleton, State, Time } from '#/design';

type PayoutDay = components['schemas']['PayoutDayAnswer'];

/** What became of payouts within a day, and what is open now. */
export function Day({ day }: { day: UseQueryResult<PayoutDay> }) {
  const { t, i18n } = useLingui();
  const words = useWords();
  const { data } = day;
  return (
    <Section title={t`Payouts, last 24 hours`}>
      {day.isPending ? (
        <Skeleton lines={5} label={t`Fetching the payouts`} />
      ) : !data ? (
        <Empty state="look" title={words(day.error).title}>
          {words(day.error).what}
        </Empty>
      ) : (
        <Facts>
          <Fact name={<State state="final">{t`Final`}</State>}>{i18n.number(data.final)}</Fact>
          <Fact name={<State state="provisional">{t`Sent, not final`}</State>}>
            {i18n.number(data.sent)}
            {data.oldestSentAt && (
              <>
                <Comma />
                <Trans>
                  the oldest: <Time at={data.oldestSentAt} />
                </Trans>
              </>
            )}
          </Fact>
          <Fact name={<State state="waiting">{t`Asked, not signed`}</State>}>
            {i18n.number(data.waiting)}
          </Fact>
          <Fact name={<State state="closed">{t`Held back`}</State>}>{i18n.number(data.held)}</Fact>
          <Fact name={<State state="refunded">{t`Not made, given back`}</State>}>
            {i18n.number(data.givenBack)}
          </Fact>
          <Fact name={t`Paid twice`}>{i18n.number(data.paidTwice)}</Fact>
        </Facts>
      )}
    </Section>
  );
}
