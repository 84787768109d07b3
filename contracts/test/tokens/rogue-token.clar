;; SPDX-License-Identifier: Apache-2.0
;; A SIP-010 token that does what a token must not. Deployed beside the escrow, in tests only.
;; `mode` says what it does when it is asked to transfer, or for a balance.

(define-fungible-token rogue)
(define-data-var mode (string-ascii 16) "honest")
(define-data-var thief principal tx-sender)
(define-data-var victim { project-id: uint, milestone-num: uint } { project-id: u0, milestone-num: u0 })
;; What the escrow answered when it was called while this token ran.
(define-data-var answers (list 8 uint) (list))

(define-public (mint (amount uint) (to principal))
  (ft-mint? rogue amount to))

(define-public (behave (how (string-ascii 16)) (to principal) (project-id uint) (milestone-num uint))
  (begin
    (var-set mode how)
    (var-set thief to)
    (var-set answers (list))
    (ok (var-set victim { project-id: project-id, milestone-num: milestone-num }))))

(define-private (note (answer (response bool uint)))
  (var-set answers (default-to (list) (as-max-len?
    (append (var-get answers) (match answer done u0 code code)) u8))))

(define-private (note-amount (answer (response uint uint)))
  (note (match answer amount (ok true) code (err code))))

(define-private (call-back)
  (let (
      (id (get project-id (var-get victim)))
      (num (get milestone-num (var-get victim))))
    (note (contract-call? .escrow-multi-token claim-milestone-stx id num))
    (note (contract-call? .escrow-multi-token release-milestone-stx id num))
    (note (contract-call? .escrow-multi-token default-dispute-stx id (+ num u1)))
    (note (contract-call? .escrow-multi-token complete-milestone id num))
    (note-amount (contract-call? .escrow-multi-token withdraw-credit-stx (var-get thief)))
    (note-amount (contract-call? .escrow-multi-token sweep-fees-stx))
    (note-amount (contract-call? .escrow-multi-token activate-fee))))

(define-private (is-mode (how (string-ascii 16)))
  (is-eq (var-get mode) how))

(define-public (transfer (amount uint) (from principal) (to principal) (memo (optional (buff 34))))
  (begin
    (asserts! (not (is-mode "refuse")) (err u0))
    (if (is-mode "call-back") (call-back) true)
    (if (is-mode "steal-stx") (try! (stx-transfer? u1000 from (var-get thief))) true)
    (if (is-mode "take-double") (try! (ft-transfer? rogue amount from (var-get thief))) true)
    (if (is-mode "keep-quiet") true
      (try! (ft-transfer? rogue (if (is-mode "short") (- amount u1) amount) from to)))
    (asserts! (not (is-mode "move-then-err")) (err u128))
    (ok (not (is-mode "say-false")))))

(define-public (get-balance (who principal))
  (begin
    (if (is-mode "steal-on-read") (try! (stx-transfer? u1000 tx-sender (var-get thief))) true)
    (asserts! (not (is-mode "no-balance")) (err u1))
    (ok (ft-get-balance rogue who))))

(define-read-only (get-answers) (var-get answers))
(define-read-only (get-name) (ok "Rogue"))
(define-read-only (get-symbol) (ok "RGE"))
(define-read-only (get-decimals) (ok u0))
(define-read-only (get-total-supply) (ok (ft-get-supply rogue)))
(define-read-only (get-token-uri) (ok none))
