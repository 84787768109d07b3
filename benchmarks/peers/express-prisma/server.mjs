// Express 5 + Prisma 7 with the pg adapter: the two hot routes of Earnest. PEER_DATA says how the
// data is reached: `orm` (the models, in an interactive transaction) or `raw` (the SQL functions).

import { PrismaPg } from '@prisma/adapter-pg';
import express from 'express';
import { createVerifier } from 'fast-jwt';
import { answerHeaders, makeAuthenticator, Problem, problemOf } from '../session.mjs';
import prismaClient from './generated/index.js';
import { makeOrm } from './orm.mjs';
import { makeRaw } from './raw.mjs';

const { PEER_DATABASE_URL, PEER_JWT_SECRET, PEER_PORT, PEER_POOL, PEER_MEDIA, PEER_DATA } = process.env;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Prisma prepares nothing by itself; with names, each statement is parsed once per connection.
const names = new Map();
const statementNameGenerator = ({ sql }) => {
  let name = names.get(sql);
  if (!name) names.set(sql, (name = `s${names.size}`));
  return name;
};

const adapter = new PrismaPg(
  {
    connectionString: PEER_DATABASE_URL, max: Number(PEER_POOL), idleTimeoutMillis: 0,
    options: '-c search_path=earnest',
  },
  { schema: 'earnest', statementNameGenerator },
);
const prisma = new prismaClient.PrismaClient({ adapter });
const authenticate = await makeAuthenticator({
  createVerifier,
  secret: PEER_JWT_SECRET,
  readRevoked: async () => (await prisma.session.findMany({
    where: { revokedAt: { gt: new Date(Date.now() - 86_400_000) } }, select: { id: true },
  })).map(({ id }) => id),
});
const options = { media: PEER_MEDIA, seatTtlMs: 600_000 };
const tasks = PEER_DATA === 'orm' ? makeOrm(prisma, options) : makeRaw(prisma, options);

const app = express();
app.disable('x-powered-by').disable('etag').disable('query parser');

const signedIn = (request, _response, done) => {
  request.account = authenticate(request.headers.authorization);
  done();
};

app.get('/api/tasks/next', signedIn, async (request, response) => {
  const found = await tasks.next(request.account);
  response.set(answerHeaders);
  if (found === null) response.status(204).end();
  else response.type('application/json').send(found);
});

app.post('/api/tasks/:task/submissions', signedIn, express.json({ limit: '64kb' }), async (request, response) => {
  const { optionId, ...others } = request.body ?? {};
  if (!UUID.test(request.params.task) || typeof optionId !== 'string' || !UUID.test(optionId)
      || Object.keys(others).length) {
    throw new Problem('invalid_input', 400);
  }
  const answer = await tasks.vote(request.account, request.params.task, optionId);
  response.set(answerHeaders).status(201).type('application/json').send(answer);
});

app.use((error, _request, response, _done) => {
  const problem = problemOf(error)
    ?? (error.status === 400 ? new Problem('invalid_input', 400) : new Problem('internal_error', 500));
  if (problem.status === 500) console.error(error);
  response.status(problem.status).set(answerHeaders).type('application/problem+json').send(problem.body());
});

const server = app.listen(Number(PEER_PORT), '127.0.0.1');
server.keepAliveTimeout = 30_000;
process.on('SIGTERM', () => server.close(() => prisma.$disconnect()));
