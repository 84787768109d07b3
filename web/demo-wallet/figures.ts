/** Amounts in words: exact, with the unit last. */
const UNITS = {
  SOL: { decimals: 9, least: 4 },
  USDC: { decimals: 6, least: 2 },
  STX: { decimals: 6, least: 2 },
  sBTC: { decimals: 8, least: 4 },
} as const;

export type Unit = keyof typeof UNITS;

export function figure(minor: bigint, unit: Unit): string {
  const { decimals, least } = UNITS[unit];
  const digits = minor.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals).replace(/\B(?=(?:\d{3})+$)/g, ',');
  const places = digits.slice(-decimals);
  const shown = places.slice(0, least) + places.slice(least).replace(/0+$/, '');
  return `${whole}.${shown} ${unit}`;
}
