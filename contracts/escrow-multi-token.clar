;; SPDX-License-Identifier: Apache-2.0
;;
;; escrow-multi-token: projects of one to four milestones, paid in STX or in a SIP-010 token.
;;
;; What is locked here can reach three addresses only: the project's client, its freelancer and,
;; as the fee that was fixed when the project was created and that is taken when the freelancer is
;; paid, the treasury. Nobody can stop a way out: the pause and the list of tokens concern new
;; projects alone. Every state has a way out for each side that opens at a known height.
;;
;; Time is counted in burn (Bitcoin) blocks, about 144 a day. Clarity 4, epoch 3.3.
;; README.md beside this file says who can move which money when.

(define-trait sip-010-trait
  (
    (transfer (uint principal principal (optional (buff 34))) (response bool uint))
    (get-name () (response (string-ascii 32) uint))
    (get-symbol () (response (string-ascii 32) uint))
    (get-decimals () (response uint uint))
    (get-balance (principal) (response uint uint))
    (get-total-supply () (response uint uint))
    (get-token-uri () (response (optional (string-utf8 256)) uint))
  ))

;; -- errors: each states a fact ------------------------------------------------------------------

(define-constant ERR-NO-PROJECT (err u1001))
(define-constant ERR-NO-MILESTONE (err u1002))
(define-constant ERR-NOT-CLIENT (err u1003))
(define-constant ERR-NOT-FREELANCER (err u1004))
(define-constant ERR-NOT-PARTY (err u1005))
(define-constant ERR-NOT-ARBITER (err u1006))
(define-constant ERR-ARBITER-IS-PARTY (err u1007))
(define-constant ERR-NOT-OWNER (err u1008))
(define-constant ERR-NOT-DIRECT (err u1009))
(define-constant ERR-REENTERED (err u1010))
(define-constant ERR-WRONG-TOKEN (err u1011))
(define-constant ERR-TOKEN-NOT-ALLOWED (err u1012))
(define-constant ERR-PAYMENT-REFUSED (err u1013))
(define-constant ERR-PAYMENT-SHORT (err u1014))
(define-constant ERR-PAUSED (err u1015))
(define-constant ERR-BAD-FREELANCER (err u1016))
(define-constant ERR-BAD-AMOUNTS (err u1017))
(define-constant ERR-BAD-DEADLINES (err u1018))
(define-constant ERR-BAD-BPS (err u1019))
(define-constant ERR-REFERENCE-USED (err u1020))
(define-constant ERR-SET-DIFFERS (err u1021))
(define-constant ERR-FEE-DIFFERS (err u1022))
(define-constant ERR-ALREADY-ACCEPTED (err u1023))
(define-constant ERR-NOTHING-OPEN (err u1024))
(define-constant ERR-NOT-ALL-LOCKED (err u1025))
(define-constant ERR-NOTHING-LOCKED (err u1026))
(define-constant ERR-NOT-LOCKED (err u1027))
(define-constant ERR-NOT-SUBMITTED (err u1028))
(define-constant ERR-NOT-DISPUTED (err u1029))
(define-constant ERR-ALREADY-DISPUTED (err u1030))
(define-constant ERR-NOT-DUE (err u1031))
(define-constant ERR-CLOSED (err u1032))
(define-constant ERR-TOO-EARLY (err u1033))
(define-constant ERR-TOO-LATE (err u1034))
(define-constant ERR-NO-OFFER (err u1035))
(define-constant ERR-OFFER-LAPSED (err u1036))
(define-constant ERR-OFFER-DIFFERS (err u1037))
(define-constant ERR-SAME-VOTE (err u1038))
(define-constant ERR-NOTHING-OWED (err u1039))
(define-constant ERR-BAD-MEMBERS (err u1040))
(define-constant ERR-BAD-THRESHOLD (err u1041))
(define-constant ERR-FEE-TOO-HIGH (err u1042))
(define-constant ERR-NO-PROPOSAL (err u1043))
(define-constant ERR-BAD-TREASURY (err u1044))
(define-constant ERR-ASSET-FIXED (err u1045))
(define-constant ERR-BAD-ASSET (err u1046))

;; -- fixed figures -------------------------------------------------------------------------------

(define-constant SCHEMA-VERSION u1)
(define-constant BPS u10000)
(define-constant MIN-MILESTONE u10000)
;; Far above any supply, and so small that no product of it can overflow and stop a way out.
(define-constant MAX-MILESTONE u1000000000000000000000000000000)
(define-constant BOND-BPS u500)
(define-constant MAX-FEE-BPS u1000)
(define-constant EVEN-BPS u5000)
(define-constant CLAIM-WINDOW u2016)
(define-constant ARBITER-WINDOW u4320)
(define-constant OFFER-WINDOW u1008)
(define-constant TIME-LOCK u1008)
(define-constant DEADLINE-STEP u4320)
(define-constant DEADLINE-MIN u144)
(define-constant DEADLINE-MAX u52560)

;; The states of a milestone. They only ever grow: an offer made in one state lapses in the next.
(define-constant LOCKED u1)
(define-constant SUBMITTED u2)
(define-constant DISPUTED u3)
(define-constant PAID u4)
(define-constant SPLIT u5)
(define-constant REFUNDED u6)

;; -- state ---------------------------------------------------------------------------------------

(define-data-var owner principal tx-sender)
(define-data-var proposed-owner (optional principal) none)
(define-data-var treasury principal tx-sender)
(define-data-var paused bool false)

(define-data-var fee-bps uint u0)
(define-data-var proposed-fee (optional { bps: uint, active-from: uint }) none)

(define-data-var arbiter-set uint u1)
(define-data-var arbiter-set-count uint u1)
(define-data-var proposed-set (optional { set-id: uint, active-from: uint }) none)

(define-data-var project-count uint u0)
(define-data-var event-count uint u0)

;; True while a token contract runs: until it returns, nothing here may be called.
(define-data-var busy bool false)

;; Never changed once written.
(define-map arbiter-sets uint { members: (list 9 principal), threshold: uint })

