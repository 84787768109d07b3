import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useId } from 'react';
import { api, ask, useWords } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Button, buttonClass, Comma, classes, Note, State } from '#/design';
import styles from './projects.module.css';
import type { AttachedFile } from './queries';
import { DocumentRefused, uploadDocument } from './upload';

/** What the documents are a part of. */
export type Origin =
  | { proposal: string }
  | { project: string; deliverable: string }
  | { dispute: string; evidence: string };

/** Documents by name; each is downloaded by an address that is good for a minute. */
export function Files({ files, from }: { files: AttachedFile[]; from: Origin }) {
  const { i18n } = useLingui();
  const get = useMutation({
    mutationFn: async (fileId: string) => {
      const { url } = await address(from, fileId);
      location.assign(url);
    },
  });
  if (files.length === 0) return null;
  return (
    <>
      <ul className={styles.files}>
        {files.map((file) => (
          <li key={file.fileId}>
            <button type="button" className={styles.file} onClick={() => get.mutate(file.fileId)}>
              <bdi>{file.name}</bdi>
            </button>
            <span className="fine">
              {size(file.sizeBytes, i18n.locale)}
              <Comma />
              <Fingerprint sha256={file.sha256} />
            </span>
          </li>
        ))}
      </ul>
      <Trouble error={get.error} />
    </>
  );
}

/** How a file or a text can be told again: the beginning of its hash, and all of it on pointing. */
export function Fingerprint({ sha256 }: { sha256: string }) {
  return (
    <bdi dir="ltr">
      SHA-256{' '}
      <span className={styles.code} title={sha256}>
        {sha256.slice(0, 8)}…
      </span>
    </bdi>
  );
}

function address(from: Origin, file_id: string) {
  if ('proposal' in from) {
    const path = { proposal_id: from.proposal, file_id };
    return ask(api.GET('/api/proposals/{proposal_id}/files/{file_id}', { params: { path } }));
  }
  if ('deliverable' in from) {
    const path = { project_id: from.project, deliverable_id: from.deliverable, file_id };
    return ask(
      api.GET('/api/projects/{project_id}/deliverables/{deliverable_id}/files/{file_id}', {
        params: { path },
      }),
    );
  }
  const path = { dispute_id: from.dispute, evidence_id: from.evidence, file_id };
  return ask(
    api.GET('/api/disputes/{dispute_id}/evidence/{evidence_id}/files/{file_id}', {
      params: { path },
    }),
  );
}

function size(bytes: number, locale: string): string {
  const [figure, unit] =
    bytes >= 1_000_000 ? [bytes / 1_000_000, 'megabyte'] : [Math.max(1, bytes / 1_000), 'kilobyte'];
  return new Intl.NumberFormat(`${locale}-u-nu-latn`, {
    style: 'unit',
    unit: unit as 'megabyte',
    maximumFractionDigits: bytes >= 1_000_000 ? 1 : 0,
  }).format(figure as number);
}

export interface Picked {
  id: string;
  name: string;
}

/** Documents that are put into the store as they are chosen. */
export function FilePicker(props: {
  picked: Picked[];
  onChange: (change: (picked: Picked[]) => Picked[]) => void;
}) {
  const { t } = useLingui();
  const id = useId();
  const words = useWords();
  const add = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) {
        const made = { id: await uploadDocument(file), name: file.name };
        props.onChange((picked) => [...picked.filter((each) => each.id !== made.id), made]);
      }
    },
  });
  const said =
    add.error instanceof DocumentRefused
      ? { title: t`The document was not taken`, what: add.error.message }
      : add.error && words(add.error);
  return (
    <div className={styles.picker}>
      <span className={styles.pickerLabel} id={`${id}-name`}>
        <Trans>Documents</Trans>
      </span>
      {/* The browser's own button speaks the browser's language: its label is pressed instead. */}
      <input
        id={id}
        type="file"
        multiple
        className="vh"
        aria-labelledby={`${id}-name ${id}-choose`}
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          if (files.length > 0) add.mutate(files);
        }}
      />
      <label
        className={classes(buttonClass(), styles.pickerChoose)}
        id={`${id}-choose`}
        htmlFor={id}
      >
        <Trans>Choose documents</Trans>
      </label>
      <span className="fine" id={`${id}-help`}>
        <Trans>Kept by the hash of their bytes; nobody can change them afterwards.</Trans>
      </span>
      <div role="status">
        {add.isPending && (
          <State state="waiting" live>
            <Trans>Being sent and checked</Trans>
          </State>
        )}
      </div>
      {props.picked.length > 0 && (
        <ul className={styles.files}>
          {props.picked.map((each) => (
            <li key={each.id}>
              <bdi>{each.name}</bdi>
              <Button
                kind="quiet"
                onClick={() =>
                  props.onChange((picked) => picked.filter((other) => other.id !== each.id))
                }
              >
                <Trans>Leave out</Trans>
                <span className="vh"> {each.name}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {said && (
        <Note state="failed" title={said.title} alert>
          <p>{said.what}</p>
        </Note>
      )}
    </div>
  );
}
