import { Trans } from '@lingui/react/macro';
import { Actions, Button, Stack } from '#/design';

/** What to look for when a wallet says nothing, and the way out. */
export function StillWaiting(props: { wallet: string; onStop: () => void }) {
  const { wallet } = props;
  return (
    <Stack gap="tight">
      <p role="status">
        <Trans>
          {wallet} has not answered yet. Its window may be behind this one, or it may be locked:
          open it by its sign in the browser’s bar.
        </Trans>
      </p>
      <Actions>
        <Button onClick={props.onStop}>
          <Trans>Stop waiting</Trans>
        </Button>
      </Actions>
    </Stack>
  );
}
