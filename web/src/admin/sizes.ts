/** `412 KB`: in steps of a thousand, with at most one place. */
export function formatBytes(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let step = 0;
  let size = bytes;
  while (size >= 1_000 && step < units.length - 1) {
    size /= 1_000;
    step += 1;
  }
  return new Intl.NumberFormat(`${locale}-u-nu-latn`, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(size);
}
