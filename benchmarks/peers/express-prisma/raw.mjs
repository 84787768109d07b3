// Next task and vote through Prisma's raw queries over Earnest's SQL functions: one round trip each.

export function makeRaw(prisma, { media, seatTtlMs }) {
  const ttl = `${seatTtlMs} milliseconds`;

  async function next(worker) {
    const [row] = await prisma.$queryRaw`
      SELECT tasks_next(${worker}::uuid, ${ttl}::interval, ${media}) AS answer`;
    return row.answer;
  }

  async function vote(worker, taskId, optionId) {
    const [row] = await prisma.$queryRaw`
      SELECT tasks_vote(${worker}::uuid, ${taskId}::uuid, ${optionId}::uuid, ${ttl}::interval,
        ${media}) AS answer`;
    return row.answer;
  }

  return { next, vote };
}
