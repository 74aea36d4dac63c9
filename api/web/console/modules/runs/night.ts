import { type AnswerTo, ask, askAny } from '../../../kit/client.ts';
import { count } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';
import { useQuery } from '../../../kit/queries.ts';
import { COUNTS, lastRunOf, type RunSummary } from '../../../kit/runs.ts';

export const VIEWS = ['tonight', 'runs', 'timetable', 'messages', 'alarms'] as const;
export type Tonight = AnswerTo<'GET /api/tonight'>;
export type Schedule = AnswerTo<'GET /schedule'>['items'][number];

/** What the next night would do. It is computed anew when the page is looked at, not with every change of the studio. */
export const useTonight = () =>
  useQuery({ queryKey: ['tonight'], queryFn: ({ signal }) => ask('GET /api/tonight', { signal }), staleTime: 60_000 });

export type Finding = {
  reason: string;
  training_template_id: number | null;
  training_date?: string;
  start_time?: string;
  training_type?: string;
  trainer?: string;
  room?: string;
  student?: string;
  student_id?: number;
};
type Week = {
  created_count: number;
  students_added: number;
  period: { start: string; end: string };
  warnings: Finding[];
  conflicts: Finding[];
};

/** What the next week would be, and what would be in its way. */
export const useNextWeek = () =>
  useQuery({
    queryKey: ['tonight', 'week'],
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      askAny('POST /real-trainings/generate-next-week', { body: { dry_run: true }, signal }) as Promise<Week>,
  });

export const useSchedule = () => useQuery({ queryKey: ['schedule'], queryFn: ({ signal }) => ask('GET /schedule', { signal }) });

/** What a run that is under way has done so far, in words; empty for one that has done nothing yet or is over. */
export function soFarOf(run: RunSummary): string {
  if (run.status !== 'running') return '';
  const what = COUNTS.filter((name) => run[name] > 0).map((name) => `${t(`run.${name}`)}: ${count(run[name])}`);
  return what.length > 0 ? t('run.so_far', { what: what.join(' · ') }) : '';
}

/** Runs under way. */
export const useRunning = () =>
  useQuery({
    queryKey: ['runs', 'running'],
    queryFn: async ({ signal }) =>
      (await ask('GET /process-history', { query: { status: 'running', limit: '10' }, signal })).items,
  });

/** When the books were audited last, and how many things did not add up; null before the first audit. */
export const useAudit = () =>
  useQuery({
    queryKey: ['runs', 'audit'],
    async queryFn({ signal }) {
      const run = await lastRunOf('cleanup', signal, ({ status }) => status === 'success' || status === 'partial');
      if (!run) return null;
      const { audit_findings: findings = 0 } = (run.result ?? {}) as { audit_findings?: number };
      return { runId: run.id, at: run.completed_at as string, findings };
    },
  });

type Backup = {
  id: number;
  started_at: string;
  finished_at: string | null;
  verified_at: string | null;
  error: string | null;
  deleted_at: string | null;
};
/** The newest backup that is complete and still there, or failed; one that is being made is neither. Null where there is none. */
export const useLastBackup = () =>
  useQuery({
    queryKey: ['backups'],
    queryFn: async ({ signal }) => {
      const { items } = (await askAny('GET /api/backups', { query: { limit: '10' }, signal })) as { items: Backup[] };
      return items.find(({ finished_at, error, deleted_at }) => error !== null || (finished_at && !deleted_at)) ?? null;
    },
  });
