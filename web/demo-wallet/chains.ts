/** Where the local chains are, as the house says it. */

interface Nodes {
  solanaRpcUrl: string | null;
  stacksApiUrl: string | null;
}

interface Site {
  usdcMint: string | null;
  local: Nodes | null;
}

let asked: Promise<Site> | null = null;

export function site(): Promise<Site> {
  asked ??= fetch('/api/site').then((response) => response.json() as Promise<Site>);
  asked.catch(() => {
    asked = null;
  });
  return asked;
}

/** Raises wherever the house is not on local chains: there this wallet does nothing. */
export async function nodes(): Promise<Nodes> {
  const { local } = await site();
  if (!local) throw new Error('The demo wallet is for local chains alone.');
  return local;
}

/** One call of the local Solana node. */
export async function solanaRpc<Result>(method: string, params: unknown[]): Promise<Result> {
  const { solanaRpcUrl } = await nodes();
  if (!solanaRpcUrl) throw new Error('There is no local Solana chain.');
  const response = await fetch(solanaRpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: Result; error?: { message: string } };
  if (answer.error) throw new Error(answer.error.message);
  return answer.result as Result;
}

export async function stacksUrl(): Promise<string> {
  const { stacksApiUrl } = await nodes();
  if (!stacksApiUrl) throw new Error('There is no local Stacks chain.');
  return stacksApiUrl;
}
