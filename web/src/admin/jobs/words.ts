import { useLingui } from '@lingui/react/macro';

export interface JobWords {
  name: string;
  /** What it means, for money above all, while it waits. */
  while: string;
}

/** What each type of job is for. One that has no words is shown by its type. */
export function useJobWords(): (type: string) => JobWords {
  const { t } = useLingui();
  const nothing = t`No money waits for it.`;
  const next = t`The next one makes up for it. No money waits for it.`;
  const known: Record<string, JobWords> = {
    'files.check': {
      name: t`Checks an uploaded photo and makes the pictures that are shown`,
      while: t`A task with this photo cannot be posted. No money waits for it.`,
    },
    'files.sweep': { name: t`Clears away uploads that nobody finished`, while: nothing },
    'payouts.round': {
      name: t`Signs and sends payouts, and looks at those that are sent`,
      while: t`The next round comes two seconds later and does the same. Payouts wait only if every round fails.`,
    },
    'payouts.look_back': {
      name: t`Looks up again what was final, and asks the signer how it is`,
      while: t`The next one comes a minute later. Payouts go on meanwhile.`,
    },
    'tasks.sweep_seats': {
      name: t`Frees seats whose time is up`,
      while: t`Seats stay taken until it is done, so a task may end later. Every sum stays where it is.`,
    },
    'projects.lapse_acceptances': {
      name: t`Ends acceptances that were not funded in time`,
      while: t`A project stays promised to one freelancer for longer. Nothing is in escrow for it.`,
    },
    'projects.make_dossier': {
      name: t`Makes the signed record of a dispute`,
      while: t`Arbiters cannot download it. The money stays in the contract, and rulings go on.`,
    },
    'projects.publish_key': {
      name: t`Publishes the key that records are signed with`,
      while: t`Records can be checked only with a key that is known already. No money waits for it.`,
    },
    'projects.reveal_reviews': {
      name: t`Opens reviews whose time has come`,
      while: t`Reviews stay closed. No money waits for it.`,
    },
    'projects.tell_what_is_due': {
      name: t`Reminds people of what is due`,
      while: t`Somebody may miss a date, after which the contract goes by its own rule. Tell them if it lasts.`,
    },
    'notifications.sweep': { name: t`Clears away old notifications`, while: nothing },
    'escrow.sweep': {
      name: t`Compares projects with the contract itself`,
      while: t`A difference is found later. The contract is what counts, whatever is shown here.`,
    },
    'escrow.compare_counts': {
      name: t`Compares what the contract holds with what is shown`,
      while: t`A difference is found later. The contract is what counts, whatever is shown here.`,
    },
    'accounts.sweep': { name: t`Clears away sessions that are over`, while: nothing },
    'ledger.checkpoint': {
      name: t`Signs where the ledger stands`,
      while: t`The next one comes a minute later and covers it. The ledger itself goes on.`,
    },
    'kit.forget_idempotency_keys': {
      name: t`Forgets the keys of requests that are a day old`,
      while: next,
    },
    'jobs.sweep': { name: t`Clears away traces of finished jobs`, while: next },
  };
  return (type) =>
    known[type] ?? {
      name: type,
      while: t`What waits for it is not known here: see the documentation.`,
    };
}
