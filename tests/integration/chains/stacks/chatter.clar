;; A contract that prints, for the tests of following one.

(define-data-var said uint u0)

(define-read-only (get-said) (var-get said))

(define-public (say (n uint))
  (begin
    (var-set said (+ (var-get said) u1))
    (print { event: "said", n: n })
    (ok true)))

(define-public (pay-and-say (n uint))
  (begin
    (try! (stx-transfer? n tx-sender current-contract))
    (var-set said (+ (var-get said) u2))
    (print { event: "before", n: n })
    (try! (stx-transfer? n tx-sender current-contract))
    (print { event: "after", n: n })
    (ok true)))

(define-private (say-one (n uint)) (print { event: "one-of-many", n: n }))

(define-public (say-many (ns (list 200 uint)))
  (begin
    (var-set said (+ (var-get said) (len ns)))
    (map say-one ns)
    (ok true)))

;; Nothing that anybody could read as an event.
(define-public (babble)
  (begin
    (var-set said (+ (var-get said) u3))
    (print u7)
    (print { event: u"\u{e9}", n: none })
    (print (list "said" "said"))
    (ok true)))

(define-public (say-and-refuse) (begin (print { event: "never" }) (err u1)))
