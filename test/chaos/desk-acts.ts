import { addDays, mondayAfter } from '../../queues/time/calendar.ts';
import type { Act, Acting } from './load.ts';

/** Payments, lists of new students, and runs: of several days of a process at once, and one by several callers at the same moment. */
export function deskActs({ fleet, account, random, students, later, today }: Acting): readonly [weight: number, act: Act][] {
  function pay() {
    const description = `chaos-${account.entries.length + 1}`;
    const body = { student_id: random.pick(students), amount_minor: random.int(1, 50) * 100, method: 'cash', description };
    return account.note({ kind: 'payment', path: '/api/payments', body });
  }
  function askForRun() {
    const [path, body] = random.pick([
      ['/real-trainings/generate-next-week', { week_start: addDays(mondayAfter(today), 7 * random.int(0, 3)), again: true }],
      ['/real-trainings/process-daily-operations', { date: addDays(today, -random.int(1, 5)), again: true }],
      ['/cron/check-auto-renewals', { date: addDays(today, -random.int(0, 2)), again: true }],
    ] as const);
    return fleet.keys.map((_, caller) => account.note({ kind: 'run', path, body, caller }));
  }
  function askForRuns() {
    return [0, 1, 2, 3].map((weeks) =>
      account.note({
        kind: 'run',
        path: '/real-trainings/generate-next-week',
        body: { week_start: addDays(mondayAfter(today), 7 * weeks), again: true },
      }),
    );
  }
  /** A list of two new students, named by the request that confirms it. */
  function importStudents() {
    const name = `chaos-${account.entries.length + 1}`;
    return account.note({
      kind: 'import',
      path: '/api/imports/students',
      body: {},
      file: `Last name;First name;Email\n${name};Anna;${name}.a@studio.example\n${name};Ivan;${name}.i@studio.example\n`,
      believe({ answer }) {
        if (answer?.status !== 201) return;
        const path = `/api/imports/${answer.body.id}/confirm`;
        later.push(account.note({ kind: 'import_confirm', path, body: { name }, effects: 2 }));
      },
    });
  }
  return [
    [8, pay],
    [2, askForRun],
    [1, askForRuns],
    [1, importStudents],
  ];
}
