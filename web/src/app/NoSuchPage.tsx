import { Trans, useLingui } from '@lingui/react/macro';
import { Actions, Empty, LinkButton, useTitle } from '#/design';

/** For an address that is not there, also inside a face. */
export function NoSuchPage() {
  const { t } = useLingui();
  useTitle(t`No such page`);
  return (
    <Empty
      state="closed"
      level="h1"
      title={t`There is nothing at this address`}
      actions={
        <Actions>
          <LinkButton kind="primary" to="/">
            <Trans>To the front page</Trans>
          </LinkButton>
        </Actions>
      }
    >
      <Trans>
        It may have been a link that works once. If it was about a payment, you will find it under
        Earnings or Photo tasks.
      </Trans>
    </Empty>
  );
}
