import { Trans } from '@lingui/react/macro';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiProblem, useWords } from '#/api';
import { Button, Empty, Note, Skeleton, Time } from '#/design';

/** What a query of TanStack tells; any of them fits. */
interface Reading {
  error: unknown;
  fetchStatus: 'fetching' | 'paused' | 'idle';
  dataUpdatedAt: number;
  refetch: () => unknown;
}

const AGAIN_MS = 10_000;

/**
 * What stands where something is asked for and is not there yet: its shape after half a second, or
 * why it did not come and what to do. It is asked for again by itself; what was said stays
 * meanwhile, so that nothing flickers.
 */
export function NotYet(props: {
  of: Reading;
  lines?: number;
  label?: string;
  level?: 'h2' | 'h3';
}) {
  const { of, level = 'h2' } = props;
  const [told, setTold] = useState<unknown>(null);
  if (of.error != null && of.error !== told) setTold(of.error);
  const { refetch } = of;
  const error = of.error ?? told;
  const isFinal = error instanceof ApiProblem && error.status < 500 && error.status !== 429;
  useEffect(() => {
    if (error == null || isFinal) return undefined;
    const timer = setInterval(() => void refetch(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [error, isFinal, refetch]);
  if (of.fetchStatus === 'paused') {
    return (
      <Empty state="look" level={level} title={<Trans>Not here yet</Trans>}>
        <Trans>What belongs here is fetched by itself once you are back.</Trans>
      </Empty>
    );
  }
  if (error == null) {
    return <Skeleton lines={props.lines ?? 5} {...(props.label ? { label: props.label } : {})} />;
  }
  return (
    <div role="alert">
      <Empty
        state="look"
        level={level}
        title={<Why error={error} />}
        actions={
          <Button disabled={of.fetchStatus === 'fetching'} onClick={() => void refetch()}>
            <Trans>Try again</Trans>
          </Button>
        }
      >
        <What error={error} isFinal={isFinal} />
      </Empty>
    </div>
  );
}

function Why({ error }: { error: unknown }): ReactNode {
  return useWords()(error).title;
}

function What(props: { error: unknown; isFinal: boolean }): ReactNode {
  const { what } = useWords()(props.error);
  if (props.isFinal) return what;
  return (
    <Trans>
      Nothing was changed by it, and what is under way goes on without this page. It is tried again
      by itself.
    </Trans>
  );
}

/** Over what was read before and could not be read anew. Nothing while it can. */
export function Stale({ of }: { of: Reading }) {
  const words = useWords();
  if (of.error == null || of.dataUpdatedAt === 0) return null;
  return (
    <Note state="look" title={words(of.error).title}>
      <p>
        <Trans>
          What stands here was read at{' '}
          <Time at={new Date(of.dataUpdatedAt).toISOString()} show="clock" />. It is asked for again
          by itself.
        </Trans>
      </p>
    </Note>
  );
}
