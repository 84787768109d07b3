/**
 * Amounts as they are written. They come as whole numbers of the smallest unit and are never made
 * into floating-point numbers.
 */

export type Asset = 'SOL' | 'USDC' | 'STX' | 'sBTC' | 'ETH';

export interface AssetForm {
  /** Places of the smallest unit. */
  decimals: number;
  /** Places that are shown at least. */
  shown: number;
}

export const ASSETS: Record<Asset, AssetForm> = {
  SOL: { decimals: 9, shown: 4 },
  USDC: { decimals: 6, shown: 2 },
  STX: { decimals: 6, shown: 2 },
  sBTC: { decimals: 8, shown: 4 },
  ETH: { decimals: 18, shown: 4 },
};

export type Minor = bigint | string;

export function toMinor(amount: Minor): bigint {
  return typeof amount === 'bigint' ? amount : BigInt(amount);
}

/** The separators of a language; digits stay Latin, as wallets write them. */
function separators(locale: string): { group: string; point: string } {
  const parts = new Intl.NumberFormat(`${locale}-u-nu-latn`, { useGrouping: true }).formatToParts(
    12345.6,
  );
  return {
    group: parts.find((part) => part.type === 'group')?.value ?? ',',
    point: parts.find((part) => part.type === 'decimal')?.value ?? '.',
  };
}

/**
 * The figure without its unit: exact, never rounded. Zeros at the end are left out down to the
 * least number of places; `all` shows every place, as ledgers do.
 */
export function formatFigure(
  amount: Minor,
  asset: Asset,
  options: { locale?: string; all?: boolean; sign?: boolean } = {},
): string {
  const { decimals, shown } = ASSETS[asset];
  const value = toMinor(amount);
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals);
  let places = digits.slice(-decimals);
  if (!options.all) {
    while (places.length > shown && places.endsWith('0')) places = places.slice(0, -1);
  }
  const { group, point } = separators(options.locale ?? 'en');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const sign = value < 0n ? '−' : options.sign && value > 0n ? '+' : '';
  return `${sign}${grouped}${point}${places}`;
}

/** Figure, no-break space, unit: for names of buttons, titles and other plain text. */
export function formatMoney(
  amount: Minor,
  asset: Asset,
  options: { locale?: string; all?: boolean; sign?: boolean } = {},
): string {
  return `${formatFigure(amount, asset, options)}\u00a0${asset}`;
}

/**
 * Reads what a person typed, with a point or a comma before the places. Null when it is no amount,
 * or finer than the asset's smallest unit.
 */
export function parseMoney(text: string, asset: Asset): bigint | null {
  const { decimals } = ASSETS[asset];
  const found = /^(\d{1,15})(?:[.,](\d*))?$/.exec(text.trim());
  if (!found) return null;
  const places = (found[2] ?? '').replace(/0+$/, '');
  if (places.length > decimals) return null;
  return BigInt((found[1] ?? '0') + places.padEnd(decimals, '0'));
}
