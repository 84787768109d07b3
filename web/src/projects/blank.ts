/** Signs that show nothing although they are letters or marks: joiners, fillers, selectors. */
const UNSEEN: [number, number][] = [
  [0x034f, 0x034f],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xffa0, 0xffa0],
  [0xfe00, 0xfe0f],
  [0xe0100, 0xe01ef],
];

/** Whether one sign at least can be seen; the server goes by the same rule. */
export function saysSomething(text: string): boolean {
  return Array.from(text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/gu, '')).some((sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return UNSEEN.every(([from, to]) => code < from || code > to);
  });
}
