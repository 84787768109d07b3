;; SPDX-License-Identifier: Apache-2.0
;; Rendezvous joins this file to the contract. `fuzz-*` are acts that it calls at random, beside all
;; public functions of the contract itself; `invariant-*` must hold after any of them; `test-*` are
;; properties of single acts.

(define-constant WALLETS (list
  'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM
  'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5
  'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG))
(define-constant COIN (some .coin-token))
(define-constant ERR-PROPERTY (err u9001))

;; -- set up: the coin may be used from the start -------------------------------------------------

(map-set allowed-tokens .coin-token true)
(map-set token-assets .coin-token "coin")

(define-private (wallet (seed uint))
  (default-to 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM (element-at? WALLETS (mod seed u3))))

(define-private (some-id (seed uint))
  (+ u1 (mod seed (+ u1 (var-get project-count)))))

(define-private (some-num (seed uint))
  (+ u1 (mod seed u2)))

(define-private (some-amount (seed uint))
  (+ MIN-MILESTONE (mod seed u1000000)))

(define-private (figure (seed uint))
  (* u2500 (mod seed u5)))

(define-private (is-stx (project-id uint))
  (match (map-get? projects project-id) project (is-none (get token project)) true))

;; Random numbers alone would rarely name a milestone that the caller can do something with: `pick`
;; looks, from a random place on, for one in the wanted state whose client (u1), freelancer (u2) or
;; either (u3) is the caller; u0 asks for nobody.
(define-constant PLACES (list u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19))

(define-private (has-role (role uint) (client principal) (freelancer principal))
  (or
    (is-eq role u0)
    (and (is-eq (mod role u2) u1) (is-eq tx-sender client))
    (and (>= role u2) (is-eq tx-sender freelancer))))

(define-private (pick-place (place uint) (wanted { seed: uint, num: uint, status: uint, role: uint, found: uint }))
  (let ((id (+ u1 (mod (+ (get seed wanted) place) (+ u1 (var-get project-count))))))
    (match (map-get? milestones { project-id: id, milestone-num: (get num wanted) })
      milestone (match (map-get? projects id)
        project (if (and
            (is-eq (get found wanted) u0)
            (is-eq (get status milestone) (get status wanted))
            (has-role (get role wanted) (get client project) (get freelancer project)))
          (merge wanted { found: id })
          wanted)
        wanted)
      wanted)))

(define-private (pick (seed uint) (num uint) (status uint) (role uint))
  (get found (fold pick-place PLACES { seed: seed, num: num, status: status, role: role, found: u0 })))

(define-private (submitted-or-disputed (seed uint))
  (if (is-eq (mod seed u2) u0) SUBMITTED DISPUTED))

;; -- acts at random ------------------------------------------------------------------------------

(define-public (fuzz-create-stx (freelancer uint) (m1 uint) (m2 uint))
  (begin
    (var-set paused false)
    (create-project-stx (wallet freelancer) (some-amount m1) (some-amount m2) u0 u0)))

(define-public (fuzz-create-coin (freelancer uint) (m1 uint) (m2 uint))
  (begin
    (var-set paused false)
    (map-set allowed-tokens .coin-token true)
    (try! (contract-call? .coin-token mint (+ (some-amount m1) (some-amount m2)) tx-sender))
    (create-project-sbtc (wallet freelancer) (some-amount m1) (some-amount m2) u0 u0 .coin-token)))

(define-public (fuzz-create-terms (freelancer uint) (m1 uint) (reference (buff 32)) (ahead uint) (silent uint))
  (begin
    (var-set paused false)
    (create-project-terms-stx (wallet freelancer) (some-amount m1) u0 u0 u0 reference
      (list (+ burn-block-height DEADLINE-MIN (mod ahead u2000))) (mod silent u10001)
      (var-get arbiter-set) (var-get fee-bps))))

(define-public (fuzz-accept (seed uint))
  (accept-project (pick seed u1 LOCKED u2)))

(define-public (fuzz-complete (seed uint) (num-seed uint))
  (let ((num (some-num num-seed)))
    (complete-milestone (pick seed num LOCKED u2) num)))

(define-public (fuzz-dispute (seed uint) (num-seed uint) (submitted bool))
  (let (
      (num (some-num num-seed))
      (id (pick seed num (if submitted SUBMITTED LOCKED) u3)))
    (if (is-stx id)
      (file-dispute id num)
      (begin
        (try! (contract-call? .coin-token mint u60000 tx-sender))
        (file-dispute-sbtc id num .coin-token)))))

(define-public (fuzz-vote (seed uint) (num-seed uint) (bps uint))
  (let ((num (some-num num-seed)) (id (pick seed num DISPUTED u0)))
    (if (is-stx id)
      (vote-dispute-stx id num (figure bps))
      (vote-dispute-sbtc id num (figure bps) .coin-token))))

(define-public (fuzz-release (seed uint) (num-seed uint) (state uint))
  (let ((num (some-num num-seed)) (id (pick seed num (submitted-or-disputed state) u1)))
    (if (is-stx id) (release-milestone-stx id num) (release-milestone-sbtc id num .coin-token))))

(define-public (fuzz-concede (seed uint) (num-seed uint) (state uint))
  (let ((num (some-num num-seed)) (id (pick seed num (submitted-or-disputed state) u2)))
    (if (is-stx id) (concede-milestone-stx id num) (concede-milestone-sbtc id num .coin-token))))

(define-public (fuzz-claim (seed uint) (num-seed uint))
  (let ((num (some-num num-seed)) (id (pick seed num SUBMITTED u0)))
    (if (is-stx id) (claim-milestone-stx id num) (claim-milestone-sbtc id num .coin-token))))

(define-public (fuzz-default (seed uint) (num-seed uint))
  (let ((num (some-num num-seed)) (id (pick seed num DISPUTED u0)))
    (if (is-stx id) (default-dispute-stx id num) (default-dispute-sbtc id num .coin-token))))

(define-public (fuzz-reclaim (seed uint) (num-seed uint))
  (let ((num (some-num num-seed)) (id (pick seed num LOCKED u1)))
    (if (is-stx id) (reclaim-milestone-stx id num) (reclaim-milestone-sbtc id num .coin-token))))

(define-public (fuzz-cancel (seed uint))
  (let ((id (pick seed u1 LOCKED u1)))
    (if (is-stx id) (cancel-project-stx id) (cancel-project-sbtc id .coin-token))))

(define-public (fuzz-decline (seed uint))
  (let ((id (pick seed u1 LOCKED u2)))
    (if (is-stx id) (decline-project-stx id) (decline-project-sbtc id .coin-token))))

(define-public (fuzz-offer (seed uint) (num-seed uint) (state uint) (bps uint))
  (let ((num (some-num num-seed)))
    (offer-settlement (pick seed num (+ u1 (mod state u3)) u3) num (figure bps))))

(define-public (fuzz-settle (seed uint) (num-seed uint) (state uint))
  (let (
      (num (some-num num-seed))
      (id (pick seed num (+ u1 (mod state u3)) u3))
      (project (unwrap! (map-get? projects id) ERR-NO-PROJECT))
      (other (if (is-eq tx-sender (get client project)) (get freelancer project) (get client project)))
      (offer (unwrap! (get-offer id num other) ERR-NO-OFFER)))
    (if (is-stx id)
      (accept-settlement-stx id num (get bps offer))
      (accept-settlement-sbtc id num (get bps offer) .coin-token))))

(define-public (fuzz-refuse (seed uint) (refuses bool))
  (contract-call? .coin-token refuse (wallet seed) refuses))

(define-public (fuzz-withdraw (seed uint))
  (begin
    (try! (contract-call? .coin-token refuse (wallet seed) false))
    (withdraw-credit-sbtc (wallet seed) .coin-token)))

(define-public (fuzz-sweep-coin)
  (sweep-fees-sbtc .coin-token))

(define-public (fuzz-fee (bps uint))
  (begin
    (var-set proposed-fee (some { bps: (mod bps u1001), active-from: burn-block-height }))
    (activate-fee)))

;; -- invariants ----------------------------------------------------------------------------------

(define-constant TENS (list u0 u10 u20 u30 u40 u50 u60 u70 u80 u90 u100 u110 u120 u130 u140 u150 u160
  u170 u180 u190 u200 u210 u220 u230 u240 u250 u260 u270 u280 u290 u300 u310 u320 u330 u340 u350 u360
  u370 u380 u390))
(define-constant ONES (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10))
(define-constant NUMS (list u1 u2 u3 u4))

(define-read-only (coin-held)
  (contract-call? .coin-token balance-of current-contract))

(define-read-only (invariant-owed-is-held)
  (and
    (is-eq (get-owed none) (stx-get-balance current-contract))
    (is-eq (get-owed COIN) (coin-held))))

(define-private (sum-num (num uint) (sums { id: uint, token: (optional principal), open: uint, got: uint }))
  (let ((key { project-id: (get id sums), milestone-num: num }))
    (match (map-get? milestones key)
      milestone (let (
          (bond (match (map-get? disputes key) dispute (get bond dispute) u0))
          (status (get status milestone)))
        (merge sums {
          open: (+ (get open sums)
            (if (is-open status) (get amount milestone) u0)
            (if (is-eq status DISPUTED) bond u0)),
          got: (+ (get got sums) (get amount milestone) bond)
        }))
      sums)))

(define-private (sum-id (one uint) (sums { id: uint, ten: uint, token: (optional principal), open: uint, got: uint }))
  (match (map-get? projects (+ (get ten sums) one))
    project (if (is-eq (get token project) (get token sums))
      (let ((part (fold sum-num NUMS {
          id: (+ (get ten sums) one), token: (get token sums), open: (get open sums), got: (get got sums) })))
        (merge sums { open: (get open part), got: (get got part) }))
      sums)
    sums))

(define-private (sum-ten (ten uint) (sums { id: uint, ten: uint, token: (optional principal), open: uint, got: uint }))
  (if (< ten (var-get project-count))
    (fold sum-id ONES (merge sums { ten: ten }))
    sums))

(define-private (sum-credits (token (optional principal)))
  (+
    (get-credit (wallet u0) token)
    (get-credit (wallet u1) token)
    (get-credit (wallet u2) token)))

(define-private (sums-of (token (optional principal)))
  (fold sum-ten TENS { id: u0, ten: u0, token: token, open: u0, got: u0 }))

;; Every unit that is owed belongs to an open milestone, a bond, a credit or the treasury.
(define-private (adds-up (token (optional principal)))
  (is-eq (get-owed token)
    (+ (get open (sums-of token)) (sum-credits token) (get-fees token))))

(define-read-only (invariant-owed-adds-up)
  (and (<= (var-get project-count) u400) (adds-up none) (adds-up COIN)))

;; What was paid out is what came in less what is here: never more than what came in.
(define-read-only (invariant-never-pays-more-than-it-got)
  (and
    (>= (get got (sums-of none)) (get-owed none))
    (>= (get got (sums-of COIN)) (get-owed COIN))))

(define-private (has-ways-out (num uint) (state { id: uint, holds: bool }))
  (match (get-acts (get id state) num)
    acts (let ((status (get status acts)))
      (merge state { holds: (and (get holds state)
        (if (is-eq status LOCKED)
          (and
            (is-some (get client-reclaim acts))
            (is-some (get freelancer-complete acts))
            (<= (default-to u0 (get from (get client-reclaim acts))) (+ burn-block-height DEADLINE-MAX)))
          (if (is-eq status SUBMITTED)
            (and
              (is-some (get client-release acts))
              (<= (default-to u340282366920938463463374607431768211455 (get from (get anyone-claim acts)))
                (+ burn-block-height CLAIM-WINDOW)))
            (if (is-eq status DISPUTED)
              (<= (default-to u340282366920938463463374607431768211455 (get from (get anyone-default acts)))
                (+ burn-block-height ARBITER-WINDOW))
              true)))) }))
    state))

;; Whatever the state: each side alone ends it, at a height that is known and in bounds.
(define-read-only (invariant-a-timed-way-out (seed uint))
  (get holds (fold has-ways-out NUMS { id: (some-id seed), holds: true })))

(define-read-only (invariant-closed-says-how (seed uint))
  (let ((key { project-id: (some-id seed), milestone-num: (some-num seed) }))
    (match (map-get? milestones key)
      milestone (match (get bps milestone)
        bps (is-eq (get status milestone) (status-of bps))
        (is-open (get status milestone)))
      true)))

(define-read-only (invariant-parties-differ (seed uint))
  (match (map-get? projects (some-id seed))
    project (and
      (not (is-eq (get client project) (get freelancer project)))
      (not (is-eq (get client project) current-contract))
      (not (is-eq (get freelancer project) current-contract))
      (is-some (map-get? arbiter-sets (get arbiter-set project)))
      (<= (get fee-bps project) MAX-FEE-BPS)
      (<= (get silent-bps project) BPS))
    true))

(define-read-only (invariant-never-left-busy)
  (not (var-get busy)))

;; -- properties ----------------------------------------------------------------------------------

(define-public (test-division-loses-nothing (amount uint) (bps uint) (rate uint))
  (let (
      (whole (+ MIN-MILESTONE (mod amount MAX-MILESTONE)))
      (parts (divide whole (mod bps u10001) (mod rate u1001))))
    (asserts! (is-eq whole (+ (get net parts) (get fee parts) (get refund parts))) ERR-PROPERTY)
    (asserts! (<= (* (get fee parts) BPS) (* (get gross parts) (mod rate u1001))) ERR-PROPERTY)
    (asserts! (is-eq (is-eq (get gross parts) u0) (is-eq (mod bps u10001) u0)) ERR-PROPERTY)
    (asserts! (is-eq (is-eq (get refund parts) u0) (is-eq (mod bps u10001) BPS)) ERR-PROPERTY)
    (ok true)))

(define-public (test-bond-follows-the-outcome (bps uint) (by-client bool))
  (let (
      (client (wallet u0))
      (freelancer (wallet u1))
      (filer (if by-client client freelancer))
      (owner-of-bond (bond-owner { filer: filer } client freelancer (mod bps u10001)))
      (filer-empty (is-eq (mod bps u10001) (if by-client BPS u0))))
    (asserts! (is-eq filer-empty (not (is-eq owner-of-bond filer))) ERR-PROPERTY)
    (ok true)))

(define-public (test-cancel-gives-all-back (freelancer uint) (m1 uint) (m2 uint))
  (let (
      (before (stx-get-balance tx-sender))
      (other (if (is-eq tx-sender (wallet freelancer)) (wallet (+ freelancer u1)) (wallet freelancer)))
      (id (try! (create-project-stx other (some-amount m1) (some-amount m2) u0 u0))))
    (asserts! (is-eq (stx-get-balance tx-sender) (- before (some-amount m1) (some-amount m2))) ERR-PROPERTY)
    (try! (cancel-project-stx id))
    (asserts! (is-eq (stx-get-balance tx-sender) before) ERR-PROPERTY)
    (ok true)))

;; Tokens: what is refused is credited, stays owed, and is paid when it is no longer refused.
(define-public (test-credit-is-paid-later (freelancer uint) (m1 uint) (m2 uint))
  (let (
      (who tx-sender)
      (total (+ (some-amount m1) (some-amount m2)))
      (other (if (is-eq tx-sender (wallet freelancer)) (wallet (+ freelancer u1)) (wallet freelancer))))
    (try! (contract-call? .coin-token refuse who false))
    (try! (contract-call? .coin-token mint total who))
    (let (
        (owed-before (get-owed COIN))
        (credit-before (get-credit who COIN))
        (id (try! (create-project-sbtc other (some-amount m1) (some-amount m2) u0 u0 .coin-token))))
      (try! (contract-call? .coin-token refuse who true))
      (try! (cancel-project-sbtc id .coin-token))
      (asserts! (is-eq (get-credit who COIN) (+ credit-before total)) ERR-PROPERTY)
      (asserts! (is-eq (get-owed COIN) (+ owed-before total)) ERR-PROPERTY)
      (try! (contract-call? .coin-token refuse who false))
      (asserts! (is-eq (try! (withdraw-credit-sbtc who .coin-token)) (+ credit-before total)) ERR-PROPERTY)
      (asserts! (is-eq (get-credit who COIN) u0) ERR-PROPERTY)
      (asserts! (is-eq (get-owed COIN) (- owed-before credit-before)) ERR-PROPERTY)
      (ok true))))

(define-public (test-nobody-else-may-act (freelancer uint) (m1 uint))
  (let (
      (other (if (is-eq tx-sender (wallet freelancer)) (wallet (+ freelancer u1)) (wallet freelancer)))
      (id (try! (create-project-stx other (some-amount m1) u0 u0 u0))))
    (asserts! (is-eq (accept-project id) ERR-NOT-FREELANCER) ERR-PROPERTY)
    (asserts! (is-eq (complete-milestone id u1) ERR-NOT-FREELANCER) ERR-PROPERTY)
    (asserts! (is-eq (decline-project-stx id) ERR-NOT-FREELANCER) ERR-PROPERTY)
    (asserts! (is-eq (release-milestone-stx id u1) ERR-NOT-DUE) ERR-PROPERTY)
    (asserts! (is-eq (reclaim-milestone-stx id u1) ERR-TOO-EARLY) ERR-PROPERTY)
    (asserts! (is-eq (claim-milestone-stx id u1) ERR-NOT-SUBMITTED) ERR-PROPERTY)
    (asserts! (is-eq (default-dispute-stx id u1) ERR-NOT-DISPUTED) ERR-PROPERTY)
    (ok true)))
