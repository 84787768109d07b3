import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, ask, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Actions, Address, Button, Note, Section, TextArea, Time } from '#/design';
import styles from './projects.module.css';
import { at, type Project, useRefresh, useReviews } from './queries';

const ENDED: Project['status'][] = ['completed', 'refunded', 'reviewed'];

/** What the two sides say of each other, once the end is final. */
export function Reviews({ project }: { project: Project }) {
  const reviews = useReviews(project.id, ENDED.includes(project.finalStatus));
  const found = reviews.data;
  if (!found || (found.items.length === 0 && !found.mayWrite)) return null;
  return (
    <Section id="reviews" title={<Trans>Reviews</Trans>}>
      {found.items.length > 0 && (
        <ul className={styles.reviews}>
          {found.items.map((each) => (
            <li key={each.side}>
              <h3>
                {each.side === 'client' ? (
                  <Trans>
                    The client, <Address of={each.authorAddress} />
                  </Trans>
                ) : (
                  <Trans>
                    The freelancer, <Address of={each.authorAddress} />
                  </Trans>
                )}
              </h3>
              <p>
                <Stars of={each.rating} />{' '}
                <span className="fine">
                  <Time at={each.writtenAt} show="day" />
                </span>
              </p>
              {each.text && (
                <p className={styles.quote} dir="auto">
                  {each.text}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      {!found.revealed && found.items.length > 0 && found.closesAt && (
        <p className="fine">
          <Trans>
            The other side sees yours once both are in, or on{' '}
            <Time at={found.closesAt} show="day" />.
          </Trans>
        </p>
      )}
      {found.mayWrite && <Form project={project} />}
    </Section>
  );
}

function Stars({ of }: { of: number }) {
  const { t } = useLingui();
  return (
    <span role="img" aria-label={t`${of} of 5 stars`} className={styles.stars}>
      {'★'.repeat(of)}
      {'☆'.repeat(5 - of)}
    </span>
  );
}

function Form({ project }: { project: Project }) {
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const [rating, setRating] = useState(0);
  const [text, setText] = useState('');
  const wish = useWish();
  const [tried, setTried] = useState(false);
  const write = useMutation({
    mutationFn: () => {
      const body = { rating, text };
      return ask(
        api.POST('/api/projects/{project_id}/reviews', {
          params: { ...at(project.id).params, header: { 'Idempotency-Key': wish.keyOf(body) } },
          body,
        }),
      );
    },
    onSuccess: refresh,
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (rating > 0 && !write.isPending) write.mutate();
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <fieldset className={styles.rating}>
        <legend>
          <Trans>How was it to work with the other side?</Trans>
        </legend>
        {[1, 2, 3, 4, 5].map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="rating"
              value={each}
              checked={rating === each}
              onChange={() => setRating(each)}
            />
            <span>
              {each} <span aria-hidden="true">★</span>
            </span>
          </label>
        ))}
      </fieldset>
      {tried && rating === 0 && <Note state="failed" title={t`Choose one to five stars`} alert />}
      <TextArea
        label={t`In your words`}
        rows={3}
        maxLength={2_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Trouble error={write.error} />
      <Actions>
        <Button kind="primary" type="submit" disabled={write.isPending}>
          <Trans>Write the review</Trans>
        </Button>
        <span className="fine">
          <Trans>It counts at once and cannot be changed.</Trans>
        </span>
      </Actions>
    </form>
  );
}
