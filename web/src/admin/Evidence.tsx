import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { api, ask, type components } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Address, Comma, Time } from '#/design';
import type { Dispute } from './DisputePage';
import styles from './dispute.module.css';
import { formatBytes } from './sizes';

type Piece = components['schemas']['EvidenceAnswer'];

/** What each side says, the client left and the freelancer right. */
export function BothSides({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  return (
    <div className={styles.sidesBox}>
      <div className={styles.sides}>
        <Side dispute={dispute} side="client" name={t`The client`} />
        <Side dispute={dispute} side="freelancer" name={t`The freelancer`} />
      </div>
    </div>
  );
}

function Side(props: { dispute: Dispute; side: 'client' | 'freelancer'; name: string }) {
  const { dispute, side } = props;
  const pieces = dispute.evidence.filter((piece) => piece.side === side);
  return (
    <section className={styles[side]} aria-label={props.name}>
      <div className={styles.sideHead}>
        <h3>{props.name}</h3>
        <Address of={dispute[side]} />
      </div>
      {pieces.length === 0 && (
        <p className="muted">
          {dispute.state === 'open' ? (
            <Trans>Nothing handed in yet.</Trans>
          ) : (
            <Trans>Nothing was handed in.</Trans>
          )}
        </p>
      )}
      {pieces.map((piece) => (
        <article key={piece.id} className={styles.piece}>
          {piece.text && (
            <p className={styles.quote} dir="auto">
              {piece.text}
            </p>
          )}
          {piece.files.length > 0 && (
            <ul className={styles.files}>
              {piece.files.map((file) => (
                <File key={file.fileId} dispute={dispute} piece={piece} file={file} />
              ))}
            </ul>
          )}
          <p className="fine">
            <Trans>
              Handed in <Time at={piece.handedInAt} />, fingerprint{' '}
              <code title={piece.sha256}>{piece.sha256.slice(0, 8)}…</code>
            </Trans>
          </p>
        </article>
      ))}
    </section>
  );
}

function File(props: { dispute: Dispute; piece: Piece; file: Piece['files'][number] }) {
  const { t, i18n } = useLingui();
  const { file } = props;
  const fetched = useMutation({
    mutationFn: () =>
      ask(
        api.GET('/api/disputes/{dispute_id}/evidence/{evidence_id}/files/{file_id}', {
          params: {
            path: {
              dispute_id: props.dispute.id,
              evidence_id: props.piece.id,
              file_id: file.fileId,
            },
          },
        }),
      ),
    // The address is good for a minute and is saved, not shown: the page stays.
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const size = formatBytes(file.sizeBytes, i18n.locale);
  return (
    <li className={styles.file}>
      <button
        type="button"
        className={styles.fileName}
        onClick={() => fetched.mutate()}
        aria-label={t`Download ${file.name}, ${size}`}
      >
        <bdi>{file.name}</bdi>
      </button>
      <span className="fine">
        {size}
        <Comma />
        <code title={file.sha256}>{file.sha256.slice(0, 8)}…</code>
      </span>
      <Trouble error={fetched.error} />
    </li>
  );
}
