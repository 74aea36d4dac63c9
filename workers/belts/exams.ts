import { dayOf } from '../../queues/time/calendar.ts';
import { awardOfExam } from '../../sql/belts/awards.ts';
import { type Exam, examReaders, findExam, insertExam, lockExam, updateExam } from '../../sql/belts/exams.ts';
import { type Step, stepsOf } from '../../sql/belts/steps.ts';
import type { Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { award, demandBelt, demandPupil, voidOf } from './award.ts';
import { noticesOfChange } from './notices.ts';
import { mayBecome } from './policy.ts';

type Clock = { now: Date; zone: string; by: string };
type Plan = {
  studentId: number;
  beltId: number;
  stripes: number;
  examAt: string;
  locationId: number | null;
  examinerId: number | null;
  notes: string | null;
  overrideReason: string | null;
};

/**
 * Plans an exam (R6). Throws a `conflict` that lists what is missing for whoever is not ready, unless there is a reason to go on; another
 * planned exam of the program is refused by the table.
 */
export async function planExam(transaction: Sql, plan: Plan, { now, zone, by }: Clock): Promise<Exam> {
  await demandPupil(transaction, plan.studentId);
  const belt = await demandBelt(transaction, plan.beltId);
  if (plan.stripes > belt.max_stripes) throw notAcceptable('stripes', `at most ${belt.max_stripes}`);
  if (plan.examAt <= now.toISOString()) throw notAcceptable('exam_at', 'an instant to come');
  const day = dayOf(new Date(plan.examAt), zone);
  const step = (await stepsOf(transaction, plan.studentId, day)).find((one) => isStepTo(one, plan));
  const missing = step ? step.missing : (['step'] as const);
  if (missing.length > 0 && plan.overrideReason === null)
    throw new Refused(
      'conflict',
      `the student is not ready on ${day}: ${missing.join(', ')}; override_reason goes on all the same`,
      {
        missing: [...missing],
        ...(step ? { months: step.months, ready_on: step.ready_on, trainings: step.trainings, attended: step.attended } : {}),
      },
    );
  const id = await insertExam(transaction, { ...plan, program: belt.program, belt: belt.name, by });
  return known(transaction, id);
}

const isStepTo = (step: Step, { beltId, stripes }: Plan) =>
  step.kind === 'transition'
    ? stripes === 0 && step.may_become.some(({ id }) => id === beltId)
    : step.to_belt_id === beltId && step.to_stripes === stripes;

type Change = {
  examAt?: string;
  locationId?: number | null;
  examinerId?: number | null;
  notes?: string | null;
  status?: Exam['status'];
  reason?: string;
};

/**
 * Moves, decides, corrects or cancels an exam (R6, R7), and tells those concerned at once. A result comes at or after its time; `passed`
 * writes the award in the same transaction, once; corrected to `failed`, the award is voided (`conflict` if a later one stands on it).
 */
export async function changeExam(transaction: Sql, id: number, change: Change, clock: Clock): Promise<Exam> {
  const found = await findExam(transaction, id);
  if (!found) throw new Refused('missing', `there is no exam ${id}`);
  await demandPupil(transaction, found.student_id);
  const before = (await lockExam(transaction, id)) as Exam;
  const status = change.status ?? before.status;
  const after = {
    exam_at: change.examAt ?? before.exam_at,
    location_id: change.locationId === undefined ? before.location_id : change.locationId,
    examiner_id: change.examinerId === undefined ? before.examiner_id : change.examinerId,
    notes: change.notes === undefined ? before.notes : change.notes,
    status,
    ...decision(before, status, clock),
  };
  demandPossible(before, after, clock.now);
  if (status !== before.status) await followResult(transaction, before, status, change.reason, clock);
  const news = newsOf(before, after);
  const ahead = (days: number) => new Date(clock.now.getTime() + days * DAY_MS).toISOString();
  const changes = await updateExam(transaction, id, after, { isTold: news !== null, weekAhead: ahead(7), dayAhead: ahead(1) });
  const exam = await known(transaction, id);
  if (news) {
    const readers = await examReaders(transaction, exam.student_id, exam.examiner_id);
    await notifyPeople(transaction, noticesOfChange(exam, { news, was: before.exam_at, changes, readers }));
  }
  return exam;
}

type After = Pick<Exam, 'exam_at' | 'location_id' | 'status' | 'decided_at' | 'decided_by'>;

function demandPossible(before: Exam, after: After, now: Date) {
  if (!mayBecome(before.status, after.status))
    throw new Refused('conflict', `an exam that is ${before.status} does not become ${after.status}`);
  const isMoved = after.exam_at !== before.exam_at || after.location_id !== before.location_id;
  if (isMoved && before.status !== 'planned')
    throw new Refused('conflict', `the exam is ${before.status}: it is not moved any more`);
  if (after.exam_at !== before.exam_at && after.exam_at <= now.toISOString())
    throw notAcceptable('exam_at', 'an instant to come');
  const isResult = after.status === 'passed' || after.status === 'failed';
  if (isResult && now.toISOString() < after.exam_at)
    throw new Refused('conflict', `a result comes at or after the exam: ${after.exam_at}`);
}

const decision = (before: Exam, status: Exam['status'], { now, by }: Clock) =>
  status === before.status
    ? { decided_at: before.decided_at, decided_by: before.decided_by }
    : { decided_at: now.toISOString(), decided_by: by };

async function followResult(transaction: Sql, exam: Exam, status: Exam['status'], reason: string | undefined, clock: Clock) {
  if (status === 'passed') {
    if (exam.belt_id === null) throw new Refused('conflict', 'the exam names no belt of a program: plan another');
    await award(transaction, {
      studentId: exam.student_id,
      beltId: exam.belt_id,
      stripes: exam.stripes,
      on: dayOf(new Date(exam.exam_at), clock.zone),
      today: dayOf(clock.now, clock.zone),
      by: clock.by,
      skipReason: exam.override_reason,
      examId: exam.id,
    });
  } else if (exam.status === 'passed') {
    const brought = await awardOfExam(transaction, exam.id);
    if (brought) await voidOf(transaction, brought.id, clock.by, reason ?? `exam ${exam.id}: ${status}`);
  }
}

/** What those concerned are told of a change, or null: nothing that is theirs to know. */
const newsOf = (before: Exam, after: After) => {
  if (after.status !== before.status) return after.status === 'planned' ? null : after.status;
  return after.exam_at !== before.exam_at || after.location_id !== before.location_id ? ('moved' as const) : null;
};

async function known(db: Sql, id: number): Promise<Exam> {
  const exam = await findExam(db, id);
  if (!exam) throw new TypeError(`the exam ${id} is gone`);
  return exam;
}