;; token: none is STX. `accepted` and `cancelled` are all that ever changes.
(define-map projects uint {
  client: principal,
  freelancer: principal,
  token: (optional principal),
  milestones: uint,
  total: uint,
  fee-bps: uint,
  arbiter-set: uint,
  silent-bps: uint,
  reference: (optional (buff 32)),
  created-at: uint,
  accepted: bool,
  cancelled: bool
})

;; claim-from is there once it was completed; bps once it is closed: the freelancer's part.
(define-map milestones { project-id: uint, milestone-num: uint } {
  amount: uint,
  deadline: uint,
  status: uint,
  claim-from: (optional uint),
  bps: (optional uint)
})

;; At most one for a milestone, for ever. default-bps is what silent arbiters lead to.
(define-map disputes { project-id: uint, milestone-num: uint } {
  filer: principal,
  bond: uint,
  filed-at: uint,
  default-from: uint,
  default-bps: uint
})

(define-map votes { project-id: uint, milestone-num: uint, arbiter: principal } uint)
(define-map tallies { project-id: uint, milestone-num: uint, bps: uint } uint)

;; The latest offer of each side; a new one takes the place of the one before.
(define-map offers { project-id: uint, milestone-num: uint, by: principal } {
  bps: uint,
  expires: uint,
  status: uint
})

(define-map references { client: principal, reference: (buff 32) } uint)

;; The allow-list of the day, asked only when a project is created.
(define-map allowed-tokens principal bool)
;; The name of the asset inside the token contract. Fixed as soon as the token has been taken in.
(define-map token-assets principal (string-ascii 128))

;; What this contract owes in each token: open milestones, bonds, credits and fees together.
(define-map owed (optional principal) uint)
(define-map fees (optional principal) uint)
(define-map credits { who: principal, token: (optional principal) } uint)

;; -- guards --------------------------------------------------------------------------------------

(define-private (check-idle)
  (ok (asserts! (not (var-get busy)) ERR-REENTERED)))

;; A party signs for itself: no contract in between may act in its name.
(define-private (check-direct)
  (begin
    (try! (check-idle))
    (ok (asserts! (is-eq tx-sender contract-caller) ERR-NOT-DIRECT))))

(define-private (check-owner)
  (begin
    (try! (check-direct))
    (ok (asserts! (is-eq tx-sender (var-get owner)) ERR-NOT-OWNER))))

(define-private (is-party (who principal) (client principal) (freelancer principal))
  (or (is-eq who client) (is-eq who freelancer)))

(define-private (check-token (stored (optional principal)) (token (optional <sip-010-trait>)))
  (ok (asserts! (is-eq stored (principal-of token)) ERR-WRONG-TOKEN)))

(define-private (is-open (status uint))
  (<= status DISPUTED))

;; -- money in and out ----------------------------------------------------------------------------

(define-private (principal-of (token (optional <sip-010-trait>)))
  (match token ft (some (contract-of ft)) none))

(define-private (asset-of (token principal))
  (default-to "" (map-get? token-assets token)))

(define-private (add-owed (token (optional principal)) (amount uint))
  (map-set owed token (+ (get-owed token) amount)))

(define-private (sub-owed (token (optional principal)) (amount uint))
  (map-set owed token (- (get-owed token) amount)))

;; From the caller to this contract, or nothing at all.
(define-private (take (amount uint) (token (optional <sip-010-trait>)))
  (begin
    (add-owed (principal-of token) amount)
    (match token
      ft (take-token amount ft)
      (ok (unwrap! (stx-transfer? amount tx-sender current-contract) ERR-PAYMENT-REFUSED)))))

;; While the token runs in the caller's name it may move this amount of its named asset and nothing
;; else of the caller's. A wrong name fails here, before money is locked under it; what did not
;; arrive in full is refused.
(define-private (take-token (amount uint) (ft <sip-010-trait>))
  (begin
    (var-set busy true)
    (asserts! (unwrap!
      (restrict-assets? tx-sender ((with-ft (contract-of ft) (asset-of (contract-of ft)) amount))
        (let ((before (unwrap! (contract-call? ft get-balance current-contract) ERR-PAYMENT-REFUSED)))
          (asserts! (unwrap! (contract-call? ft transfer amount tx-sender current-contract none)
            ERR-PAYMENT-REFUSED) ERR-PAYMENT-REFUSED)
          (is-eq (+ before amount)
            (unwrap! (contract-call? ft get-balance current-contract) ERR-PAYMENT-REFUSED))))
      ERR-PAYMENT-REFUSED) ERR-PAYMENT-SHORT)
    (ok (var-set busy false))))

;; From this contract, at most this amount of this asset; says whether it was paid. Whatever else a
;; token tries to move comes out as an error here, and all that it did is undone; so is what it did
;; before it answered with an error of its own. A token that answers ok is believed.
(define-private (push (amount uint) (to principal) (token (optional <sip-010-trait>)))
  (match token
    ft (is-eq (ok true)
      (as-contract? ((with-ft (contract-of ft) (asset-of (contract-of ft)) amount))
        (is-ok (contract-call? ft transfer amount current-contract to none))))
    (is-eq (ok true)
      (as-contract? ((with-stx amount))
        (is-ok (stx-transfer? amount current-contract to))))))

;; The debt is struck off before the token runs and while it runs nothing here can be called.
(define-private (settle-debt (amount uint) (to principal) (token (optional <sip-010-trait>)))
  (begin
    (sub-owed (principal-of token) amount)
    (var-set busy true)
    (let ((paid (push amount to token)))
      (var-set busy false)
      paid)))

;; Pays, or writes down what was refused, so that one side's refusal never holds up the other.
;; Returns what was credited instead of paid.
(define-private (pay-or-credit (amount uint) (to principal) (token (optional <sip-010-trait>)))
  (if (or (is-eq amount u0) (settle-debt amount to token))
    u0
    (let ((stored (principal-of token)))
      (add-owed stored amount)
      (map-set credits { who: to, token: stored } (+ (get-credit to stored) amount))
      amount)))

;; -- the one way in which a single milestone closes ----------------------------------------------

