// Fastify + pg with raw SQL: the two hot routes of Earnest over the same SQL functions, each one
// named prepared statement, so one round trip a request.

import Fastify from 'fastify';
import { createVerifier } from 'fast-jwt';
import pg from 'pg';
import { answerHeaders, makeAuthenticator, Problem, problemOf } from '../session.mjs';

const { PEER_DATABASE_URL, PEER_JWT_SECRET, PEER_PORT, PEER_POOL, PEER_MEDIA } = process.env;
const SEAT_TTL = '600 seconds';
const UUID = { type: 'string', format: 'uuid' };

const pool = new pg.Pool({
  connectionString: PEER_DATABASE_URL,
  max: Number(PEER_POOL),
  idleTimeoutMillis: 0,
  connectionTimeoutMillis: 10_000,
  options: '-c search_path=earnest',
});

const authenticate = await makeAuthenticator({
  createVerifier,
  secret: PEER_JWT_SECRET,
  readRevoked: async () => (await pool.query({
    name: 'revoked', rowMode: 'array',
    text: "SELECT id FROM sessions WHERE revoked_at > now() - interval '1 day'",
  })).rows.map(([id]) => id),
});

const app = Fastify({
  logger: false,
  bodyLimit: 64 * 1024,
  ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
});

app.decorateRequest('account', '');
app.addHook('onRequest', (request, _reply, done) => {
  try {
    request.account = authenticate(request.headers.authorization);
    done();
  } catch (error) {
    done(error);
  }
});

app.setErrorHandler((error, _request, reply) => {
  const problem = problemOf(error)
    ?? (error.validation ? new Problem('invalid_input', 400) : new Problem('internal_error', 500));
  if (problem.status === 500) console.error(error);
  return reply.code(problem.status).headers(answerHeaders)
    .type('application/problem+json').send(problem.body());
});

app.get('/api/tasks/next', async (request, reply) => {
  const { rows } = await pool.query({
    name: 'next', rowMode: 'array', text: 'SELECT tasks_next($1, $2, $3)',
    values: [request.account, SEAT_TTL, PEER_MEDIA],
  });
  reply.headers(answerHeaders);
  const [[found]] = rows;
  if (found === null) return reply.code(204).send();
  return reply.header('content-type', 'application/json').send(found);
});

app.post('/api/tasks/:task/submissions', {
  schema: {
    params: { type: 'object', properties: { task: UUID }, required: ['task'] },
    body: {
      type: 'object', properties: { optionId: UUID }, required: ['optionId'],
      additionalProperties: false,
    },
  },
}, async (request, reply) => {
  const { rows } = await pool.query({
    name: 'vote', rowMode: 'array', text: 'SELECT tasks_vote($1, $2, $3, $4, $5)',
    values: [request.account, request.params.task, request.body.optionId, SEAT_TTL, PEER_MEDIA],
  });
  return reply.code(201).headers(answerHeaders).header('content-type', 'application/json')
    .send(rows[0][0]);
});

await app.listen({ host: '127.0.0.1', port: Number(PEER_PORT) });
process.on('SIGTERM', async () => {
  await app.close();
  await pool.end();
});
