import { Trans, useLingui } from '@lingui/react/macro';
import { type DragEvent, useState } from 'react';
import { useWords } from '#/api';
import { classes, formatPercent, Icon, Meter, Section, State, Tool } from '#/design';
import { useSite } from '#/session';
import styles from './hire.module.css';
import {
  isOut,
  PHOTO_TYPES,
  PHOTOS_MAX,
  type Photo,
  type Rejection,
  type Uploads,
} from './uploads';

/** A size in megabytes, as people say it. */
function useMegabytes(): (bytes: number) => string {
  const { i18n } = useLingui();
  return (bytes) =>
    i18n.number(Math.max(bytes / 1e6, bytes > 0 ? 0.1 : 0), { maximumFractionDigits: 1 });
}

/** Where photographs are dropped or chosen, and each on its way. */
export function Photos({ uploads, photos }: { uploads: Uploads; photos: readonly Photo[] }) {
  const { uploadBytesMax } = useSite();
  const megabytes = useMegabytes();
  const [over, setOver] = useState(false);
  const most = PHOTOS_MAX;
  const count = photos.filter((photo) => !isOut(photo)).length;
  const leftOut = uploads.spare.length;
  const size = megabytes(uploadBytesMax);

  function take(files: FileList | null) {
    if (files && files.length > 0) uploads.add([...files]);
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  }
  return (
    <Section
      title={<Trans>The photographs</Trans>}
      aside={
        <span className="muted small">
          <Trans>
            {count} of at most {most}
          </Trans>
        </span>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the input inside is for everybody */}
      <div
        className={classes(styles.drop, over && styles.over)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="up" />
        <p>
          <Trans>
            <b>Drop photographs here</b>, or{' '}
            <label className={styles.choose} htmlFor="hire-photos">
              choose files
            </label>
          </Trans>
        </p>
        <input
          id="hire-photos"
          className="vh"
          type="file"
          accept={PHOTO_TYPES.join(',')}
          multiple
          aria-describedby="hire-photos-help"
          onChange={(event) => {
            take(event.target.files);
            // The same file may be chosen again after it was removed.
            event.target.value = '';
          }}
        />
        <p className="fine" id="hire-photos-help">
          <Trans>JPEG, PNG or WebP, up to {size} MB each. Place and camera data are removed.</Trans>
        </p>
      </div>
      {leftOut > 0 && (
        <p role="status">
          <State state="look">
            <LeftOut files={uploads.spare} />
          </State>
        </p>
      )}
      {photos.length > 0 && (
        <ul className={styles.uploads}>
          {photos.map((photo) => (
            <Upload key={photo.key} photo={photo} uploads={uploads} />
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Which ones there was no room for, by name: the first few of them. */
function LeftOut({ files }: { files: readonly File[] }) {
  const { i18n } = useLingui();
  const names = files.slice(0, 3).map(({ name }) => `\u2068${name}\u2069`);
  const more = files.length - names.length;
  const shown = new Intl.ListFormat(i18n.locale, { type: 'unit' }).format(names);
  return more > 0 ? (
    <Trans>
      Ten are the most, so these were left out: {shown} and {more} more
    </Trans>
  ) : (
    <Trans>Ten are the most, so left out: {shown}</Trans>
  );
}

function Upload({ photo, uploads }: { photo: Photo; uploads: Uploads }) {
  const { t, i18n } = useLingui();
  const { name, state } = photo;
  const mayRetry =
    state.at === 'broken' || state.at === 'failed' || (state.at === 'rejected' && !isOut(photo));
  const percent =
    state.at === 'sending' ? Math.floor((state.sentBytes * 100) / photo.sizeBytes) : 0;
  const sent = formatPercent(percent * 100, i18n.locale);
  return (
    <li className={styles.upload}>
      {photo.preview ? (
        <img src={photo.preview} width={52} height={72} alt="" />
      ) : (
        <span className={styles.blank} />
      )}
      <span className={styles.name} dir="auto">
        {name}
      </span>
      <span className={styles.what}>
        <UploadState photo={photo} />
      </span>
      {state.at === 'sending' && (
        <Meter thin tone="brass" part={percent} of={100} label={t`${sent} sent`} />
      )}
      {mayRetry && (
        <Tool
          className={styles.retry}
          label={t`Send again: ${name}`}
          onClick={() => uploads.again(photo.key)}
        >
          <Icon name="retry" />
          <span aria-hidden="true">
            <Trans>Send again</Trans>
          </span>
        </Tool>
      )}
      <Tool
        className={styles.remove}
        label={state.at === 'sending' ? t`Stop sending ${name}` : t`Remove ${name}`}
        onClick={() => uploads.remove(photo.key)}
      >
        <Icon name="close" />
      </Tool>
    </li>
  );
}

function UploadState({ photo }: { photo: Photo }) {
  const megabytes = useMegabytes();
  const words = useWords();
  const { state } = photo;
  const whole = megabytes(photo.sizeBytes);
  switch (state.at) {
    case 'reading':
      return <Trans>Reading, {whole} MB</Trans>;
    case 'queued':
      return <Trans>Waiting for its turn, {whole} MB</Trans>;
    case 'sending': {
      const sent = megabytes(state.sentBytes);
      return (
        <Trans>
          Sending, {sent} of {whole} MB
        </Trans>
      );
    }
    case 'checking':
      return (
        <State state="provisional" live>
          <Trans>Arrived, being opened</Trans>
        </State>
      );
    case 'ready':
      return state.already ? (
        <State state="final">
          <Trans>Already here, not sent again</Trans>
        </State>
      ) : (
        <>
          <State state="final">
            <Trans>Ready</Trans>
          </State>
          <span>
            <Trans>{whole} MB</Trans>
          </span>
        </>
      );
    case 'broken': {
      const sent = megabytes(state.sentBytes);
      return (
        <State state="failed">
          {state.sentBytes > 0 ? (
            <Trans>Broke off at {sent} MB</Trans>
          ) : (
            <Trans>Broke off before anything was sent</Trans>
          )}
        </State>
      );
    }
    case 'rejected':
      return (
        <State state="failed">
          <RejectionWords reason={state.reason} />
        </State>
      );
    case 'refused':
      return (
        <State state="failed">
          <RefusalWords why={state.why} />
        </State>
      );
    case 'failed': {
      const { title, what } = words(state.error);
      return (
        <State state="failed">
          {title}. {what}
        </State>
      );
    }
    case 'lost':
      return (
        <State state="look">
          <Trans>Had not arrived when the page was loaded again. Choose it once more.</Trans>
        </State>
      );
  }
}

function RejectionWords({ reason }: { reason: Rejection }) {
  switch (reason) {
    case 'not_a_picture':
    case 'type_differs':
      return <Trans>This is no JPEG, PNG or WebP picture</Trans>;
    case 'damaged':
      return <Trans>The picture is damaged or cut short</Trans>;
    case 'too_many_pixels':
    case 'too_costly':
      return <Trans>The picture is too large to open. Make it smaller.</Trans>;
    case 'animated':
      return <Trans>The picture moves. Choose a still one.</Trans>;
    case 'foreign_data':
      return <Trans>The file holds other data besides the picture. Save it anew.</Trans>;
    default:
      return <Trans>Something else arrived than what was sent</Trans>;
  }
}

function RefusalWords({
  why,
}: {
  why: 'type' | 'heic' | 'size' | 'empty' | 'twice' | 'unreadable';
}) {
  const { uploadBytesMax } = useSite();
  const size = useMegabytes()(uploadBytesMax);
  switch (why) {
    case 'type':
      return <Trans>Not a JPEG, PNG or WebP picture, so it was not sent</Trans>;
    case 'heic':
      return <Trans>HEIC, which few browsers can show. Save it as JPEG and choose that.</Trans>;
    case 'size':
      return <Trans>Larger than {size} MB, so it was not sent</Trans>;
    case 'empty':
      return <Trans>The file is empty</Trans>;
    case 'twice':
      return <Trans>The same photograph is in the list already</Trans>;
    case 'unreadable':
      return <Trans>This browser cannot read the file</Trans>;
  }
}