;; The freelancer's part and the fee on it are rounded down, the rest is the client's: rounding never
;; takes from the client for the freelancer, nor from the freelancer for the treasury.
(define-read-only (divide (amount uint) (bps uint) (rate-bps uint))
  (let (
      (gross (/ (* amount bps) BPS))
      (fee (/ (* gross rate-bps) BPS)))
    { gross: gross, fee: fee, net: (- gross fee), refund: (- amount gross) }))

(define-private (status-of (bps uint))
  (if (is-eq bps BPS) PAID (if (is-eq bps u0) REFUNDED SPLIT)))

;; The bond goes back to who filed, unless that side ends with nothing of the milestone.
(define-private (bond-owner
    (dispute { filer: principal })
    (client principal)
    (freelancer principal)
    (bps uint))
  (if (is-eq (get filer dispute) client)
    (if (is-eq bps BPS) freelancer client)
    (if (is-eq bps u0) client freelancer)))

(define-private (close
    (event (string-ascii 32))
    (how (string-ascii 16))
    (project-id uint)
    (milestone-num uint)
    (bps uint)
    (token (optional <sip-010-trait>)))
  (let (
      (key { project-id: project-id, milestone-num: milestone-num })
      (project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT))
      (milestone (unwrap! (map-get? milestones key) ERR-NO-MILESTONE))
      (client (get client project))
      (freelancer (get freelancer project))
      (parts (divide (get amount milestone) bps (get fee-bps project)))
      (dispute (if (is-eq (get status milestone) DISPUTED) (map-get? disputes key) none))
      (bond (match dispute filed (get bond filed) u0))
      (bond-to (match dispute filed (some (bond-owner { filer: (get filer filed) } client freelancer bps)) none))
      (stored (get token project)))
    (map-set milestones key (merge milestone { status: (status-of bps), bps: (some bps) }))
    (map-set fees stored (+ (get-fees stored) (get fee parts)))
    (let (
        (credited-freelancer (pay-or-credit
          (+ (get net parts) (if (is-eq bond-to (some freelancer)) bond u0)) freelancer token))
        (credited-client (pay-or-credit
          (+ (get refund parts) (if (is-eq bond-to (some client)) bond u0)) client token)))
      (print {
        event: event,
        v: SCHEMA-VERSION,
        seq: (next-seq),
        actor: tx-sender,
        height: burn-block-height,
        project-id: project-id,
        milestone-num: milestone-num,
        how: how,
        status: (status-of bps),
        bps: bps,
        amount: (get amount milestone),
        gross: (get gross parts),
        fee: (get fee parts),
        net: (get net parts),
        refund: (get refund parts),
        bond: bond,
        bond-to: bond-to,
        credited-client: credited-client,
        credited-freelancer: credited-freelancer
      })
      (ok true))))

(define-private (next-seq)
  (let ((seq (+ (var-get event-count) u1)))
    (var-set event-count seq)
    seq))

;; -- creation ------------------------------------------------------------------------------------

;; How many milestones: amounts without a gap, each within its bounds; 0 says they are not so.
(define-private (count-amounts (m1 uint) (m2 uint) (m3 uint) (m4 uint))
  (if (and
      (is-amount m1)
      (or (is-eq m2 u0) (is-amount m2))
      (or (is-eq m3 u0) (and (is-amount m3) (> m2 u0)))
      (or (is-eq m4 u0) (and (is-amount m4) (> m3 u0))))
    (+ u1 (if (> m2 u0) u1 u0) (if (> m3 u0) u1 u0) (if (> m4 u0) u1 u0))
    u0))

(define-private (is-amount (amount uint))
  (and (>= amount MIN-MILESTONE) (<= amount MAX-MILESTONE)))

(define-private (is-deadline (height uint))
  (and
    (>= height (+ burn-block-height DEADLINE-MIN))
    (<= height (+ burn-block-height DEADLINE-MAX))))

(define-private (add-if-bad (height uint) (bad uint))
  (if (is-deadline height) bad (+ bad u1)))

(define-private (write-milestone (project-id uint) (milestone-num uint) (amount uint) (deadline (optional uint)))
  (and
    (> amount u0)
    (map-set milestones { project-id: project-id, milestone-num: milestone-num } {
      amount: amount,
      deadline: (default-to u0 deadline),
      status: LOCKED,
      claim-from: none,
      bps: none
    })))

;; What the client states beyond freelancer and amounts. Both forms come through here.
(define-private (create
    (freelancer principal)
    (m1 uint) (m2 uint) (m3 uint) (m4 uint)
    (reference (optional (buff 32)))
    (deadlines (list 4 uint))
    (silent-bps uint)
    (token (optional <sip-010-trait>)))
  (let (
      (project-id (+ (var-get project-count) u1))
      (count (count-amounts m1 m2 m3 m4))
      (total (if (> count u0) (+ m1 m2 m3 m4) u0))
      (stored (principal-of token)))
    (try! (check-direct))
    (asserts! (not (var-get paused)) ERR-PAUSED)
    (asserts! (is-token-allowed stored) ERR-TOKEN-NOT-ALLOWED)
    (asserts! (not (or
      (is-eq freelancer tx-sender)
      (is-eq freelancer current-contract)
      (is-eq tx-sender current-contract))) ERR-BAD-FREELANCER)
    (asserts! (> count u0) ERR-BAD-AMOUNTS)
    (asserts! (and
      (is-eq (len deadlines) count)
      (is-eq (fold add-if-bad deadlines u0) u0)) ERR-BAD-DEADLINES)
    (asserts! (<= silent-bps BPS) ERR-BAD-BPS)
    (asserts! (match reference named (map-insert references { client: tx-sender, reference: named } project-id) true)
      ERR-REFERENCE-USED)
    (var-set project-count project-id)
    (map-set projects project-id {
      client: tx-sender,
      freelancer: freelancer,
      token: stored,
      milestones: count,
      total: total,
      fee-bps: (var-get fee-bps),
      arbiter-set: (var-get arbiter-set),
      silent-bps: silent-bps,
      reference: reference,
      created-at: burn-block-height,
      accepted: false,
      cancelled: false
    })
    (write-milestone project-id u1 m1 (element-at? deadlines u0))
    (write-milestone project-id u2 m2 (element-at? deadlines u1))
    (write-milestone project-id u3 m3 (element-at? deadlines u2))
    (write-milestone project-id u4 m4 (element-at? deadlines u3))
    (try! (take total token))
    (print {
      event: "project-created",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      client: tx-sender,
      freelancer: freelancer,
      token: stored,
      amounts: (unwrap! (slice? (list m1 m2 m3 m4) u0 count) ERR-BAD-AMOUNTS),
      deadlines: deadlines,
      total: total,
      reference: reference,
      silent-bps: silent-bps,
      fee-bps: (var-get fee-bps),
      arbiter-set: (var-get arbiter-set),
      bond-bps: BOND-BPS,
      claim-window: CLAIM-WINDOW,
      arbiter-window: ARBITER-WINDOW,
      offer-window: OFFER-WINDOW
    })
    (ok project-id)))

