;; SPDX-License-Identifier: Apache-2.0
;; A SIP-010 token for tests. Anyone mints; anyone says whose money it refuses to move, as a
;; token with a block list would.

(define-fungible-token coin)
(define-map refused principal bool)

(define-public (mint (amount uint) (to principal))
  (ft-mint? coin amount to))

(define-public (refuse (who principal) (refuses bool))
  (begin
    (asserts! (not (is-eq who current-contract)) (err u1))
    (ok (map-set refused who refuses))))

(define-public (transfer (amount uint) (from principal) (to principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender from) (err u4))
    (asserts! (not (default-to false (map-get? refused to))) (err u128))
    (asserts! (not (default-to false (map-get? refused from))) (err u0))
    (ft-transfer? coin amount from to)))

;; The balance alone, for tests written in Clarity.
(define-read-only (balance-of (who principal)) (ft-get-balance coin who))

(define-read-only (get-name) (ok "Coin"))
(define-read-only (get-symbol) (ok "COIN"))
(define-read-only (get-decimals) (ok u8))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance coin who)))
(define-read-only (get-total-supply) (ok (ft-get-supply coin)))
(define-read-only (get-token-uri) (ok none))
