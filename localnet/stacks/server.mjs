// HTTP on one loopback port: the Stacks API's paths, and the chain's own switches under /localnet/.

import { createServer } from 'node:http';
import { BODY_BYTES_MAX, BodyTooLarge, allowOrigin, isFromThisMachine, readBody, reply } from '../http.mjs';
import { NotPossible } from './chain.mjs';
import { SERVER_VERSION, extendedRoutes } from './extended.mjs';
import { ApiError, badRequest } from './http-errors.mjs';
import { nodeRoutes } from './node-api.mjs';
import { serveSocket } from './socket.mjs';
import { Rejected } from './transactions.mjs';

const SOCKETS_MAX = 2048;
const ROUTES = [...extendedRoutes.map(([path, serve]) => ['GET', path, serve]), ...nodeRoutes];

/**
 * @param {{chain: import('./chain.mjs').StacksChain, faucet: import('./faucet.mjs').StacksFaucet,
 *   contractId: () => string | null, log: (text: string) => void}} parts
 */
export function createStacksServer(parts) {
  const switches = switchesOf(parts);
  const server = createServer((request, response) => {
    serve(parts, switches, request, response).catch((error) => {
      parts.log(`${request.method} ${request.url}: ${error.stack}`);
      if (response.headersSent) return response.destroy();
      return reply(response, 500, {
        statusCode: 500, error: 'Internal Server Error', message: 'The local chain failed.',
      });
    });
  });
  server.maxConnections = SOCKETS_MAX;
  server.requestTimeout = 30_000;
  // Clients keep connections longer than Node's 5 s, and would meet a closed one.
  server.keepAliveTimeout = 75_000;
  serveSocket(server, parts.chain);
  return server;
}

function switchesOf({ chain, faucet, contractId }) {
  const state = () => ({
    genesisHash: chain.journal.chain.genesisHash, contractId: contractId(), faucet: faucet.address,
    height: chain.tip.height, burnHeight: chain.tip.burnHeight, tip: chain.tip.indexHash,
    mempool: [...chain.mempool.keys()], held: [...chain.held],
  });
  return {
    'GET /localnet/state': async () => state(),
    'POST /localnet/faucet': (order) => faucet.give(order),
    'POST /localnet/mine': async (order) => {
      await chain.mine(order);
      return state();
    },
    'POST /localnet/reorg': (order) => chain.reorg(order),
    'POST /localnet/release': () => chain.release(),
  };
}

async function serve(parts, switches, request, response) {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const method = request.method ?? 'GET';
  const isSwitch = url.pathname.startsWith('/localnet/');
  if (!isFromThisMachine(request, !isSwitch)) {
    return reply(response, 403, { error: 'Only pages of this machine may use the local chain.' });
  }
  allowOrigin(request, response);
  if (method === 'OPTIONS') return response.writeHead(204).end();
  let bytes = Buffer.alloc(0);
  try {
    if (method === 'POST') bytes = await readBody(request);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    response.setHeader('connection', 'close');
    return reply(response, 413, { error: `A request has at most ${BODY_BYTES_MAX} bytes.` });
  }
  if (method === 'GET' && url.pathname === '/health') return reply(response, 200, { status: 'ok' });
  if (isSwitch) return serveSwitch(switches, `${method} ${url.pathname}`, bytes, response);
  return serveApi(parts, { method, url, bytes, headers: request.headers }, response);
}

async function serveSwitch(switches, name, bytes, response) {
  if (!switches[name]) return reply(response, 404, { error: `There is no ${name}.` });
  let order;
  try {
    order = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
  } catch {
    return reply(response, 400, { error: 'The body is not JSON.' });
  }
  if (typeof order !== 'object' || order === null || Array.isArray(order)) {
    return reply(response, 400, { error: 'The body is not a JSON object.' });
  }
  try {
    return reply(response, 200, await switches[name](order));
  } catch (error) {
    if (error instanceof NotPossible) return reply(response, 400, { error: error.message });
    if (error instanceof Rejected) return reply(response, 409, { error: error.message, ...error.answer });
    throw error;
  }
}

async function serveApi({ chain }, asked, response) {
  const { status, headers, body } = await answerApi({ chain }, asked);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status === 304) return response.writeHead(304).end();
  return reply(response, status, body);
}

/**
 * Answers one question of the API.
 *
 * @param {{chain: any}} parts
 * @param {{method: string, url: URL, bytes: Buffer, headers: import('node:http').IncomingHttpHeaders}} asked
 * @returns {Promise<{status: number, headers: Record<string, string>, body?: unknown}>}
 */
export async function answerApi({ chain }, { method, url, bytes, headers: given }) {
  for (const [routeMethod, path, answer] of ROUTES) {
    const match = path.exec(url.pathname);
    if (!match || routeMethod !== method) continue;
    const headers = { 'x-api-version': SERVER_VERSION };
    try {
      const params = match.slice(1).map(decodeURIComponent);
      const { body, etag } = await answer({ chain, query: url.searchParams, params, bytes, headers: given });
      headers['cache-control'] = etag ? 'public, no-cache, must-revalidate' : 'no-store';
      if (etag && given['if-none-match'] === `"${etag}"`) return { status: 304, headers };
      if (etag) headers.etag = `"${etag}"`;
      return { status: 200, headers, body };
    } catch (error) {
      if (error instanceof URIError) return { status: 400, headers, body: badRequest('Bad path').body };
      if (!(error instanceof ApiError)) throw error;
      if (error.etag) headers.etag = `"${error.etag}"`;
      return { status: error.status, headers, body: error.body };
    }
  }
  const message = `Route ${method}:${url.pathname} not found`;
  return { status: 404, headers: {}, body: { message, error: 'Not Found', statusCode: 404 } };
}
