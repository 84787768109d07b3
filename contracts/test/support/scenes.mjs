// SPDX-License-Identifier: Apache-2.0
// Every state that milestone 1 of a project of two can be in, and how to get there.

/** Each scene gets the world, a fresh project and its token. */
export const SCENES = {
  'locked, not accepted': () => {},
  'locked, accepted': (w, id) => w.must('freelancer', 'accept-project', [id]),
  'locked, deadline reached': (w, id) => {
    w.must('freelancer', 'accept-project', [id]);
    w.session.mineTo(w.model.state.milestones[`${id}/1`].deadline);
  },
  'locked, the other one submitted': (w, id) => w.must('freelancer', 'complete-milestone', [id, 2n]),
  'locked, offered by the client': (w, id) => w.must('client', 'offer-settlement', [id, 1n, 7000n]),
  'locked, offered by the freelancer': (w, id) => w.must('freelancer', 'offer-settlement', [id, 1n, 7000n]),
  submitted,
  'submitted, window over': (w, id) => {
    submitted(w, id);
    w.session.mineTo(w.model.state.milestones[`${id}/1`]['claim-from']);
  },
  'submitted, offered': (w, id) => {
    submitted(w, id);
    w.must('client', 'offer-settlement', [id, 1n, 7000n]);
  },
  'submitted, an offer from before': (w, id) => {
    w.must('client', 'offer-settlement', [id, 1n, 7000n]);
    submitted(w, id);
  },
  'disputed by the client, not accepted': (w, id, token) => w.must('client', 'file-dispute', [id, 1n], token),
  'disputed by the freelancer, not accepted': (w, id, token) => w.must('freelancer', 'file-dispute', [id, 1n], token),
  'disputed by the client, never completed': (w, id, token) => {
    w.must('freelancer', 'accept-project', [id]);
    w.must('client', 'file-dispute', [id, 1n], token);
  },
  'disputed by the freelancer, never completed': (w, id, token) => {
    w.must('freelancer', 'accept-project', [id]);
    w.must('freelancer', 'file-dispute', [id, 1n], token);
  },
  'disputed by the client': (w, id, token) => disputed(w, id, token, 'client'),
  'disputed by the freelancer': (w, id, token) => disputed(w, id, token, 'freelancer'),
  'disputed, one vote': (w, id, token) => {
    disputed(w, id, token, 'client');
    w.must('arbiter-2', 'vote-dispute', [id, 1n, 6000n], token);
  },
  'disputed, arbiters silent': (w, id, token) => {
    disputed(w, id, token, 'client');
    w.session.mineTo(w.model.state.disputes[`${id}/1`]['default-from']);
  },
  released: (w, id, token) => {
    submitted(w, id);
    w.must('client', 'release-milestone', [id, 1n], token);
  },
  conceded: (w, id, token) => {
    submitted(w, id);
    w.must('freelancer', 'concede-milestone', [id, 1n], token);
  },
  settled: (w, id, token) => {
    w.must('client', 'offer-settlement', [id, 1n, 7000n]);
    w.must('freelancer', 'accept-settlement', [id, 1n, 7000n], token);
  },
  ruled: (w, id, token) => {
    disputed(w, id, token, 'freelancer');
    w.must('arbiter', 'vote-dispute', [id, 1n, 6000n], token);
    w.must('arbiter-3', 'vote-dispute', [id, 1n, 6000n], token);
  },
  cancelled: (w, id, token) => w.must('client', 'cancel-project', [id], token),
  declined: (w, id, token) => w.must('freelancer', 'decline-project', [id], token),
};

function submitted(w, id) {
  w.must('freelancer', 'complete-milestone', [id, 1n]);
}

function disputed(w, id, token, filer) {
  submitted(w, id);
  w.must(filer, 'file-dispute', [id, 1n], token);
}

/** Every act on a project or milestone, with arguments that fit the scenes above. */
export const CALLS = {
  'accept-project': (id) => [id],
  'cancel-project': (id) => [id],
  'decline-project': (id) => [id],
  'complete-milestone': (id) => [id, 1n],
  'release-milestone': (id) => [id, 1n],
  'concede-milestone': (id) => [id, 1n],
  'reclaim-milestone': (id) => [id, 1n],
  'claim-milestone': (id) => [id, 1n],
  'file-dispute': (id) => [id, 1n],
  'vote-dispute': (id) => [id, 1n, 6000n],
  'admin-resolve-dispute': (id) => [id, 1n, true],
  'default-dispute': (id) => [id, 1n],
  'offer-settlement': (id) => [id, 1n, 7000n],
  'accept-settlement': (id) => [id, 1n, 7000n],
};

export const CALLERS = ['client', 'freelancer', 'arbiter', 'owner', 'treasury', 'stranger'];
