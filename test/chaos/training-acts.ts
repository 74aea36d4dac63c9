import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import type { BelievedTraining } from './asked.ts';
import type { Act, Acting } from './load.ts';

/** So many trainings may be called off: the others need some to be left. */
const MOST_CANCELLED = 15;
/** A move meets nothing, or the next training of that trainer. */
const STEPS_MINUTES = [-60, -5, 5, 60];
const training = z.object({ id: z.int(), starts_at: z.iso.datetime(), version: z.int() });
const seat = z.object({ training: z.int(), student: z.int() });

/** Places given and taken back, trainings moved and called off, and who came marked and marked otherwise. */
export async function trainingActs({ fleet, account, random, students }: Acting): Promise<readonly [weight: number, act: Act][]> {
  const ahead = await fleet.db.any(sql.type(training)`
    select id, starts_at, version from real_trainings where status = 'scheduled' and starts_at > now() + interval '1 day' order by id limit 90`);
  const known = new Set(account.trainings.map(({ id }) => id));
  for (const { id, starts_at, version } of ahead)
    if (!known.has(id)) account.trainings.push({ id, starts: starts_at, version, isCancelled: false, isBusy: false, shift: 0 });
  const past = await fleet.db.any(sql.type(seat)`
    select real_training_id as training, student_id as student from real_training_students
    join real_trainings on real_trainings.id = real_training_id where starts_at < now() order by 1, 2`);
  const lists = [...Map.groupBy(past, (one) => one.training)];
  const marking = new Set<number>();
  const { seats } = account;
  /** Whoever asks for a place or takes it back has it to themselves, so that the last answer is known. */
  const asking = new Set<string>();
  let cancelled = 0;

  function add({ id } = random.pick(account.trainings), student = random.pick(students)) {
    const key = `${id}/students/${student}`;
    if (asking.has(key) || seats.get(key) === true) return null;
    asking.add(key);
    return account.note({
      kind: 'add',
      path: `/real-trainings/${id}/students`,
      body: { student_id: student },
      believe({ answer }) {
        asking.delete(key);
        if (answer?.status === 200) seats.set(key, true);
        if (answer?.status === 202) seats.set(key, 'perhaps');
      },
    });
  }
  /** One student who wants to be in two trainings at the same time. */
  function addToBoth() {
    const [one, student] = [random.pick(account.trainings), random.pick(students)];
    const same = account.trainings.filter((other) => other.id !== one.id && other.starts === one.starts && !other.isCancelled);
    if (same.length === 0) return null;
    return [one, random.pick(same)].map((training) => add(training, student)).filter((asked) => asked !== null);
  }
  function takeOut() {
    const taken = [...seats].filter(([key, isTaken]) => isTaken === true && !asking.has(key));
    if (taken.length === 0) return null;
    const [key] = random.pick(taken);
    asking.add(key);
    return account.note({
      kind: 'take_out',
      path: `/real-trainings/${key}/cancel`,
      body: { reason: 'chaos', by: 'client' },
      believe({ answer }) {
        asking.delete(key);
        if (answer?.status === 200) seats.set(key, false);
        if (answer?.status === 202) seats.set(key, 'perhaps');
      },
    });
  }
  function anyTraining() {
    const one = random.pick(account.trainings);
    if (one.isBusy || one.isCancelled) return null;
    one.isBusy = true;
    return one;
  }
  /** The version lets it happen once: who asks again and finds the training moved, and one version further, was heard before. */
  function move() {
    const one = anyTraining();
    if (!one) return null;
    const shift = one.shift === 0 ? random.pick(STEPS_MINUTES) : 0;
    const starts = new Date(Date.parse(one.starts) + (shift - one.shift) * 60_000).toISOString();
    return account.note({
      kind: 'move',
      method: 'PATCH',
      path: `/real-trainings/${one.id}`,
      body: { starts_at: starts, version: one.version },
      believe({ answer, body }) {
        one.isBusy = false;
        const { training: known, ...own } = (answer?.body ?? {}) as Partial<Known> & { training?: Known };
        const now = answer?.status === 200 ? own : known;
        if (now?.version === undefined || now.starts_at === undefined) return;
        const isDone = Date.parse(now.starts_at) === Date.parse(starts) && now.version > Number(body.version);
        Object.assign(one, { version: now.version, ...(isDone ? { starts: now.starts_at, shift } : {}) });
      },
    });
  }
  function cancel() {
    const one = cancelled < MOST_CANCELLED ? anyTraining() : null;
    if (!one) return null;
    cancelled += 1;
    return account.note({
      kind: 'cancel',
      path: `/real-trainings/${one.id}/cancel`,
      body: { reason: 'chaos', by: 'studio' },
      believe({ answer }) {
        one.isBusy = false;
        one.isCancelled = answer?.status === 202 ? 'perhaps' : answer?.status === 200;
      },
    });
  }
  /** Whoever marks a training has it to themselves, so that the last mark is known. */
  function mark() {
    const [id, list] = lists.length > 0 ? random.pick(lists) : [0, []];
    if (list.length === 0 || marking.has(id)) return null;
    marking.add(id);
    const marks = list.map(({ student }) => ({ student_id: student, status: random.pick(['PRESENT', 'ABSENT']) }));
    return account.note({
      kind: 'marks',
      path: `/real-trainings/${id}/attendance`,
      body: { marks },
      effects: marks.length,
      believe({ answer }) {
        marking.delete(id);
        if (answer?.status === 200) for (const { student_id, status } of marks) account.marks.set(`${id}/${student_id}`, status);
      },
    });
  }
  return [
    [4, () => add()],
    [3, addToBoth],
    [3, takeOut],
    [3, move],
    [1, cancel],
    [5, mark],
  ];
}
type Known = Pick<BelievedTraining, 'version'> & { starts_at: string };
