import { Address } from '#/design';

/** Who decided: the wallet of an operator, or the name that was given on the command line. */
export function Who({ of }: { of: string }) {
  return /^[0-9A-Za-z-]{26,64}$/.test(of) ? <Address of={of} /> : <bdi>{of}</bdi>;
}
