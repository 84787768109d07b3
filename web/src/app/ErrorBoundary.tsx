import { Trans, useLingui } from '@lingui/react/macro';
import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';
import { useWords } from '#/api';
import { Actions, Button, buttonClass, Empty } from '#/design';

/** Whatever broke while drawing: said in words, with a way on. */
export function ErrorBoundary(props: { children: ReactNode }) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => <Boundary onReset={reset}>{props.children}</Boundary>}
    </QueryErrorResetBoundary>
  );
}

class Boundary extends Component<
  { children: ReactNode; onReset: () => void },
  { error: unknown; broken: boolean }
> {
  override state = { error: null as unknown, broken: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <Broken
        error={this.state.error}
        onAgain={() => {
          this.props.onReset();
          this.setState({ error: null, broken: false });
        }}
      />
    );
  }
}

/** A part of the app is not where this page, which was opened before an update, looks for it. */
function isPartGone(error: unknown): boolean {
  return error instanceof TypeError && /module|import/i.test(error.message) && navigator.onLine;
}

function PartGone() {
  const { t } = useLingui();
  return (
    <main className="wrap" id="main">
      <Empty
        state="look"
        level="h1"
        title={t`This page is of an earlier version`}
        actions={
          <Actions>
            <Button kind="primary" onClick={() => location.reload()}>
              <Trans>Read the page anew</Trans>
            </Button>
          </Actions>
        }
      >
        <Trans>
          The house has been updated since it was opened, and the part that you asked for is in a
          new place. What you sent is safe; what you only typed here is not kept. Read the page anew
          to go on.
        </Trans>
      </Empty>
    </main>
  );
}

function Broken(props: { error: unknown; onAgain: () => void }) {
  const { title, what } = useWords()(props.error);
  if (isPartGone(props.error)) return <PartGone />;
  return (
    <main className="wrap" id="main">
      <Empty
        state="failed"
        level="h1"
        title={title}
        actions={
          <Actions>
            <Button kind="primary" onClick={props.onAgain}>
              <Trans>Try again</Trans>
            </Button>
            <a className={buttonClass()} href="/">
              <Trans>To the front page</Trans>
            </a>
          </Actions>
        }
      >
        {what}
      </Empty>
    </main>
  );
}
