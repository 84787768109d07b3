/**
 * What is told in the inbox, in the reader's language: the words of each kind that the server sends,
 * over its data. A test of the server reads this file and fails when a kind has no words in it.
 */
import type { I18n, MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { ASSETS, type Asset, formatMoney } from '#/design';

export interface Told {
  kind: string;
  data: Record<string, unknown>;
  title: string;
  body: string;
}

type Pair = [title: MessageDescriptor, body: MessageDescriptor];

/** People's own words inside ours are cut, as the server cuts them. */
const QUOTED_MAX = 120;
// biome-ignore lint/suspicious/noControlCharactersInRegex: just these are taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
/** Kept together and in its own direction, whatever stands around it. */
const isolate = (text: string) => `\u2068${text}\u2069`;

class Lacking extends Error {}

/** Reads the data of one notification as words want it; raises `Lacking`. */
function reader(data: Record<string, unknown>, i18n: I18n) {
  const text = (name: string): string => {
    const value = data[name];
    if (typeof value !== 'string' && typeof value !== 'number') throw new Lacking(name);
    return String(value);
  };
  const money = (name: string): string => {
    const asset = text('asset');
    if (!(asset in ASSETS) || !/^\d+$/.test(text(name))) throw new Lacking(name);
    return isolate(formatMoney(text(name), asset as Asset, { locale: i18n.locale }));
  };
  const number = (name: string): string => {
    if (!/^\d+$/.test(text(name))) throw new Lacking(name);
    return i18n.number(Number(text(name)));
  };
  return {
    get title() {
      const plain = text('projectTitle').replace(CONTROL, ' ').trim();
      return isolate(
        plain.length > QUOTED_MAX ? `${plain.slice(0, QUOTED_MAX - 1).trimEnd()}…` : plain,
      );
    },
    get amount() {
      return money('amountMinor');
    },
    get net() {
      return money('netMinor');
    },
    get refund() {
      return money('refundMinor');
    },
    get percent() {
      const share = Number(text('bps')) / 10_000;
      return isolate(i18n.number(share, { style: 'percent', maximumFractionDigits: 2 }));
    },
    get milestone() {
      return number('milestoneNum');
    },
    get version() {
      return number('termsVersion');
    },
    get count() {
      return number('count');
    },
    get claimFrom() {
      return number('claimFrom');
    },
    get defaultFrom() {
      return number('defaultFrom');
    },
    get expires() {
      return number('expires');
    },
    get revealedAt() {
      const day = new Date(`${text('revealedAt')}T00:00:00Z`);
      if (Number.isNaN(day.getTime())) throw new Lacking('revealedAt');
      return i18n.date(day, { dateStyle: 'long', timeZone: 'UTC' });
    },
  };
}

type Read = ReturnType<typeof reader>;

const WORDS: Record<string, (of: Read) => Pair> = {
  proposal_received: ({ title, amount }) => [
    msg`A proposal for “${title}”`,
    msg`Somebody offers to do it for ${amount}. Nothing is owed until you accept and fund it.`,
  ],
  proposal_withdrawn: ({ title }) => [
    msg`A proposal for “${title}” was withdrawn`,
    msg`It can no longer be accepted. The others stand.`,
  ],
  proposal_accepted: ({ title }) => [
    msg`Your proposal for “${title}” was accepted`,
    msg`The client has not funded it yet. Do not start before the escrow is final.`,
  ],
  proposal_rejected: ({ title }) => [
    msg`Your proposal for “${title}” was not taken`,
    msg`Nothing was owed, and nothing is to be done.`,
  ],
  proposal_revived: ({ title }) => [
    msg`Your proposal for “${title}” stands again`,
    msg`The client’s choice fell through, and the project is open again.`,
  ],
  acceptance_withdrawn: ({ title }) => [
    msg`The client took back its choice for “${title}”`,
    msg`It was not funded, so no money moved. The project is open again.`,
  ],
  acceptance_lapsed: ({ title }) => [
    msg`“${title}” was not funded in time`,
    msg`No money moved. The project is open again, and all proposals stand.`,
  ],
  project_changed: ({ title, version }) => [
    msg`The terms of “${title}” have changed`,
    msg`Read version ${version}. Your proposal can be accepted once you stand by it again.`,
  ],
  project_cancelled: ({ title }) => [
    msg`“${title}” was cancelled`,
    msg`It was not funded, so no money moved.`,
  ],
  escrow_seen: ({ title, amount }) => [
    msg`Money for “${title}” is seen, not final`,
    msg`${amount} are on the way into the escrow. Do not start yet: this can still be undone.`,
  ],
  escrow_funded: ({ title, amount }) => [
    msg`“${title}” is funded`,
    msg`${amount} lie in the escrow, and that is final. The work can begin.`,
  ],
  escrow_differs: ({ title, amount }) => [
    msg`The escrow of “${title}” is not what was agreed`,
    msg`${amount} lie in it. Compare it with the proposal before anything is done.`,
  ],
  escrow_accepted: ({ title }) => [
    msg`The freelancer took on “${title}”`,
    msg`From now on you cannot cancel; the ways that money comes back are on its page.`,
  ],
  escrow_cancelled: ({ title }) => [
    msg`The escrow of “${title}” was cancelled`,
    msg`All of it goes back to the client.`,
  ],
  escrow_declined: ({ title }) => [
    msg`The freelancer declined what was left of “${title}”`,
    msg`Every milestone that was not handed in goes back to the client.`,
  ],
  chain_reverted: ({ title }) => [
    msg`The chain took back a step of “${title}”`,
    msg`It was seen and not final. The page shows what holds now; it may come again.`,
  ],
  call_failed: ({ title }) => [
    msg`A call of yours on “${title}” came to nothing`,
    msg`No money moved with it, and nothing is awaited any more. The project says why, and offers to sign it again.`,
  ],
  project_completed: ({ title }) => [
    msg`“${title}” is complete`,
    msg`Every milestone is settled, and that is final. You can write your review.`,
  ],
  project_refunded: ({ title }) => [
    msg`“${title}” was refunded`,
    msg`All of it went back to the client, and that is final.`,
  ],
  deliverable_handed_in: ({ title, milestone }) => [
    msg`Work for milestone ${milestone} of “${title}”`,
    msg`Look at what was handed in. Your money moves only when you sign, or when your time ends.`,
  ],
  milestone_submitted: ({ title, milestone, amount, claimFrom }) => [
    msg`Milestone ${milestone} of “${title}” is submitted`,
    msg`Release ${amount}, or dispute it, before block ${claimFrom} of Bitcoin. From then on the freelancer can claim it.`,
  ],
  milestone_payment_seen: ({ title, milestone, amount }) => [
    msg`Payment for milestone ${milestone} of “${title}” is seen, not final`,
    msg`${amount} are on the way. This can still be undone.`,
  ],
  milestone_paid: ({ title, milestone, amount }) => [
    msg`Milestone ${milestone} of “${title}” is paid`,
    msg`${amount} went to the freelancer, and that is final.`,
  ],
  milestone_refunded: ({ title, milestone, amount }) => [
    msg`Milestone ${milestone} of “${title}” went back`,
    msg`${amount} went back to the client, and that is final.`,
  ],
  milestone_split: ({ title, milestone, net, refund }) => [
    msg`Milestone ${milestone} of “${title}” was divided`,
    msg`${net} went to the freelancer and ${refund} back to the client, and that is final.`,
  ],
  milestone_claimable: ({ title, milestone, amount }) => [
    msg`You can claim milestone ${milestone} of “${title}”`,
    msg`The client’s time is over. Sign the claim to be paid ${amount}.`,
  ],
  milestone_reclaimable: ({ title, milestone, amount }) => [
    msg`You can take back milestone ${milestone} of “${title}”`,
    msg`Its deadline has passed and nothing was submitted. ${amount} come back if you sign.`,
  ],
  settlement_offered: ({ title, milestone, percent, expires }) => [
    msg`An offer to settle milestone ${milestone} of “${title}”`,
    msg`${percent} to the freelancer, the rest back. It lapses at block ${expires} of Bitcoin.`,
  ],
  dispute_filed: ({ title, milestone, amount, defaultFrom, percent }) => [
    msg`Milestone ${milestone} of “${title}” is disputed`,
    msg`${amount} stay in the escrow. Hand in your evidence before block ${defaultFrom} of Bitcoin: from then on, if the arbiters stay silent, the freelancer gets ${percent}.`,
  ],
  dispute_to_rule: ({ title, milestone, amount, defaultFrom }) => [
    msg`A dispute awaits your ruling`,
    msg`Milestone ${milestone} of “${title}”, ${amount}. Your vote counts before block ${defaultFrom} of Bitcoin.`,
  ],
  default_possible: ({ title, milestone, percent, amount }) => [
    msg`The arbiters’ time on milestone ${milestone} of “${title}” is over`,
    msg`They did not agree. Anyone can sign the default now: ${percent} of ${amount} to the freelancer, the rest back.`,
  ],
  evidence_added: ({ title, milestone, defaultFrom }) => [
    msg`New evidence on milestone ${milestone} of “${title}”`,
    msg`The other side handed something in. You can answer it until block ${defaultFrom} of Bitcoin.`,
  ],
  evidence_to_read: ({ title, milestone, defaultFrom }) => [
    msg`New evidence in a dispute that you rule on`,
    msg`Milestone ${milestone} of “${title}”. Your vote can be changed before block ${defaultFrom} of Bitcoin.`,
  ],
  arbiter_voted: ({ title, milestone, percent }) => [
    msg`An arbiter voted on milestone ${milestone} of “${title}”`,
    msg`It named ${percent} for the freelancer. Money moves once enough of them name one figure.`,
  ],
  dispute_closed: ({ title, milestone, net, refund }) => [
    msg`The dispute on milestone ${milestone} of “${title}” is closed`,
    msg`${net} went to the freelancer and ${refund} back to the client, and that is final.`,
  ],
  dossier_ready: ({ title, milestone }) => [
    msg`The dossier on milestone ${milestone} of “${title}” is ready`,
    msg`It holds every event and all evidence, signed. Keep it: it can be verified without us.`,
  ],
  review_received: ({ title, revealedAt }) => [
    msg`The other side reviewed “${title}”`,
    msg`You see it once you have written yours, or on ${revealedAt} at the latest.`,
  ],
  reviews_revealed: ({ title }) => [
    msg`The reviews of “${title}” are open`,
    msg`Everybody can read them now. They cannot be changed.`,
  ],
  escrow_cache_differed: ({ count }) => [
    msg`What we showed of an escrow was not what the chain says`,
    msg`${count} figures differed. No money moves by what is shown; it is read from the chain anew. Look into the log of the indexer.`,
  ],
};

/**
 * The words of a notification. A kind that is not known here, or data of another version, is told
 * in the server's own English: `lang` says so then.
 */
export function wordsOf(told: Told, i18n: I18n): { title: string; body: string; lang?: 'en' } {
  const words = Object.hasOwn(WORDS, told.kind) ? WORDS[told.kind] : undefined;
  try {
    if (words) {
      const [title, body] = words(reader(told.data, i18n));
      return { title: i18n._(title), body: i18n._(body) };
    }
  } catch (error) {
    if (!(error instanceof Lacking)) throw error;
  }
  return { title: told.title, body: told.body, lang: 'en' };
}
