// HTTP and WebSocket on one loopback port: JSON-RPC with batches, CORS and bounds at "/", the
// local chain's own switches under "/localnet/", and "/health".

import { createServer } from 'node:http';
import { connect } from 'node:net';
import { RpcError, internalError, invalidRequest } from './errors.mjs';
import {
  BODY_BYTES_MAX, BodyTooLarge, allowOrigin, isFromThisMachine, readBody, reply,
} from './http.mjs';
import { fromJson } from './json.mjs';
import { LocalnetRoutes } from './routes.mjs';
import { callMethod } from './methods.mjs';
import { NodeSilent } from './upstream.mjs';

const BATCH_MAX = 100;
const BATCH_AT_ONCE = 8;
const SOCKETS_MAX = 2048;

/**
 * @param {{chain: import('./chain.mjs').LocalChain, faucet: import('./faucet.mjs').Faucet,
 *   populate: () => Promise<void>, wsUrl: string, log: (text: string) => void}} parts
 */
export function createProxy(parts) {
  const routes = new LocalnetRoutes(parts);
  const server = createServer((request, response) => {
    serve(parts, routes, request, response).catch((error) => {
      parts.log(`${request.method} ${request.url}: ${error.stack}`);
      if (!response.headersSent) reply(response, 500, { error: 'The local chain failed.' });
      else response.destroy();
    });
  });
  server.maxConnections = SOCKETS_MAX;
  server.requestTimeout = 30_000;
  // Clients keep connections longer than Node's 5 s, and would meet a closed one.
  server.keepAliveTimeout = 75_000;
  server.on('upgrade', (request, socket, head) => pipeWebSocket(parts.wsUrl, request, socket, head));
  return server;
}

/**
 * @param {Parameters<typeof createProxy>[0]} parts
 * @param {LocalnetRoutes} routes
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function serve(parts, routes, request, response) {
  const path = (request.url ?? '/').replace(/\?.*/, '');
  if (!isFromThisMachine(request, path === '/')) {
    return reply(response, 403, { error: 'Only pages of this machine may use the local chain.' });
  }
  allowOrigin(request, response);
  if (request.method === 'OPTIONS') return response.writeHead(204).end();
  if (request.method === 'GET' && path === '/health') {
    const alive = await parts.chain.isAlive();
    return reply(response, alive ? 200 : 503, { status: alive ? 'ok' : 'the node does not answer' });
  }
  let body = '';
  try {
    if (request.method === 'POST') body = (await readBody(request)).toString('utf8');
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    response.setHeader('connection', 'close');
    return reply(response, 413, { error: `A request has at most ${BODY_BYTES_MAX} bytes.` });
  }
  if (path.startsWith('/localnet/')) {
    const { status, answer } = await routes.serve(request.method ?? '', path, body);
    return reply(response, status, answer);
  }
  if (path !== '/') return reply(response, 404, { error: 'There is nothing here.' });
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST, OPTIONS');
    return reply(response, 405, { error: 'JSON-RPC is asked by POST.' });
  }
  const answer = await answerBody(parts, body);
  if (answer === undefined) return response.writeHead(204).end();
  return reply(response, 200, answer);
}

/**
 * @param {Parameters<typeof createProxy>[0]} parts
 * @param {string} body
 * @returns {Promise<unknown>} undefined when only notifications came
 */
async function answerBody(parts, body) {
  let asked;
  try {
    asked = fromJson(body);
  } catch {
    return failure(null, new RpcError(-32700, 'Parse error'));
  }
  if (!Array.isArray(asked)) return answerOne(parts, asked);
  if (asked.length === 0) return failure(null, invalidRequest('Invalid request: an empty batch'));
  if (asked.length > BATCH_MAX) {
    return failure(null, invalidRequest(`Invalid request: a batch has at most ${BATCH_MAX} calls`));
  }
  const answers = [];
  for (let at = 0; at < asked.length; at += BATCH_AT_ONCE) {
    const some = asked.slice(at, at + BATCH_AT_ONCE);
    answers.push(...await Promise.all(some.map((one) => answerOne(parts, one))));
  }
  const wanted = answers.filter((answer) => answer !== undefined);
  return wanted.length > 0 ? wanted : undefined;
}

/** @param {Parameters<typeof createProxy>[0]} parts @param {any} asked */
async function answerOne(parts, asked) {
  const wellFormed = typeof asked === 'object' && asked !== null && asked.jsonrpc === '2.0'
    && typeof asked.method === 'string'
    && (asked.params === undefined || Array.isArray(asked.params));
  if (!wellFormed) return failure(asked?.id ?? null, invalidRequest('Invalid request'));
  const silent = asked.id === undefined;
  try {
    const result = await callMethod(parts, asked.method, asked.params ?? []);
    return silent ? undefined : { jsonrpc: '2.0', result: result ?? null, id: asked.id };
  } catch (error) {
    return silent ? undefined : failure(asked.id, asRpcError(parts, asked.method, error));
  }
}

/**
 * @param {Parameters<typeof createProxy>[0]} parts
 * @param {string} method
 * @param {unknown} error
 */
function asRpcError(parts, method, error) {
  if (error instanceof RpcError) return error;
  if (error instanceof NodeSilent) return internalError('The local node does not answer.');
  parts.log(`${method}: ${error instanceof Error ? error.stack : error}`);
  return internalError('Internal error');
}

/** @param {unknown} id @param {RpcError} error */
function failure(id, error) {
  return { jsonrpc: '2.0', error: error.toResponse(), id };
}

/**
 * The handshake and all frames go to Surfpool's own WebSocket as they are.
 *
 * @param {string} wsUrl
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} socket
 * @param {Buffer} head
 */
function pipeWebSocket(wsUrl, request, socket, head) {
  socket.on('error', () => socket.destroy());
  if (!isFromThisMachine(request, true)) {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    return;
  }
  const { hostname, port, host } = new URL(wsUrl);
  const node = connect(Number(port), hostname, () => {
    const headers = Object.entries({ ...request.headers, host })
      .filter(([name]) => name !== 'origin')
      .map(([name, value]) => `${name}: ${value}`);
    node.write([`GET / HTTP/1.1`, ...headers, '', ''].join('\r\n'));
    node.write(head);
    node.pipe(socket).pipe(node);
  });
  const close = () => {
    node.destroy();
    socket.destroy();
  };
  node.on('error', close);
  node.on('close', close);
  socket.on('close', close);
}
