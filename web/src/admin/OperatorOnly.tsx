import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Actions, Address, Empty, Head, LinkButton } from '#/design';
import { SignedIn, useUser } from '#/session';

/** What only an operator sees; whoever else comes is told what this is and whose wallet opens it. */
export function OperatorOnly(props: { title: string; children: ReactNode }) {
  const user = useUser();
  if (user?.role === 'operator') return props.children;
  return (
    <>
      <Head title={props.title} />
      <SignedIn>
        <Empty
          state="closed"
          level="h2"
          title={<Trans>This is for the operator</Trans>}
          actions={
            <Actions>
              <LinkButton to="/work">
                <Trans>Go to Work</Trans>
              </LinkButton>
              <LinkButton to="/hire">
                <Trans>Go to Hire</Trans>
              </LinkButton>
            </Actions>
          }
        >
          <Trans>
            Here the house looks after its own running. It opens for wallets that its configuration
            names; <Address of={user?.address ?? ''} /> is not one of them. Nothing here concerns
            your money.
          </Trans>
        </Empty>
      </SignedIn>
    </>
  );
}
