import type { Locale } from '../../../sql/database/locale.ts';
import { text } from '../texts/texts.ts';
import { alertButtons } from './run-buttons.ts';
import { reasonIn } from './run-words.ts';
import { template } from './template.ts';
import { instantIn, short } from './wording.ts';

/** `1.2 GB`, in the reader's language. */
function sizeIn(locale: Locale, bytes: number): string {
  const [unit, size] = bytes < 1e9 ? (['megabyte', 1e6] as const) : (['gigabyte', 1e9] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / size);
}

const why = (locale: Locale, error: string | null) =>
  error === null ? [] : [text(locale, 'backup.why', { error: reasonIn(error, 1_000) || text(locale, 'unknown') })];

const missing = template(
  'backup_missing',
  ({ finished_at, error }, reader) => [
    text(reader.locale, 'backup_missing.what'),
    finished_at === null
      ? text(reader.locale, 'backup_missing.none')
      : text(reader.locale, 'backup_missing.newest', { when: instantIn(reader, finished_at) }),
    ...why(reader.locale, error),
    text(reader.locale, 'backup_missing.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const unverified = template(
  'backup_unverified',
  ({ verified_at, error }, reader) => [
    text(reader.locale, 'backup_unverified.what'),
    verified_at === null
      ? text(reader.locale, 'backup_unverified.none')
      : text(reader.locale, 'backup_unverified.newest', { when: instantIn(reader, verified_at) }),
    ...why(reader.locale, error),
    text(reader.locale, 'backup_unverified.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const uncopied = template(
  'backup_uncopied',
  ({ finished_at, copied_at }, reader) => [
    text(reader.locale, 'backup_uncopied.what', { when: instantIn(reader, finished_at) }),
    copied_at === null
      ? text(reader.locale, 'backup_uncopied.none')
      : text(reader.locale, 'backup_uncopied.newest', { when: instantIn(reader, copied_at) }),
    text(reader.locale, 'backup_uncopied.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const diskLow = template(
  'disk_low',
  ({ folder, percent, free_bytes }, reader) => [
    text(reader.locale, `disk_low.${folder}`, { percent: Math.floor(percent), free: sizeIn(reader.locale, free_bytes) }),
    text(reader.locale, 'disk_low.meaning'),
  ],
  ({ alert }, reader) => alertButtons(reader, alert),
);

const shrunk = template('backup_shrunk', ({ file, bytes, previous }, { locale }) => [
  text(locale, 'backup_shrunk.what', { size: sizeIn(locale, bytes), previous: sizeIn(locale, previous) }),
  text(locale, 'backup_shrunk.meaning', { file: short(file, 80) }),
]);

/** Messages to the admins about backups and the disk they lie on (R33, R36). */
export const backupAlerts = {
  backup_missing: missing,
  backup_unverified: unverified,
  backup_uncopied: uncopied,
  disk_low: diskLow,
};
export const backupTemplates = { backup_shrunk: shrunk };
