import { Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import { ApiProblem, type components, useWords } from '#/api';
import {
  Address,
  type Asset,
  Comma,
  Empty,
  Fact,
  Facts,
  formatPercent,
  Money,
  State,
} from '#/design';

type Answer = components['schemas']['ContractAnswer'];

/** What holds the projects' money: who may what, and how much lies in it. */
export function Contract({ contract }: { contract: UseQueryResult<Answer> }) {
  const { t, i18n } = useLingui();
  const words = useWords();
  const { data, error } = contract;
  if (!data) {
    const off = error instanceof ApiProblem && error.code === 'escrow_not_configured';
    return (
      <Empty state={off ? 'closed' : 'look'} title={off ? t`No escrow here` : words(error).title}>
        {off ? (
          <Trans>
            No contract is configured, so projects are not offered. Photo tasks need none.
          </Trans>
        ) : (
          words(error).what
        )}
      </Empty>
    );
  }
  const fee = data.feeBps == null ? '' : formatPercent(data.feeBps, i18n.locale);
  const announced = data.announcedFee;
  const set = data.arbiterSet;
  return (
    <Facts>
      <Fact name={t`State`}>
        {!data.deployed ? (
          <State state="waiting">
            <Trans>Not seen on the chain yet</Trans>
          </State>
        ) : data.paused ? (
          <State state="closed">
            <Trans>Paused: no new projects</Trans>
          </State>
        ) : (
          <State state={data.final ? 'final' : 'provisional'}>
            {data.final ? <Trans>Takes projects</Trans> : <Trans>Seen, not final</Trans>}
          </State>
        )}
      </Fact>
      <Fact name={t`Contract`}>
        <ContractName of={data.contract} />
      </Fact>
      {data.owner && (
        <Fact name={t`Owner`}>
          <Address of={data.owner} />
        </Fact>
      )}
      {data.treasury && (
        <Fact name={t`Fees go to`}>
          <Address of={data.treasury} />
        </Fact>
      )}
      {data.feeBps != null && (
        <Fact name={t`Fee of new projects`}>
          {fee}
          {announced && <Announced bps={announced.feeBps} from={announced.activeFrom} />}
        </Fact>
      )}
      {set && (
        <Fact name={t`Arbiters of new projects`}>
          <Agreeing needed={set.threshold} of={set.members.length} />
        </Fact>
      )}
      <Fact name={t`Projects so far`}>{i18n.number(data.projectCount)}</Fact>
      {(data.held ?? []).map((held) => {
        const asset: Asset | null = held.token === null ? 'STX' : null;
        return (
          <Fact
            key={held.token ?? 'STX'}
            name={held.token === null ? t`Held` : t`Held, ${held.token.split('.').at(-1) ?? ''}`}
          >
            {asset ? <Money minor={held.owedMinor} asset={asset} /> : held.owedMinor}
          </Fact>
        );
      })}
    </Facts>
  );
}

function Announced(props: { bps: number; from: number }) {
  const { i18n } = useLingui();
  const fee = formatPercent(props.bps, i18n.locale);
  const from = i18n.number(props.from);
  return (
    <>
      <Comma />
      <Trans>
        {fee} from Bitcoin block {from}
      </Trans>
    </>
  );
}

function Agreeing(props: { needed: number; of: number }) {
  const { needed, of: count } = props;
  return (
    <Trans>
      {needed} of {count} must name one figure
    </Trans>
  );
}

/** The address short, the name whole. */
function ContractName(props: { of: string }) {
  const [address = '', name = ''] = props.of.split('.');
  return (
    <bdi dir="ltr" title={props.of}>
      <Address of={address} />
      <wbr />.{name}
    </bdi>
  );
}
