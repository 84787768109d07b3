// The API's WebSocket: JSON-RPC 2.0, `subscribe` and `unsubscribe` to `block`. A hint that something
// happened; what happened is asked for over HTTP.

import { WebSocketServer } from 'ws';
import { isFromThisMachine } from '../http.mjs';
import { blockShapeV1 } from './shapes.mjs';

const PATH = '/extended/v1/ws';
const CLIENTS_MAX = 64;
const MESSAGE_BYTES_MAX = 16 * 1024;
const BATCH_MAX = 20;
/** A client that reads no more is cut off when so much waits for it. */
const WAITING_BYTES_MAX = 1024 * 1024;
const PING_MS = 30_000;

const failure = (id, code, message, data) =>
  ({ jsonrpc: '2.0', id, error: { code, message, ...(data ? { data } : {}) } });
const badParams = (id, data) => failure(id, -32602, 'Invalid params', data);

/**
 * @param {import('node:http').Server} server
 * @param {import('./chain.mjs').StacksChain} chain
 */
export function serveSocket(server, chain) {
  const clients = new Map();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  server.on('upgrade', (request, socket, head) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const refusal = !isFromThisMachine(request, true) ? '403 Forbidden'
      : pathname.replace(/\/$/, '') !== PATH ? '404 Not Found'
        : clients.size >= CLIENTS_MAX ? '503 Service Unavailable' : null;
    if (refusal) return socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    return sockets.handleUpgrade(request, socket, head, (client) => begin(client, clients));
  });
  const pings = setInterval(() => {
    for (const [client, watch] of clients) {
      if (!watch.isAlive) client.terminate();
      watch.isAlive = false;
      client.ping();
    }
  }, PING_MS);
  pings.unref();
  server.once('close', () => clearInterval(pings));

  chain.told.on('block', (block) => {
    let text = null;
    for (const [client, watch] of clients) {
      if (!watch.isSubscribed) continue;
      text ??= JSON.stringify({ jsonrpc: '2.0', method: 'block', params: blockShapeV1(block) });
      if (client.bufferedAmount + text.length > WAITING_BYTES_MAX) client.terminate();
      else client.send(text);
    }
  });
}

function begin(client, clients) {
  const watch = { isSubscribed: false, isAlive: true };
  clients.set(client, watch);
  client.on('close', () => clients.delete(client));
  client.on('error', () => client.terminate());
  client.on('pong', () => { watch.isAlive = true; });
  client.on('message', (data) => {
    const answer = answerMessage(watch, String(data));
    if (client.bufferedAmount > WAITING_BYTES_MAX) client.terminate();
    else if (answer !== undefined) client.send(JSON.stringify(answer));
  });
}

function answerMessage(watch, text) {
  let asked;
  try {
    asked = JSON.parse(text);
  } catch {
    return failure(null, -32700, 'Parse error');
  }
  if (!Array.isArray(asked)) return answerRequest(watch, asked);
  if (asked.length === 0 || asked.length > BATCH_MAX) return failure(null, -32600, 'Invalid request');
  return asked.map((one) => answerRequest(watch, one));
}

function answerRequest(watch, asked) {
  const id = asked?.id ?? null;
  if (asked?.jsonrpc !== '2.0' || typeof asked.method !== 'string' || !['string', 'number'].includes(typeof id)) {
    return failure(null, -32600, 'Invalid request');
  }
  const { method, params } = asked;
  if (method !== 'subscribe' && method !== 'unsubscribe') return failure(id, -32601, 'Method not found');
  if (!params?.event) return badParams(id, 'subscription requests must include an event name');
  if (params.event !== 'block') return badParams(id, 'subscription request must use a valid event name');
  watch.isSubscribed = method === 'subscribe';
  return { jsonrpc: '2.0', id, result: {} };
}
