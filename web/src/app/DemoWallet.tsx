import type { ReactNode } from 'react';
import { Button } from '#/design';

/** Opens the demo wallet, which gives play money. For the local network: no other has one. */
export function OpenDemoWallet({ children }: { children: ReactNode }) {
  return (
    <Button onClick={() => window.dispatchEvent(new Event('earnest-demo-wallet:open'))}>
      {children}
    </Button>
  );
}
