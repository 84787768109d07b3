;; A till for the tests of the local chain: takes STX, gives it back, and tells.

(define-map paid principal uint)
(define-data-var total uint u0)

(define-read-only (get-paid (who principal)) (ok (default-to u0 (map-get? paid who))))
(define-read-only (less-ten (n uint)) (ok (- n u10)))

(define-public (pay (n uint))
  (begin
    (try! (stx-transfer? n tx-sender current-contract))
    (map-set paid tx-sender n)
    (var-set total (+ (var-get total) n))
    (print { event: "paid", n: n, who: tx-sender, burn: burn-block-height, height: stacks-block-height })
    (ok true)))

(define-public (give-back (n uint))
  (let ((payer tx-sender))
    (unwrap! (as-contract? ((with-stx n)) (try! (stx-transfer? n tx-sender payer))) (err u7))
    (print { event: "given-back", n: n })
    (ok true)))

(define-public (tell-twice (n uint))
  (begin (print { event: "told", n: n }) (print { event: "told-again", n: n }) (ok n)))

(define-public (refuse) (begin (print { event: "never-seen" }) (err u9)))
(define-public (run-out (n uint)) (ok (- n u10)))

(define-non-fungible-token ticket uint)
(define-public (take-ticket (n uint)) (nft-mint? ticket n tx-sender))
(define-public (hand-on (n uint) (to principal)) (nft-transfer? ticket n tx-sender to))
