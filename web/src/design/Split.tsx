import { Trans, useLingui } from '@lingui/react/macro';
import { type KeyboardEvent, useId, useState } from 'react';
import { type Asset, formatMoney, type Minor, toMinor } from './amounts';
import { Fact, Facts } from './Facts';
import { TextField } from './Field';
import { Money } from './Money';
import { BPS, divide, formatPercent, formatShare, parseShare } from './shares';
import styles from './split.module.css';

/** One press of an arrow moves the cut by one percent, a page key by ten. */
const STEPS: Record<string, number> = {
  ArrowLeft: -100,
  ArrowDown: -100,
  ArrowRight: 100,
  ArrowUp: 100,
  PageDown: -1000,
  PageUp: 1000,
};

/**
 * Where an amount is cut in two: the client's part left, the freelancer's right, in every language.
 * `bps` is the freelancer's part of 10,000. The slider goes by whole percents; the field below takes
 * two more places.
 */
export function Split(props: {
  bps: number;
  onChange: (bps: number) => void;
  amountMinor: Minor;
  asset: Asset;
  /** Of the freelancer's part. */
  feeBps: number;
  /** What stands over the two parts, such as “Back to the client”. */
  client: string;
  freelancer: string;
}) {
  const { t, i18n } = useLingui();
  const id = useId();
  const { bps, asset } = props;
  const back = BPS - bps;
  const parts = divide(props.amountMinor, bps, props.feeBps);
  const left = formatPercent(back, i18n.locale);
  const right = formatPercent(bps, i18n.locale);
  const refund = formatMoney(parts.refundMinor, asset, { locale: i18n.locale });
  const net = formatMoney(parts.netMinor, asset, { locale: i18n.locale });

  function move(wanted: number) {
    const clipped = Math.max(0, Math.min(BPS, wanted));
    if (clipped !== back) props.onChange(BPS - clipped);
  }

  function press(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (step !== undefined) {
      // From an exact share to a whole percent first, then by whole ones.
      const whole = step > 0 ? Math.floor(back / 100) : Math.ceil(back / 100);
      move(whole * 100 + step);
    } else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(BPS);
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles.split}>
      <div className={styles.names}>
        <p>
          <span className={styles.label}>{props.client}</span>
          <b className={styles.share}>{left}</b>
          <Money minor={parts.refundMinor} asset={asset} />
        </p>
        <p>
          <span className={styles.label}>{props.freelancer}</span>
          <b className={styles.share}>{right}</b>
          <Money minor={parts.netMinor} asset={asset} />
        </p>
      </div>
      <Cut back={back} />
      <label className="vh" htmlFor={id}>
        {t`Where the cut falls: the client’s share`}
      </label>
      <input
        id={id}
        className={styles.range}
        type="range"
        min={0}
        max={BPS}
        step={1}
        value={back}
        aria-valuetext={t`${left}, ${refund}, back to the client; ${right}, ${net}, to the freelancer`}
        onKeyDown={press}
        onChange={(event) => move(Math.round(Number(event.target.value) / 100) * 100)}
      />
      <Exact bps={bps} onChange={props.onChange} />
    </div>
  );
}

/** The sheet cut in two with the tooth of the mark. */
function Cut({ back }: { back: number }) {
  const at = Math.max(16, Math.min(384, (back * 400) / BPS));
  const end = at + 5;
  return (
    <svg className={styles.bar} viewBox="0 0 400 52" preserveAspectRatio="none" aria-hidden="true">
      {back === BPS ? (
        <path className={styles.foil} d="M0 0H400V52H0Z" />
      ) : back === 0 ? (
        <path className={styles.stock} d="M0 0H400V52H0Z" />
      ) : (
        <>
          <path
            className={styles.foil}
            d={`M0 0H${at}V8H${at - 14}V24H${at}V28H${at - 14}V44H${at}V52H0Z`}
          />
          <path
            className={styles.stock}
            d={`M400 0H${end}V12H${end - 14}V20H${end}V32H${end - 14}V40H${end}V52H400Z`}
          />
        </>
      )}
    </svg>
  );
}

function Exact(props: { bps: number; onChange: (bps: number) => void }) {
  const { t, i18n } = useLingui();
  // What is being typed; the slider's figure stands there otherwise.
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && parseShare(typed) === null;
  return (
    <TextField
      label={t`Or write the exact share`}
      unit={t`% to the freelancer`}
      inputMode="decimal"
      autoComplete="off"
      value={typed ?? formatShare(props.bps, i18n.locale)}
      error={wrong ? t`A share is 0 to 100, with at most two places.` : undefined}
      onChange={(event) => {
        setTyped(event.target.value);
        const bps = parseShare(event.target.value);
        if (bps !== null) props.onChange(bps);
      }}
      onBlur={() => {
        if (!wrong) setTyped(null);
      }}
    />
  );
}

/**
 * What a cut pays, to the last unit. The double rule closes the sum of the parts: it is drawn only
 * where they add up to what is divided.
 */
export function SplitSums(props: {
  bps: number;
  amountMinor: Minor;
  asset: Asset;
  feeBps: number;
  /** The bond of a dispute, and the side that gets it at this cut. */
  bond?: { minor: Minor; to: 'client' | 'freelancer' };
}) {
  const { t, i18n } = useLingui();
  const { asset, bond } = props;
  const parts = divide(props.amountMinor, props.bps, props.feeBps);
  const whole = toMinor(props.amountMinor) + (bond ? toMinor(bond.minor) : 0n);
  const sum =
    parts.netMinor + parts.feeMinor + parts.refundMinor + (bond ? toMinor(bond.minor) : 0n);
  const fee = formatPercent(props.feeBps, i18n.locale);
  return (
    <Facts>
      <Fact name={<Trans>Freelancer gets, fee of {fee} taken off</Trans>}>
        <Money minor={parts.netMinor} asset={asset} />
      </Fact>
      <Fact name={t`Fee of this house`}>
        <Money minor={parts.feeMinor} asset={asset} />
      </Fact>
      <Fact name={t`Client gets back`}>
        <Money minor={parts.refundMinor} asset={asset} />
      </Fact>
      {bond && (
        <Fact name={bond.to === 'client' ? t`Bond, to the client` : t`Bond, to the freelancer`}>
          <Money minor={bond.minor} asset={asset} />
        </Fact>
      )}
      <Fact sum={sum === whole} name={bond ? t`In dispute, with bond` : t`To be divided`}>
        <Money minor={whole} asset={asset} />
      </Fact>
    </Facts>
  );
}
