// Next task and vote as a careful Prisma user writes them: an interactive transaction over the
// models; raw SQL only for what Prisma cannot say (row locks, SKIP LOCKED).

import { Problem } from '../session.mjs';
import { accountId, transfer, transferId } from './ledger.mjs';

const TX = { maxWait: 10_000, timeout: 30_000 };

export function makeOrm(prisma, { media, seatTtlMs }) {
  const seatJson = (card, number, expiresAt) =>
    `{"task":${card.replaceAll('{media}', media)},"seat":{"number":${number},"expiresAt":"${
      expiresAt.toISOString()}"}}`;

  async function liveSeat(db, worker) {
    const seat = await db.taskSeat.findFirst({
      relationLoadStrategy: 'join',
      where: { worker, optionId: null },
      select: { taskId: true, number: true, expiresAt: true, task: { select: { card: true, status: true } } },
    });
    if (!seat) return null;
    if (seat.expiresAt > new Date()) return seatJson(seat.task.card, seat.number, seat.expiresAt);
    const where = { taskId: seat.taskId, number: seat.number, worker, optionId: null };
    if (seat.task.status === 'open') {
      const expiresAt = new Date(Date.now() + seatTtlMs);
      const { count } = await db.taskSeat.updateMany({ where, data: { expiresAt } });
      if (count) return seatJson(seat.task.card, seat.number, expiresAt);
    }
    await db.taskSeat.updateMany({ where, data: { worker: null, expiresAt: null } });
    return null;
  }

  async function takeFree(tx, worker, afterSeq, until) {
    const [taken] = await tx.$queryRaw`
      UPDATE task_seats s SET worker = ${worker}::uuid, expires_at = ${until}
        FROM (SELECT f.task_id, f.number, t.open_seq, t.card FROM tasks t
                CROSS JOIN LATERAL (SELECT task_id, number FROM task_seats
                   WHERE task_id = t.id AND worker IS NULL ORDER BY number LIMIT 1
                     FOR UPDATE SKIP LOCKED) f
               WHERE t.status = 'open' AND t.has_free AND t.open_seq > ${afterSeq}
                 AND t.requester <> ${worker}::uuid
                 AND NOT EXISTS (SELECT FROM task_seats o
                                  WHERE o.worker = ${worker}::uuid AND o.task_id = t.id)
               ORDER BY t.open_seq LIMIT 1) f
       WHERE s.task_id = f.task_id AND s.number = f.number
       RETURNING s.task_id, s.number, f.open_seq, f.card`;
    return taken;
  }

  async function takeLapsed(tx, worker, until) {
    const [taken] = await tx.$queryRaw`
      UPDATE task_seats s SET worker = ${worker}::uuid, expires_at = ${until}
        FROM (SELECT seat.task_id, seat.number, t.card FROM task_seats seat
                JOIN tasks t ON t.id = seat.task_id AND t.status = 'open'
               WHERE seat.worker IS NOT NULL AND seat.option_id IS NULL
                 AND seat.expires_at <= clock_timestamp() AND t.requester <> ${worker}::uuid
                 AND NOT EXISTS (SELECT FROM task_seats o
                                  WHERE o.worker = ${worker}::uuid AND o.task_id = seat.task_id)
               ORDER BY seat.expires_at LIMIT 1 FOR UPDATE OF seat SKIP LOCKED) f
       WHERE s.task_id = f.task_id AND s.number = f.number RETURNING s.task_id, s.number, f.card`;
    return taken;
  }

  async function take(tx, worker) {
    const until = new Date(Date.now() + seatTtlMs);
    const position = await tx.taskPosition.findUnique({ where: { worker } });
    const afterSeq = position?.afterSeq ?? 0n;
    const taken = (await takeFree(tx, worker, afterSeq, until))
      ?? (afterSeq > 0n ? await takeFree(tx, worker, 0n, until) : undefined);
    if (!taken) {
      const lapsed = await takeLapsed(tx, worker, until);
      return lapsed ? seatJson(lapsed.card, lapsed.number, until) : null;
    }
    const free = await tx.taskSeat.findFirst({
      where: { taskId: taken.task_id, worker: null }, select: { number: true },
    });
    if (!free) await tx.task.updateMany({
      where: { id: taken.task_id, seats: { none: { worker: null } } }, data: { hasFree: false },
    });
    await tx.taskPosition.upsert({
      where: { worker }, create: { worker, afterSeq: taken.open_seq },
      update: { afterSeq: taken.open_seq },
    });
    return seatJson(taken.card, taken.number, until);
  }

  async function next(worker) {
    return (await liveSeat(prisma, worker))
      ?? prisma.$transaction(async (tx) => (await liveSeat(tx, worker)) ?? take(tx, worker), TX);
  }

  async function refuse(tx, worker, taskId) {
    const task = await tx.task.findFirst({
      where: { id: taskId, status: { not: 'awaiting_payment' } },
      select: { requester: true, status: true },
    });
    if (!task) throw new Problem('task_unknown', 404);
    if (task.requester === worker) throw new Problem('own_task', 403);
    throw new Problem(task.status === 'open' ? 'no_seat' : 'task_closed', 409);
  }

  async function settleEnd(tx, task) {
    const waiting = await tx.taskSeat.findFirst({
      where: { taskId: task.id, optionId: null }, select: { number: true },
    });
    if (task.settledAt || waiting) return;
    const { balance } = await tx.ledgerAccount.findUniqueOrThrow({
      where: { id: task.ledgerAccount }, select: { balance: true },
    });
    const left = BigInt(balance.toFixed(0));
    const cost = BigInt(task.pricePerVote.toFixed(0)) * BigInt(task.votes) * BigInt(task.feeBps);
    const fee = (cost + 9_999n) / 10_000n;
    const subject = `task:${task.id}`;
    if (fee > 0n) await transfer(tx, {
      id: transferId(`fee ${task.id}`), debit: task.ledgerAccount, amount: fee, kind: 'fee', subject,
      credit: await accountId(tx, `fees:${task.asset}`, 'income', task.asset),
    });
    if (left > fee) await transfer(tx, {
      id: transferId(`refund ${task.id}`), debit: task.ledgerAccount, amount: left - fee,
      kind: 'task_refund', subject,
      credit: await accountId(tx, `available:${task.requester}:${task.asset}`, 'liability',
        task.asset, task.requester),
    });
    await tx.task.update({
      where: { id: task.id }, select: { id: true },
      data: { settledAt: new Date(), refund: task.status === 'cancelled' ? (left - fee).toString() : null },
    });
    await tx.event.create({
      select: { id: true },
      data: {
        type: task.status === 'closed' ? 'task_closed' : 'task_cancelled', subject,
        data: {
          taskId: task.id, requester: task.requester, votes: task.votes,
          feeMinor: fee.toString(), refundMinor: (left - fee).toString(),
        },
      },
    });
  }

  async function count(tx, worker, seat, optionId) {
    const { count: found } = await tx.taskOption.updateMany({
      where: { id: optionId, taskId: seat.task_id }, data: { votes: { increment: 1 } },
    });
    if (!found) throw new Problem('option_not_in_task', 400);
    await tx.taskSeat.update({
      where: { taskId_number: { taskId: seat.task_id, number: seat.number } },
      data: { optionId, votedAt: new Date() }, select: { number: true },
    });
    let task = await tx.task.update({ where: { id: seat.task_id }, data: { votes: { increment: 1 } } });
    if (task.status === 'open' && task.votes === task.votesWanted) {
      task = await tx.task.update({
        where: { id: task.id }, data: { status: 'closed', endedAt: new Date() },
      });
    }
    await transfer(tx, {
      id: transferId(`vote ${task.id} ${seat.number}`), debit: task.ledgerAccount,
      credit: await accountId(tx, `available:${worker}:${task.asset}`, 'liability', task.asset, worker),
      amount: BigInt(task.pricePerVote.toFixed(0)), kind: 'vote_earned', subject: `task:${task.id}`,
    });
    if (task.status !== 'open') await settleEnd(tx, task);
    return task;
  }

  function vote(worker, taskId, optionId) {
    return prisma.$transaction(async (tx) => {
      const [seat] = await tx.$queryRaw`
        SELECT task_id, number, option_id, expires_at > clock_timestamp() AS live FROM task_seats
         WHERE worker = ${worker}::uuid AND task_id = ${taskId}::uuid FOR UPDATE`;
      if (!seat) await refuse(tx, worker, taskId);
      let task;
      if (seat.option_id) {
        if (seat.option_id !== optionId) throw new Problem('voted_otherwise', 409);
        task = await tx.task.findUniqueOrThrow({ where: { id: taskId } });
      } else if (!seat.live) {
        throw new Problem('seat_lapsed', 409);
      } else {
        task = await count(tx, worker, seat, optionId);
      }
      const further = (await liveSeat(tx, worker)) ?? (await take(tx, worker));
      return `{"earnedMinor":"${task.pricePerVote.toFixed(0)}","asset":"${task.asset}","next":${further}}`;
    }, TX);
  }

  return { next, vote };
}