(define-private (default-deadlines (count uint))
  (default-to (list) (slice?
    (list
      (+ burn-block-height DEADLINE-STEP)
      (+ burn-block-height (* u2 DEADLINE-STEP))
      (+ burn-block-height (* u3 DEADLINE-STEP))
      (+ burn-block-height (* u4 DEADLINE-STEP)))
    u0 count)))

(define-private (check-expected (expected-set uint) (expected-fee-bps uint))
  (begin
    (asserts! (is-eq expected-set (var-get arbiter-set)) ERR-SET-DIFFERS)
    (ok (asserts! (is-eq expected-fee-bps (var-get fee-bps)) ERR-FEE-DIFFERS))))

(define-public (create-project-stx (freelancer principal) (m1 uint) (m2 uint) (m3 uint) (m4 uint))
  (create freelancer m1 m2 m3 m4 none (default-deadlines (count-amounts m1 m2 m3 m4)) EVEN-BPS none))

(define-public (create-project-sbtc
    (freelancer principal) (m1 uint) (m2 uint) (m3 uint) (m4 uint)
    (token <sip-010-trait>))
  (create freelancer m1 m2 m3 m4 none (default-deadlines (count-amounts m1 m2 m3 m4)) EVEN-BPS (some token)))

;; With terms: the reference of what both agreed on, one deadline (a burn height) per milestone,
;; the freelancer's part if everybody stays silent in a dispute, and the arbiter set and fee that
;; the client saw; the call fails if either has changed since.
(define-public (create-project-terms-stx
    (freelancer principal) (m1 uint) (m2 uint) (m3 uint) (m4 uint)
    (reference (buff 32))
    (deadlines (list 4 uint))
    (silent-bps uint)
    (expected-set uint)
    (expected-fee-bps uint))
  (begin
    (try! (check-expected expected-set expected-fee-bps))
    (create freelancer m1 m2 m3 m4 (some reference) deadlines silent-bps none)))

(define-public (create-project-terms-sbtc
    (freelancer principal) (m1 uint) (m2 uint) (m3 uint) (m4 uint)
    (reference (buff 32))
    (deadlines (list 4 uint))
    (silent-bps uint)
    (expected-set uint)
    (expected-fee-bps uint)
    (token <sip-010-trait>))
  (begin
    (try! (check-expected expected-set expected-fee-bps))
    (create freelancer m1 m2 m3 m4 (some reference) deadlines silent-bps (some token))))

;; -- acts on a whole project ---------------------------------------------------------------------

(define-private (is-status (project-id uint) (milestone-num uint) (status uint))
  (match (map-get? milestones { project-id: project-id, milestone-num: milestone-num })
    milestone (is-eq (get status milestone) status)
    false))

(define-private (count-status (project-id uint) (status uint))
  (+
    (if (is-status project-id u1 status) u1 u0)
    (if (is-status project-id u2 status) u1 u0)
    (if (is-status project-id u3 status) u1 u0)
    (if (is-status project-id u4 status) u1 u0)))

(define-private (mark-accepted (project-id uint))
  (let ((project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT)))
    (map-set projects project-id (merge project { accepted: true }))
    (print {
      event: "project-accepted",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id
    })
    (ok true)))

(define-public (accept-project (project-id uint))
  (let ((project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT)))
    (try! (check-direct))
    (asserts! (is-eq tx-sender (get freelancer project)) ERR-NOT-FREELANCER)
    (asserts! (not (get accepted project)) ERR-ALREADY-ACCEPTED)
    (asserts! (> (+ (count-status project-id LOCKED) (count-status project-id DISPUTED)) u0) ERR-NOTHING-OPEN)
    (mark-accepted project-id)))

(define-private (give-back (milestone-num uint) (given { project-id: uint, refund: uint, nums: (list 4 uint) }))
  (let ((key { project-id: (get project-id given), milestone-num: milestone-num }))
    (match (map-get? milestones key)
      milestone (if (is-eq (get status milestone) LOCKED)
        (begin
          (map-set milestones key (merge milestone { status: REFUNDED, bps: (some u0) }))
          {
            project-id: (get project-id given),
            refund: (+ (get refund given) (get amount milestone)),
            nums: (default-to (get nums given) (as-max-len? (append (get nums given) milestone-num) u4))
          })
        given)
      given)))

;; All locked milestones go back to the client, in one payment.
(define-private (give-back-locked (event (string-ascii 32)) (project-id uint) (token (optional <sip-010-trait>)))
  (let (
      (project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT))
      (given (fold give-back (list u1 u2 u3 u4) { project-id: project-id, refund: u0, nums: (list) }))
      (credited (pay-or-credit (get refund given) (get client project) token)))
    (print {
      event: event,
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      milestone-nums: (get nums given),
      refund: (get refund given),
      credited-client: credited
    })
    (ok true)))

(define-private (cancel (project-id uint) (token (optional <sip-010-trait>)))
  (let ((project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT)))
    (try! (check-direct))
    (try! (check-token (get token project) token))
    (asserts! (is-eq tx-sender (get client project)) ERR-NOT-CLIENT)
    (asserts! (not (get accepted project)) ERR-ALREADY-ACCEPTED)
    (asserts! (is-eq (count-status project-id LOCKED) (get milestones project)) ERR-NOT-ALL-LOCKED)
    (map-set projects project-id (merge project { cancelled: true }))
    (give-back-locked "project-cancelled" project-id token)))

