#!/usr/bin/env node
// Serves made histories with the paths and the code of the local Stacks chain, one history at a time,
// by two servers of one network. Whoever plays says which blocks have arrived, and what goes wrong.
// See README.md.
//
//   node localnet/histories/play.mjs --folder DIR     ends when stdin closes

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFromThisMachine, readBody, reply } from '../http.mjs';
import { answerApi } from '../stacks/server.mjs';
import { Faults } from './faults.mjs';
import { RecordedChain } from './recorded-chain.mjs';

const NONE = new Faults('none', {});

class Player {
  #chains = new Map();
  asked = 0;

  constructor(folder) {
    this.folder = folder;
  }

  /** @param {{history: string, order: number[], time: number}} order a history from its beginning */
  load({ history, order, time }) {
    if (!this.#chains.has(history)) {
      const text = readFileSync(join(this.folder, `${history}.json`), 'utf8');
      this.#chains.set(history, new RecordedChain(JSON.parse(text)));
    }
    this.chain = this.#chains.get(history);
    this.chain.begin(order);
    Object.assign(this, { time, last: time, behind: [0, 0], lies: [], faults: NONE, asked: 0 });
    return this.state();
  }

  /**
   * @param {{time: number, last?: number, behind?: number[]}} order blocks up to `time`; up to `last` they
   *   may come while pages are asked for; `behind` says how many blocks each server is late
   */
  move({ time, last = time, behind = [0, 0] }) {
    Object.assign(this, { time, last, behind });
    return this.state();
  }

  /** @param {{seed: string, chances: Record<string, number>, lies?: number[]}} order `lies` are block indexes */
  trouble({ seed, chances, lies = [] }) {
    const { counts } = this.faults;
    this.faults = new Faults(seed, chances);
    this.lies = lies;
    return { counts };
  }

  state() {
    const { tip } = this.chain.at(this.time);
    return { time: this.time, height: tip.height, burnHeight: tip.burnHeight, tip: tip.indexHash, asked: this.asked };
  }

  /** The chain that this question is answered from. */
  #view(server, fate) {
    if (this.time < this.last && fate.strikes('shifting')) this.time += 1;
    const now = Math.max(0, this.time - this.behind[server]);
    if (fate.strikes('lagging')) return this.chain.at(Math.max(0, now - 1 - fate.die.below(6)));
    if (this.lies.length > 0 && fate.strikes('lying')) return this.chain.on(fate.die.pick(this.lies), this.time);
    return this.chain.at(now);
  }

  async serve(server, request, url, bytes, response) {
    this.asked += 1;
    const { method, headers } = request;
    const fate = this.faults.of(`${server} ${method} ${request.url}`);
    const answer = await answerApi({ chain: this.#view(server, fate) }, { method, url, bytes, headers });
    if (fate.spoil(response, url.pathname, answer)) return;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    if (answer.status === 304) response.writeHead(304).end();
    else reply(response, answer.status, answer.body);
  }
}

async function main() {
  const { values } = parseArgs({ options: { folder: { type: 'string' } } });
  const player = new Player(values.folder);
  process.stdin.resume();
  process.stdin.once('close', () => process.exit(0));
  const apis = await Promise.all([0, 1].map((server) => listen(player, server)));
  process.stdout.write(`${JSON.stringify({ ready: true, apis })}\n`);
}

/** @returns {Promise<string>} the URL of one of the servers */
async function listen(player, number) {
  const switches = {
    '/player/load': (order) => player.load(order), '/player/move': (order) => player.move(order),
    '/player/trouble': (order) => player.trouble(order), '/player/state': () => player.state(),
  };
  const answer = async (request, response) => {
    if (!isFromThisMachine(request, false)) return reply(response, 403, { error: 'Only this machine.' });
    const url = new URL(request.url, 'http://127.0.0.1');
    const bytes = request.method === 'POST' ? await readBody(request) : Buffer.alloc(0);
    const flip = switches[url.pathname];
    if (flip) return reply(response, 200, flip(bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : {}));
    return player.serve(number, request, url, bytes, response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      process.stderr.write(`${request.method} ${request.url}: ${error.stack}\n`);
      if (response.headersSent) response.destroy();
      else reply(response, 500, { error: String(error.message) });
    });
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

await main();
