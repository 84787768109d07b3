import { type Asset, Money } from '#/design';

/** A sum of an escrow. Of a token that has no name here, the smallest units are all that is known. */
export function Amount(props: { minor: string; asset: Asset | null; token: string | null }) {
  const { minor, asset, token } = props;
  if (asset) return <Money minor={minor} asset={asset} />;
  return (
    <span title={token ?? undefined}>
      {minor} {token?.split('.').at(-1)}
    </span>
  );
}