(define-public (cancel-project-stx (project-id uint))
  (cancel project-id none))

(define-public (cancel-project-sbtc (project-id uint) (token <sip-010-trait>))
  (cancel project-id (some token)))

(define-private (decline (project-id uint) (token (optional <sip-010-trait>)))
  (let ((project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT)))
    (try! (check-direct))
    (try! (check-token (get token project) token))
    (asserts! (is-eq tx-sender (get freelancer project)) ERR-NOT-FREELANCER)
    (asserts! (> (count-status project-id LOCKED) u0) ERR-NOTHING-LOCKED)
    (give-back-locked "project-declined" project-id token)))

(define-public (decline-project-stx (project-id uint))
  (decline project-id none))

(define-public (decline-project-sbtc (project-id uint) (token <sip-010-trait>))
  (decline project-id (some token)))

;; -- acts on one milestone -----------------------------------------------------------------------

(define-private (load (project-id uint) (milestone-num uint))
  (let (
      (project (unwrap! (map-get? projects project-id) ERR-NO-PROJECT))
      (milestone (unwrap! (map-get? milestones { project-id: project-id, milestone-num: milestone-num })
        ERR-NO-MILESTONE)))
    (ok (merge project {
      amount: (get amount milestone),
      deadline: (get deadline milestone),
      status: (get status milestone),
      claim-from: (get claim-from milestone)
    }))))

;; Completing says that the freelancer accepts. It stays possible until the money is reclaimed.
(define-public (complete-milestone (project-id uint) (milestone-num uint))
  (let (
      (key { project-id: project-id, milestone-num: milestone-num })
      (loaded (try! (load project-id milestone-num)))
      (milestone (unwrap! (map-get? milestones key) ERR-NO-MILESTONE))
      (claim-from (+ burn-block-height CLAIM-WINDOW)))
    (try! (check-direct))
    (asserts! (is-eq tx-sender (get freelancer loaded)) ERR-NOT-FREELANCER)
    (asserts! (is-eq (get status loaded) LOCKED) ERR-NOT-LOCKED)
    (and (not (get accepted loaded)) (try! (mark-accepted project-id)))
    (map-set milestones key (merge milestone { status: SUBMITTED, claim-from: (some claim-from) }))
    (print {
      event: "milestone-completed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      milestone-num: milestone-num,
      claim-from: claim-from
    })
    (ok true)))

(define-private (release (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let ((loaded (try! (load project-id milestone-num))))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-eq tx-sender (get client loaded)) ERR-NOT-CLIENT)
    (asserts! (is-due (get status loaded)) ERR-NOT-DUE)
    (close "milestone-released" "released" project-id milestone-num BPS token)))

(define-private (is-due (status uint))
  (or (is-eq status SUBMITTED) (is-eq status DISPUTED)))

(define-public (release-milestone-stx (project-id uint) (milestone-num uint))
  (release project-id milestone-num none))

(define-public (release-milestone-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (release project-id milestone-num (some token)))

(define-private (concede (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let ((loaded (try! (load project-id milestone-num))))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-eq tx-sender (get freelancer loaded)) ERR-NOT-FREELANCER)
    (asserts! (is-due (get status loaded)) ERR-NOT-DUE)
    (close "milestone-conceded" "conceded" project-id milestone-num u0 token)))

(define-public (concede-milestone-stx (project-id uint) (milestone-num uint))
  (concede project-id milestone-num none))

(define-public (concede-milestone-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (concede project-id milestone-num (some token)))

(define-private (reclaim (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let ((loaded (try! (load project-id milestone-num))))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-eq tx-sender (get client loaded)) ERR-NOT-CLIENT)
    (asserts! (is-eq (get status loaded) LOCKED) ERR-NOT-LOCKED)
    (asserts! (>= burn-block-height (get deadline loaded)) ERR-TOO-EARLY)
    (close "milestone-reclaimed" "reclaimed" project-id milestone-num u0 token)))

(define-public (reclaim-milestone-stx (project-id uint) (milestone-num uint))
  (reclaim project-id milestone-num none))

