import { CSPProvider } from '@base-ui/react/csp-provider';
import { I18nProvider } from '@lingui/react';
import {
  MutationCache,
  onlineManager,
  QueryCache,
  QueryClient,
  QueryClientProvider,
} from '@tanstack/react-query';
import { type ReactNode, Suspense, useState } from 'react';
import { BrowserRouter } from 'react-router';
import { isPassing } from '#/api';
import { i18n } from '#/i18n';
import { SignInProvider, type Site, siteQuery } from '#/session';
import { WalletProvider } from '#/session/useWallet';
import { ErrorBoundary } from './ErrorBoundary';
import { Routes } from './routes';

// The library supposes a line until it hears otherwise; a page may begin without one.
onlineManager.setOnline(navigator.onLine);

function makeQueries(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache(),
    mutationCache: new MutationCache(),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (failures, error) => isPassing(error) && failures < 3,
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 5_000),
      },
      // What makes or moves something is repeated by the person, with the same key.
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  // The page brought it along; where it did not, as under `npm run dev`, it is asked for.
  const told = document.getElementById('site')?.textContent;
  if (told) queries.setQueryData(siteQuery.queryKey, JSON.parse(told) as Site);
  return queries;
}

export function App() {
  const [queries] = useState(makeQueries);
  return (
    <Providers queries={queries}>
      <Routes />
    </Providers>
  );
}

function Providers(props: { queries: QueryClient; children: ReactNode }) {
  return (
    <CSPProvider disableStyleElements>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={props.queries}>
          <BrowserRouter>
            <ErrorBoundary>
              <Suspense fallback={null}>
                <SignInProvider>
                  <WalletProvider>{props.children}</WalletProvider>
                </SignInProvider>
              </Suspense>
            </ErrorBoundary>
          </BrowserRouter>
        </QueryClientProvider>
      </I18nProvider>
    </CSPProvider>
  );
}