(define-public (reclaim-milestone-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (reclaim project-id milestone-num (some token)))

;; Anyone may carry it out once the client has let its window pass; it pays the freelancer.
(define-private (claim (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let ((loaded (try! (load project-id milestone-num))))
    (try! (check-idle))
    (try! (check-token (get token loaded) token))
    (asserts! (is-eq (get status loaded) SUBMITTED) ERR-NOT-SUBMITTED)
    (asserts! (>= burn-block-height (unwrap! (get claim-from loaded) ERR-NOT-SUBMITTED)) ERR-TOO-EARLY)
    (close "milestone-claimed" "claimed" project-id milestone-num BPS token)))

(define-public (claim-milestone-stx (project-id uint) (milestone-num uint))
  (claim project-id milestone-num none))

(define-public (claim-milestone-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (claim project-id milestone-num (some token)))

;; -- disputes ------------------------------------------------------------------------------------

(define-private (dispute-milestone (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let (
      (key { project-id: project-id, milestone-num: milestone-num })
      (loaded (try! (load project-id milestone-num)))
      (milestone (unwrap! (map-get? milestones key) ERR-NO-MILESTONE))
      (bond (/ (* (get amount loaded) BOND-BPS) BPS))
      (default-from (+ burn-block-height ARBITER-WINDOW))
      (completed (is-some (get claim-from loaded)))
      ;; Who never finished anything gets nothing by filing first, nor without having accepted.
      (default-bps (if (and
          (not completed)
          (or (is-eq tx-sender (get freelancer loaded)) (not (get accepted loaded))))
        u0
        (get silent-bps loaded))))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-party tx-sender (get client loaded) (get freelancer loaded)) ERR-NOT-PARTY)
    (asserts! (is-open (get status loaded)) ERR-CLOSED)
    (asserts! (< (get status loaded) DISPUTED) ERR-ALREADY-DISPUTED)
    (asserts! (match (get claim-from loaded) from (< burn-block-height from) true) ERR-TOO-LATE)
    (map-set milestones key (merge milestone { status: DISPUTED }))
    (map-set disputes key {
      filer: tx-sender,
      bond: bond,
      filed-at: burn-block-height,
      default-from: default-from,
      default-bps: default-bps
    })
    (try! (take bond token))
    (print {
      event: "dispute-filed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      milestone-num: milestone-num,
      bond: bond,
      default-from: default-from,
      default-bps: default-bps
    })
    (ok true)))

(define-public (file-dispute (project-id uint) (milestone-num uint))
  (dispute-milestone project-id milestone-num none))

(define-public (file-dispute-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (dispute-milestone project-id milestone-num (some token)))

;; A vote names the freelancer's part; it may be changed until enough arbiters name the same.
(define-private (vote (project-id uint) (milestone-num uint) (bps uint) (token (optional <sip-010-trait>)))
  (let (
      (key { project-id: project-id, milestone-num: milestone-num })
      (loaded (try! (load project-id milestone-num)))
      (arbiters (unwrap! (map-get? arbiter-sets (get arbiter-set loaded)) ERR-NOT-ARBITER))
      (vote-key (merge key { arbiter: tx-sender }))
      (earlier (map-get? votes vote-key))
      (tally (+ (get-tally project-id milestone-num bps) u1)))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-some (index-of? (get members arbiters) tx-sender)) ERR-NOT-ARBITER)
    (asserts! (not (is-party tx-sender (get client loaded) (get freelancer loaded))) ERR-ARBITER-IS-PARTY)
    (asserts! (<= bps BPS) ERR-BAD-BPS)
    (asserts! (is-eq (get status loaded) DISPUTED) ERR-NOT-DISPUTED)
    (asserts! (< burn-block-height (get default-from (unwrap! (map-get? disputes key) ERR-NOT-DISPUTED)))
      ERR-TOO-LATE)
    (asserts! (not (is-eq earlier (some bps))) ERR-SAME-VOTE)
    (match earlier
      before (map-set tallies (merge key { bps: before }) (- (get-tally project-id milestone-num before) u1))
      true)
    (map-set votes vote-key bps)
    (map-set tallies (merge key { bps: bps }) tally)
    (print {
      event: "vote-cast",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      milestone-num: milestone-num,
      bps: bps,
      tally: tally,
      threshold: (get threshold arbiters)
    })
    (if (>= tally (get threshold arbiters))
      (close "dispute-resolved" "ruled" project-id milestone-num bps token)
      (ok true))))

(define-public (vote-dispute-stx (project-id uint) (milestone-num uint) (bps uint))
  (vote project-id milestone-num bps none))

(define-public (vote-dispute-sbtc (project-id uint) (milestone-num uint) (bps uint) (token <sip-010-trait>))
  (vote project-id milestone-num bps (some token)))

;; The same vote for all or nothing.
(define-public (admin-resolve-dispute-stx (project-id uint) (milestone-num uint) (release-to-freelancer bool))
  (vote project-id milestone-num (if release-to-freelancer BPS u0) none))

(define-public (admin-resolve-dispute-sbtc
    (project-id uint) (milestone-num uint) (release-to-freelancer bool)
    (token <sip-010-trait>))
  (vote project-id milestone-num (if release-to-freelancer BPS u0) (some token)))

;; Anyone may carry out what silent arbiters lead to. It was fixed when the dispute was filed.
(define-private (default-dispute (project-id uint) (milestone-num uint) (token (optional <sip-010-trait>)))
  (let (
      (loaded (try! (load project-id milestone-num)))
      (dispute (unwrap! (map-get? disputes { project-id: project-id, milestone-num: milestone-num })
        ERR-NOT-DISPUTED)))
    (try! (check-idle))
    (try! (check-token (get token loaded) token))
    (asserts! (is-eq (get status loaded) DISPUTED) ERR-NOT-DISPUTED)
    (asserts! (>= burn-block-height (get default-from dispute)) ERR-TOO-EARLY)
    (close "dispute-resolved" "defaulted" project-id milestone-num (get default-bps dispute) token)))

(define-public (default-dispute-stx (project-id uint) (milestone-num uint))
  (default-dispute project-id milestone-num none))

(define-public (default-dispute-sbtc (project-id uint) (milestone-num uint) (token <sip-010-trait>))
  (default-dispute project-id milestone-num (some token)))

;; -- settlement by both --------------------------------------------------------------------------

(define-public (offer-settlement (project-id uint) (milestone-num uint) (bps uint))
  (let (
      (loaded (try! (load project-id milestone-num)))
      (expires (+ burn-block-height OFFER-WINDOW)))
    (try! (check-direct))
    (asserts! (is-party tx-sender (get client loaded) (get freelancer loaded)) ERR-NOT-PARTY)
    (asserts! (<= bps BPS) ERR-BAD-BPS)
    (asserts! (is-open (get status loaded)) ERR-CLOSED)
    (map-set offers { project-id: project-id, milestone-num: milestone-num, by: tx-sender } {
      bps: bps,
      expires: expires,
      status: (get status loaded)
    })
    (print {
      event: "settlement-offered",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      project-id: project-id,
      milestone-num: milestone-num,
      bps: bps,
      expires: expires,
      status: (get status loaded)
    })
    (ok true)))

;; Repeats the figure, so that an offer changed at the last moment is not taken unseen.
(define-private (accept-offer (project-id uint) (milestone-num uint) (bps uint) (token (optional <sip-010-trait>)))
  (let ((loaded (try! (load project-id milestone-num))))
    (try! (check-direct))
    (try! (check-token (get token loaded) token))
    (asserts! (is-party tx-sender (get client loaded) (get freelancer loaded)) ERR-NOT-PARTY)
    (asserts! (is-open (get status loaded)) ERR-CLOSED)
    (let ((offer (unwrap! (map-get? offers {
          project-id: project-id,
          milestone-num: milestone-num,
          by: (if (is-eq tx-sender (get client loaded)) (get freelancer loaded) (get client loaded))
        }) ERR-NO-OFFER)))
      (asserts! (and
        (< burn-block-height (get expires offer))
        (is-eq (get status offer) (get status loaded))) ERR-OFFER-LAPSED)
      (asserts! (is-eq bps (get bps offer)) ERR-OFFER-DIFFERS)
      (close "milestone-settled" "settled" project-id milestone-num bps token))))

(define-public (accept-settlement-stx (project-id uint) (milestone-num uint) (bps uint))
  (accept-offer project-id milestone-num bps none))

(define-public (accept-settlement-sbtc (project-id uint) (milestone-num uint) (bps uint) (token <sip-010-trait>))
  (accept-offer project-id milestone-num bps (some token)))

;; -- credits and fees ----------------------------------------------------------------------------

;; Anyone may have a refused payment tried again; it goes to the one it belongs to.
(define-private (withdraw-credit (who principal) (token (optional <sip-010-trait>)))
  (let (
      (stored (principal-of token))
      (amount (get-credit who stored)))
    (try! (check-idle))
    (asserts! (> amount u0) ERR-NOTHING-OWED)
    (map-delete credits { who: who, token: stored })
    (asserts! (settle-debt amount who token) ERR-PAYMENT-REFUSED)
    (print {
      event: "credit-withdrawn",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      who: who,
      token: stored,
      amount: amount
    })
    (ok amount)))

(define-public (withdraw-credit-stx (who principal))
  (withdraw-credit who none))

(define-public (withdraw-credit-sbtc (who principal) (token <sip-010-trait>))
  (withdraw-credit who (some token)))

(define-private (sweep-fees (token (optional <sip-010-trait>)))
  (let (
      (stored (principal-of token))
      (amount (get-fees stored))
      (to (var-get treasury)))
    (try! (check-idle))
    (asserts! (> amount u0) ERR-NOTHING-OWED)
    (map-delete fees stored)
    (asserts! (settle-debt amount to token) ERR-PAYMENT-REFUSED)
    (print {
      event: "fees-swept",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      treasury: to,
      token: stored,
      amount: amount
    })
    (ok amount)))

(define-public (sweep-fees-stx)
  (sweep-fees none))

(define-public (sweep-fees-sbtc (token <sip-010-trait>))
  (sweep-fees (some token)))

;; -- the owner: nothing here touches a project that exists ---------------------------------------

(define-public (propose-owner (new-owner principal))
  (begin
    (try! (check-owner))
    (var-set proposed-owner (some new-owner))
    (print {
      event: "owner-proposed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      proposed-owner: new-owner
    })
    (ok true)))

(define-public (accept-ownership)
  (begin
    (try! (check-direct))
    (asserts! (is-eq (some tx-sender) (var-get proposed-owner)) ERR-NO-PROPOSAL)
    (var-set owner tx-sender)
    (var-set proposed-owner none)
    (print {
      event: "owner-changed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      owner: tx-sender
    })
    (ok true)))

(define-public (set-treasury (new-treasury principal))
  (begin
    (try! (check-owner))
    (asserts! (not (is-eq new-treasury current-contract)) ERR-BAD-TREASURY)
    (var-set treasury new-treasury)
    (print {
      event: "treasury-changed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      treasury: new-treasury
    })
    (ok true)))

;; Stops new projects, and nothing else.
(define-public (set-paused (stop bool))
  (begin
    (try! (check-owner))
    (var-set paused stop)
    (print {
      event: "pause-changed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      paused: stop
    })
    (ok true)))

;; The asset's name inside the token contract can be corrected until the token was first taken in.
;; "*" would allow every asset of the token contract at once.
(define-public (set-token (token principal) (asset (string-ascii 128)) (allowed bool))
  (begin
    (try! (check-owner))
    (asserts! (not (or (is-eq asset "") (is-eq asset "*"))) ERR-BAD-ASSET)
    (asserts! (or
      (is-none (map-get? owed (some token)))
      (is-eq asset (asset-of token))) ERR-ASSET-FIXED)
    (map-set token-assets token asset)
    (map-set allowed-tokens token allowed)
    (print {
      event: "token-changed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      token: token,
      asset: asset,
      allowed: allowed
    })
    (ok true)))

(define-private (add-distinct (member principal) (seen (list 9 principal)))
  (if (is-some (index-of? seen member))
    seen
    (default-to seen (as-max-len? (append seen member) u9))))

;; A new proposal takes the place of the one before. Set numbers are never used twice.
(define-public (propose-arbiter-set (members (list 9 principal)) (threshold uint))
  (let (
      (set-id (+ (var-get arbiter-set-count) u1))
      (active-from (+ burn-block-height TIME-LOCK)))
    (try! (check-owner))
    (asserts! (is-eq (len (fold add-distinct members (list))) (len members)) ERR-BAD-MEMBERS)
    (asserts! (and (> threshold u0) (<= threshold (len members))) ERR-BAD-THRESHOLD)
    (var-set arbiter-set-count set-id)
    (map-set arbiter-sets set-id { members: members, threshold: threshold })
    (var-set proposed-set (some { set-id: set-id, active-from: active-from }))
    (print {
      event: "arbiter-set-proposed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      set-id: set-id,
      members: members,
      threshold: threshold,
      active-from: active-from
    })
    (ok set-id)))

;; Anyone may put in force what was announced, so that a change is seen coming and then comes.
(define-public (activate-arbiter-set)
  (let ((proposal (unwrap! (var-get proposed-set) ERR-NO-PROPOSAL)))
    (try! (check-idle))
    (asserts! (>= burn-block-height (get active-from proposal)) ERR-TOO-EARLY)
    (var-set arbiter-set (get set-id proposal))
    (var-set proposed-set none)
    (print {
      event: "arbiter-set-activated",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      set-id: (get set-id proposal)
    })
    (ok (get set-id proposal))))

(define-public (propose-fee (bps uint))
  (let ((active-from (+ burn-block-height TIME-LOCK)))
    (try! (check-owner))
    (asserts! (<= bps MAX-FEE-BPS) ERR-FEE-TOO-HIGH)
    (var-set proposed-fee (some { bps: bps, active-from: active-from }))
    (print {
      event: "fee-proposed",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      fee-bps: bps,
      active-from: active-from
    })
    (ok true)))

(define-public (activate-fee)
  (let ((proposal (unwrap! (var-get proposed-fee) ERR-NO-PROPOSAL)))
    (try! (check-idle))
    (asserts! (>= burn-block-height (get active-from proposal)) ERR-TOO-EARLY)
    (var-set fee-bps (get bps proposal))
    (var-set proposed-fee none)
    (print {
      event: "fee-activated",
      v: SCHEMA-VERSION,
      seq: (next-seq),
      actor: tx-sender,
      height: burn-block-height,
      fee-bps: (get bps proposal)
    })
    (ok (get bps proposal))))

;; -- reading -------------------------------------------------------------------------------------

(define-read-only (get-project (project-id uint))
  (map-get? projects project-id))

(define-read-only (get-milestone (project-id uint) (milestone-num uint))
  (map-get? milestones { project-id: project-id, milestone-num: milestone-num }))

(define-read-only (get-dispute (project-id uint) (milestone-num uint))
  (map-get? disputes { project-id: project-id, milestone-num: milestone-num }))

(define-read-only (get-offer (project-id uint) (milestone-num uint) (by principal))
  (map-get? offers { project-id: project-id, milestone-num: milestone-num, by: by }))

(define-read-only (get-vote (project-id uint) (milestone-num uint) (arbiter principal))
  (map-get? votes { project-id: project-id, milestone-num: milestone-num, arbiter: arbiter }))

(define-read-only (get-tally (project-id uint) (milestone-num uint) (bps uint))
  (default-to u0 (map-get? tallies { project-id: project-id, milestone-num: milestone-num, bps: bps })))

(define-read-only (get-project-by-reference (client principal) (reference (buff 32)))
  (map-get? references { client: client, reference: reference }))

(define-read-only (get-project-count)
  (var-get project-count))

;; The `seq` of the last event: so many have been printed since the deploy, its own included.
(define-read-only (get-event-count)
  (var-get event-count))

;; For a token, or none for STX: all that this contract owes, whoever it belongs to.
(define-read-only (get-owed (token (optional principal)))
  (default-to u0 (map-get? owed token)))

(define-read-only (get-fees (token (optional principal)))
  (default-to u0 (map-get? fees token)))

(define-read-only (get-credit (who principal) (token (optional principal)))
  (default-to u0 (map-get? credits { who: who, token: token })))

(define-read-only (get-arbiter-set (set-id uint))
  (map-get? arbiter-sets set-id))

(define-read-only (is-token-allowed (token (optional principal)))
  (match token ft (default-to false (map-get? allowed-tokens ft)) true))

(define-read-only (get-token-asset (token principal))
  (map-get? token-assets token))

(define-read-only (get-config)
  {
    owner: (var-get owner),
    proposed-owner: (var-get proposed-owner),
    treasury: (var-get treasury),
    paused: (var-get paused),
    fee-bps: (var-get fee-bps),
    proposed-fee: (var-get proposed-fee),
    arbiter-set: (var-get arbiter-set),
    arbiter-set-count: (var-get arbiter-set-count),
    proposed-set: (var-get proposed-set)
  })

(define-private (span (allowed bool) (from uint) (until (optional uint)))
  (if allowed (some { from: from, until: until }) none))

(define-private (live-offer (project-id uint) (milestone-num uint) (by principal) (status uint))
  (match (map-get? offers { project-id: project-id, milestone-num: milestone-num, by: by })
    offer (if (and (is-eq (get status offer) status) (is-open status))
      (some { bps: (get bps offer), until: (get expires offer) })
      none)
    none))

;; Who may do what now, with this milestone or (cancel, accept, decline) with its project: `from` is
;; the first burn height at which the act succeeds, `until` the first at which it no longer does.
(define-read-only (get-acts (project-id uint) (milestone-num uint))
  (let (
      (project (unwrap! (map-get? projects project-id) none))
      (milestone (unwrap! (get-milestone project-id milestone-num) none))
      (status (get status milestone))
      (locked (is-eq status LOCKED))
      (submitted (is-eq status SUBMITTED))
      (disputed (is-eq status DISPUTED))
      (all-locked (is-eq (count-status project-id LOCKED) (get milestones project)))
      (dispute (map-get? disputes { project-id: project-id, milestone-num: milestone-num }))
      (default-from (match dispute filed (get default-from filed) u0)))
    (some {
      height: burn-block-height,
      status: status,
      client-cancel: (span (and all-locked (not (get accepted project))) u0 none),
      client-reclaim: (span locked (get deadline milestone) none),
      client-release: (span (is-due status) u0 none),
      client-take-offer: (live-offer project-id milestone-num (get freelancer project) status),
      freelancer-accept: (span (and
        (> (+ (count-status project-id LOCKED) (count-status project-id DISPUTED)) u0)
        (not (get accepted project))) u0 none),
      freelancer-complete: (span locked u0 none),
      freelancer-decline: (span (> (count-status project-id LOCKED) u0) u0 none),
      freelancer-concede: (span (is-due status) u0 none),
      freelancer-take-offer: (live-offer project-id milestone-num (get client project) status),
      either-offer: (span (is-open status) u0 none),
      either-dispute: (span (or locked submitted) u0 (get claim-from milestone)),
      arbiters-vote: (span disputed u0 (some default-from)),
      anyone-claim: (span submitted (default-to u0 (get claim-from milestone)) none),
      anyone-default: (span disputed default-from none)
    })))

;; -- deploy --------------------------------------------------------------------------------------

(map-set arbiter-sets u1 { members: (list tx-sender), threshold: u1 })

(print {
  event: "contract-deployed",
  v: SCHEMA-VERSION,
  seq: (next-seq),
  actor: tx-sender,
  height: burn-block-height,
  owner: tx-sender,
  treasury: tx-sender,
  fee-bps: (var-get fee-bps),
  arbiter-set: u1,
  members: (list tx-sender),
  threshold: u1
})
