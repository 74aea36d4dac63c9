import { describe, expect, test } from '@jest/globals';
import { finding } from '../../sql/audit/audit.ts';
import { bookingTemplates } from '../../workers/notifier/templates/bookings.ts';
import { render, templates } from '../../workers/notifier/templates/render.ts';
import { renewalTemplates } from '../../workers/notifier/templates/renewals.ts';
import { subscriptionTemplates } from '../../workers/notifier/templates/subscriptions.ts';

const locales = ['ru', 'uk', 'en'] as const;
const studio = { locale: 'ru', zone: 'Europe/Moscow', currency: 'RUB' } as const;
const say = (template: string, params: Record<string, unknown>, locale: (typeof locales)[number] | null = null) =>
  render({ template, params, locale }, studio).text;

const run = { run_id: 42, run_key: 'generation:2026-W48' };
const long = 'Вельмишановна 👩‍👩‍👧 '.repeat(1_000);
const counts = [0, 1, 2, 5, 21, 500];
const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

const conflicts = (count: number, name = 'Йога') =>
  many(count, (n) => ({
    training_template_id: n,
    training_date: '2026-11-25',
    start_time: '18:00:00',
    training_type: name,
    reason: ['trainer_busy', 'room_busy'][n % 2],
    trainer: name,
    room: n % 2 ? name : null,
  }));
const students = (count: number, trainings: number, name: string | null = 'Анна') =>
  many(count, (n) => ({
    student_id: n,
    student: name,
    real_training_id: n % trainings,
    training_type: name ?? '',
    training_date: '2026-09-23',
    start_time: '18:00',
  }));
const missed = { schedule: 'generation', nominal_at: '2026-11-22T18:00:00.000Z', deadline_at: '2026-11-22T18:30:00.000Z' };

const seat = { training_type: 'Йога', training_date: '2026-11-25', start_time: '18:00:00' };
const money = (n: number) => ({
  returned: { sessions: n, refunded_minor: 70_000 * n, cancelled_minor: 123_456 * n },
  charged: { sessions: n, invoices: n },
});

const RULES = [...finding.shape.rule.options, 'a new rule'];
const found = (id: number) => ({ rule: RULES[id % RULES.length], id });

const refills = (count: number, name = 'Кофе') =>
  many(count, (n) => ({
    ingredient_id: n,
    ingredient: name,
    unit: ['g', 'ml', 'pcs'][n % 3],
    quantity_milli: 1_250 * n,
    critical_milli: 500_000,
    missing: n % 2 === 1,
  }));
const vendingCases: [string, Record<string, unknown>][] = [
  ...[1, 2, 25].flatMap((count): [string, object][] => [
    ['vending_task', { task_id: 7, terminal: 'Холл', items: refills(count) }],
    ['vending_task_unassigned', { task_id: 7, terminal: 'Холл', owner: 'Вера', items: refills(count) }],
    ['vending_needs_recipe', { items: many(count, (n) => ({ terminal: 'Холл', machine_item_id: n })) }],
    [
      'vending_summary',
      { date: '2026-11-24', terminals: many(count, (n) => ({ terminal: 'Холл', sales: n, revenue_minor: n * 9_950 })) },
    ],
    [
      'vending_digest',
      {
        places: many(count, (n) => ({
          kind: ['warehouse', 'stand', 'machine'][n % 3],
          terminal: n % 3 === 0 ? null : 'Холл',
          lines: [{ ingredient: 'Кофе', unit: 'g', net_milli: 500 - n * 1_000 }],
        })),
      },
    ],
  ]),
  ['vending_task', { task_id: 7, terminal: long, items: refills(1, long) }],
  ['vending_summary', { date: '2026-11-24', terminals: [] }],
  ['vending_offline', { terminal_id: 1, terminal: 'Холл', last_online_at: null }],
  ['vending_offline', { terminal_id: 1, terminal: long, last_online_at: '2026-11-22T18:00:00.000Z' }],
  ['vending_unpaid', { owner_id: 3 }],
  ...[true, false].flatMap((needs_code): [string, object][] => [
    ['vending_refused', { needs_code }],
    ['vending_credentials', { owner_id: 3, owner: 'Вера', needs_code }],
  ]),
  ['cannot_decrypt', { owner_id: 3, owner: long }],
  ['vending_request_refused', { owner_id: 3, owner: 'Вера', status: 403 }],
] as [string, Record<string, unknown>][];

const cases: [string, Record<string, unknown>][] = [
  ['password_link', { url: `https://studio.example/join?token=${'x'.repeat(43)}`, expires_at: '2026-11-22T18:00:00.000Z' }],
  ['password_link', { expires_at: '2026-11-22T18:00:00.000Z' }],
  ['key_expiring', { name: 'till', prefix: 'sf_abcdefgh', expires_at: '2026-11-22T18:00:00.000Z' }],
  ['key_expiring', { name: long.slice(0, 60), prefix: null, expires_at: '2026-11-22T18:00:00.000Z' }],
  ...['', 'Error: no', long].map((error): [string, object] => ['run_failed', { ...run, attempt: 2, error }]),
  ...counts.map((count): [string, object] => ['run_partial', { ...run, conflicts: conflicts(count) }]),
  ['run_partial', { run_id: 1, run_key: long, conflicts: conflicts(500, long) }],
  ...counts.flatMap((count) =>
    [1, 3, 21, 500].map((trainings): [string, object] => [
      'generation_overflow',
      { ...run, students: students(count, trainings) },
    ]),
  ),
  ['generation_overflow', { run_id: 1, run_key: long, students: students(500, 25, long) }],
  ['generation_overflow', { ...run, students: students(500, 1, long) }],
  ['generation_overflow', { ...run, students: students(5, 2, null) }],
  ...[null, 'queued', 'running', 'partial', 'error', 'success'].map((status): [string, object] => [
    'deadline_missed',
    { ...missed, run_id: status && 42, status },
  ]),
  ['deadline_missed', { ...missed, schedule: long, run_id: 42, status: null }],
  ...[0, 1, 2, 5, 21, 90.4, 119, 120, 86_400].map((seconds): [string, object] => [
    'worker_down',
    { worker: 'generation', seconds },
  ]),
  ['worker_down', { worker: long, seconds: 1e300 }],
  ...[null, '2026-11-22T23:04:05.000Z'].flatMap((when) =>
    [null, 'Error: no', long].flatMap((error): [string, object][] => [
      ['backup_missing', { finished_at: when, error }],
      ['backup_unverified', { verified_at: when, error }],
      ['backup_uncopied', { finished_at: '2026-11-22T23:04:05.000Z', copied_at: when }],
    ]),
  ),
  ...[-61_000, 2_400].map((skew_ms): [string, object] => ['clock_skewed', { host: 'studio-1', skew_ms }]),
  ['connections_high', { used: 90, most: 97 }],
  ...['telegram', 'email'].map((channel): [string, object] => ['channel_down', { channel, error: 'connect ECONNREFUSED' }]),
  ...['data', 'backups'].map((folder): [string, object] => ['disk_low', { folder, percent: 9.97, free_bytes: 5_400_000_000 }]),
  ['backup_shrunk', { file: long, bytes: 4_000_000, previous: 12_345_678 }],
  ...[1, 10].flatMap((count): [string, object][] =>
    ['Error: no', long].map((error) => [
      'cleanup_partial',
      { ...run, failures: many(count, () => ({ operation: error, error })) },
    ]),
  ),
  ...counts.flatMap((count): [string, object][] =>
    ['balance 1, transactions 0', long].map((detail) => [
      'books_not_square',
      {
        run_id: 42,
        date: '2026-11-21',
        count: count + 1,
        findings: many(Math.min(20, count + 1), (id) => ({ ...found(id), detail })),
      },
    ]),
  ),
  ...['', 'Тренер заболел', long].map((reason): [string, object] => ['training_cancelled', { ...seat, reason }]),
  ['training_cancelled', { ...seat, training_type: long, reason: long }],
  ...[null, 'Анна', long].map((student): [string, object] => [
    'training_cancelled',
    {
      ...seat,
      reason: '',
      balance_minor: 100,
      places: [0, 1].map((n) => ({
        student,
        is_payer: n > 0,
        ...money(n).returned,
        session: n ? { subscription: student ?? 'x', sessions_left: n } : null,
      })),
    },
  ]),
  ...[0, 1].flatMap((n): [string, object][] => [
    ['participation_cancelled', { ...seat, ...money(n), outcome: 'safe' }],
    ['participation_cancelled', { ...seat, ...money(n), outcome: 'late' }],
    ['training_joined', { ...seat, ...money(n) }],
  ]),
  ...[null, 'Анна', long].flatMap((student): [string, object][] => [
    ['waitlisted', { ...seat, student, place: 21 }],
    ...[true, false].map((is_trainer): [string, object] => [
      'waitlist_promoted',
      { ...seat, student, is_trainer, charged: { sessions: 1, invoices: 1 }, free_until: '2026-11-25T03:00:00.000Z' },
    ]),
    ...['inactive', 'frozen', 'busy', 'no_subscription'].map((reason): [string, object] => [
      'waitlist_skipped',
      { ...seat, student, reason },
    ]),
    ...['left', 'started'].map((reason): [string, object] => ['waitlist_released', { ...seat, student, reason }]),
    ...['group', 'subscription'].flatMap((because) =>
      [1, 500].map((count): [string, object] => [
        'places_released',
        { because, name: student ?? 'x', trainings: many(count, () => seat), student, ...money(1), balance_minor: 100 },
      ]),
    ),
  ]),
  ...reminders(),
  ...vendingCases,
  ...toStaff(),
] as [string, Record<string, unknown>][];

/** What trainers and the studio are told, with little, much and too much in it. */
function toStaff(): [string, Record<string, unknown>][] {
  const names = ['Анна', long];
  return [1, 2, 5, 21, 200].flatMap((count): [string, Record<string, unknown>][] =>
    names.flatMap((name): [string, Record<string, unknown>][] => [
      ['training_seats', { trainings: many(count, (n) => ({ ...seat, training_type: name, was: n, seated: n % 3, places: 2 })) }],
      [
        'trainer_day',
        {
          day: '2026-11-25',
          items: many(Math.min(count, 21), (n) => ({
            kind: n % 2 ? 'booking' : 'training',
            start_time: '18:00:00',
            what: name,
            seated: n % 2 ? null : n,
            places: n % 2 ? null : 10,
            client: n % 2 ? name : null,
            room: n % 3 ? name : null,
            location: name,
          })),
        },
      ],
      [
        'studio_subscriptions',
        {
          last_sessions: many(count, (n) => ({ ...ofHolder(name), is_auto_renew: n % 2 === 0 })),
          ended: many(count, (n) => ({ ...ofHolder(name), sessions_expired: n % 3 })),
        },
      ],
      [
        'month_digest',
        {
          month: '2026-11-01',
          net_minor: count * 100_050 - 500_000,
          recognised_minor: count * 1_000_000_000,
          attendance: count === 1 ? null : 1 / count,
          trainings: count,
          new_students: count,
          active_students: count,
          renewals: count,
          renewals_minor: count * 400_000,
          debtors: count,
          owed_minor: count * 70_000,
          days_minor: many(30, (n) => n * 1_000),
        },
      ],
      ['studio_unreached', { people: many(count, (n) => ({ name, phone: n % 2 ? '+79990000001' : null, about: name })) }],
    ]),
  );
}
function ofHolder(name: string) {
  return { student: name, subscription: name, end_date: '2026-11-25' };
}

/** A training that was moved, as somebody reads of it. */
function movedTraining(as: string, name: string | null, is_start: boolean) {
  const was = {
    training_date: '2026-11-24',
    start_time: '09:00:00',
    minutes: 60,
    trainer_id: 1,
    trainer: name ?? 'Анна',
    room_id: 1,
    room: name,
  };
  const paid = [
    { subscription_id: 1, subscription: name ?? 'x', amount_minor: null },
    { subscription_id: null, subscription: null, amount_minor: 50_000 },
    null,
  ];
  return {
    ...seat,
    was,
    now: { ...was, start_time: '18:00:00', minutes: 91, trainer_id: 2, room_id: 2, room: null },
    as,
    students: name ? [name] : [],
    free_until: { day: '2026-11-24', time: '18:00:00', is_start },
    seats: paid.map((one, n) => ({ seat_id: n, student: name, is_payer: is_start, was: one, now: paid[(n + 1) % 3] })),
  };
}

/** The messages that are sent when their time has come, with little, much and too much in them. */
function reminders(): [string, Record<string, unknown>][] {
  const at = '2026-11-25T15:00:00.000Z';
  const names = [null, 'Зал', long];
  const change = (kind: string, name: string | null) => ({
    ...seat,
    change: kind,
    was: kind === 'moved' ? { training_date: '2026-11-24', start_time: '09:00:00' } : { max_participants: 3 },
    room: name,
    trainer: name ?? 'Анна',
    max_participants: 12,
  });
  const about = { template: 'worker_down', params: { worker: 'finance', seconds: 60 } };
  return [
    ...names.flatMap((name): [string, object][] => [
      ['training_reminder', { ...seat, location: name, room: name, trainer: name }],
      ['belt_exam', { belt: name ?? 'Blue', exam_at: at, location: name }],
      ...[0, 1, 3].flatMap((stripes): [string, object][] => {
        const exam = { belt: name ?? 'Blue', stripes, exam_at: at, location: name, student: name };
        return [
          ['belt_exam', exam],
          ...['moved', 'cancelled'].map((change): [string, object] => ['belt_exam_changed', { ...exam, change, was_at: at }]),
          ...['passed', 'failed'].map((result): [string, object] => ['belt_exam_result', { ...exam, result }]),
        ];
      }),
      ['booking_reminder', { service: name ?? 'x', specialist: name, location: name, starts_at: at }],
      ['service_unpaid', { service: name ?? 'telegram' }],
      ...['moved', 'room', 'trainer'].map((kind): [string, object] => ['training_changed', change(kind, name)]),
      ...['student', 'payer', 'trainer', 'former_trainer'].flatMap((as): [string, object][] =>
        [true, false].map((is_start) => ['training_moved', movedTraining(as, name, is_start)]),
      ),
    ]),
    ...[1, 2, 5, 21].flatMap((count): [string, object][] => [
      [
        'belt_ready',
        {
          students: many(count, (n) => ({
            student_id: 1,
            student: long,
            belt: 'Blue',
            stripes: n % 2,
            is_transition: n % 3 === 0,
          })),
        },
      ],
      ['training_created', { trainings: many(count, () => seat) }],
      ['training_created', { trainings: many(count, () => seat), by_hand: true }],
      ['training_given', { trainings: many(count, () => seat), students: count }],
      ['missed_classes', { missed: count, days: count + 29 }],
      ['payment_reminder', { invoices: count, amount_minor: 123_450 * count }],
      ['studio_wrote', { text: 'Ваша перчатка у нас' }],
      ['alert_again', { alert: 'worker_down:finance', of: about, since: at, at, count }],
      ['alert_over', { alert: 'worker_down:finance', of: about, since: at, at, count }],
      ['deadline_missed', { ...missed, run_id: 42, status: 'queued', more: count }],
    ]),
    ...['granted', 'revoked', 'telegram', 'confirmed', 'withdrawn'].flatMap((kind): [string, object][] =>
      [null, 1_001].flatMap((was): [string, object][] =>
        ['', 'Анна', long].map((name) => [
          'rights_changed',
          { user_id: 7, name, role: name === '' ? 'owner' : 'admin', change: kind, was, now: 1_002, commands: was === null },
        ]),
      ),
    ),
    [
      'schedule_digest',
      {
        places: [null, 'Центр'].map((location) => ({
          location,
          created: { count: 21, from: '2026-11-23', to: location ? '2026-11-23' : '2026-11-29' },
          changes: ['cancelled', 'moved', 'room', 'trainer', 'places'].map((kind) => change(kind, location)),
        })),
      },
    ],
  ] as [string, Record<string, unknown>][];
}

test('every template is rendered by some case, here or beside the templates that have tests of their own', () => {
  const elsewhere = [
    'run_ended',
    ...Object.keys(subscriptionTemplates),
    ...Object.keys(renewalTemplates),
    ...Object.keys(bookingTemplates),
  ];
  const tried = new Set([...cases.map(([name]) => name), ...elsewhere]);
  expect(Object.keys(templates).filter((name) => !tried.has(name))).toEqual([]);
});

test.each([
  ['payment_reminder', { invoices: 1, amount_minor: 120_050 }, 'ru', 'Просрочен 1 счёт на 1 200,50 ₽.'],
  ['payment_reminder', { invoices: 5, amount_minor: 500_000 }, 'uk', 'Прострочено 5 рахунків, разом 5 000 RUB.'],
  ['missed_classes', { missed: 2, days: 30 }, 'ru', 'За 30 дней пропущено 2 тренировки.'],
  ['missed_classes', { missed: 2, days: 30 }, 'en', 'You missed 2 trainings within 30 days.'],
  ['disk_low', { folder: 'data', percent: 9.97, free_bytes: 5_400_000_000 }, 'ru', 'осталось 9 % места (5,4 ГБ)'],
  ['disk_low', { folder: 'backups', percent: 9.97, free_bytes: 5_400_000_000 }, 'en', 'has 9 % of its space left (5.4 GB)'],
  [
    'backup_missing',
    { finished_at: null, error: 'Error: pg_dump 15 is older than the server' },
    'en',
    'Why: pg_dump 15 is older than the server',
  ],
  ['backup_shrunk', { file: 'x', bytes: 4_000_000, previous: 12_300_000 }, 'uk', '4 МБ після 12,3 МБ'],
] as const)('%s %j in %s', (template, params, locale, said) => {
  expect(say(template, params, locale).replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(said);
});

const left = (sessions_left: number | null) => ({ subscription: 'Восемь', sessions_left });
const none = { sessions: 0, invoices: 0, session: null, invoice: null };
const gave = { session: null, sessions: 0, refunded_minor: 0, cancelled_minor: 0 };
const own = { ...seat, student: null, balance_minor: null };
/** Exactly what was charged, came back or stays, below the line that says what happened. */
test.each([
  [
    'training_joined',
    { ...own, charged: { ...none, sessions: 1, session: left(5) } },
    'en',
    'One session was taken from “Восемь”. 5 sessions are left.',
  ],
  [
    'training_joined',
    { ...own, charged: { ...none, sessions: 1, session: left(1) } },
    'ru',
    'Из абонемента «Восемь» списано одно занятие. Осталось 1 занятие.',
  ],
  [
    'training_joined',
    { ...own, charged: { ...none, sessions: 1, session: left(null) } },
    'uk',
    'З абонемента «Восемь» списано одне заняття.',
  ],
  [
    'training_joined',
    { ...own, charged: { ...none, invoices: 1, invoice: { amount_minor: 50_000, is_paid: false } } },
    'en',
    'An invoice over RUB 500 was written for it.',
  ],
  [
    'training_joined',
    { ...own, charged: { ...none, invoices: 1, invoice: { amount_minor: 50_000, is_paid: true } } },
    'ru',
    'С вашего счёта списано 500 ₽.',
  ],
  [
    'participation_cancelled',
    { ...own, outcome: 'safe', returned: { ...gave, sessions: 1, session: left(5) }, charged: none },
    'en',
    'The session is back in “Восемь”. 5 sessions are left.',
  ],
  ['participation_cancelled', { ...own, outcome: 'safe', returned: gave, charged: none }, 'ru', 'За неё ничего не было списано.'],
  [
    'participation_cancelled',
    { ...own, outcome: 'late', returned: gave, charged: { ...none, session: left(4) } },
    'en',
    'The session of “Восемь” stays taken. 4 sessions are left.',
  ],
  [
    'participation_cancelled',
    { ...own, outcome: 'late', returned: gave, charged: { ...none, session: left(4) } },
    'uk',
    'Заняття з абонемента «Восемь» лишається списаним. Залишилося 4 заняття.',
  ],
  [
    'participation_cancelled',
    { ...own, outcome: 'late', returned: gave, charged: { ...none, invoice: { amount_minor: 50_000, is_paid: false } } },
    'ru',
    'Счёт на 500 ₽ остаётся к оплате.',
  ],
  [
    'participation_cancelled',
    { ...own, outcome: 'late', returned: gave, charged: { ...none, invoice: { amount_minor: 50_000, is_paid: true } } },
    'en',
    'The studio keeps its price: RUB 500.',
  ],
  [
    'participation_cancelled',
    { ...own, outcome: 'late', returned: gave, charged: none },
    'en',
    'Nothing had been charged for it.',
  ],
] as const)('%s %j in %s', (template, params, locale, said) => {
  const [, ...lines] = say(template, params, locale)
    .replaceAll(/[\u00a0\u202f]/g, ' ')
    .split('\n');
  expect(lines).toEqual([said]);
});

const item = { seated: null, places: null, client: null, room: null, location: null };
test.each([
  [
    'training_seats',
    { trainings: [{ ...seat, was: 5, seated: 7, places: 10 }] },
    'en',
    'Places in your trainings:\nWed 25 November 18:00 Йога: 7 of 10 taken, before: 5',
  ],
  [
    'training_seats',
    { trainings: [{ ...seat, was: 9, seated: 10, places: 10 }] },
    'ru',
    'Места на ваших тренировках:\nср 25 ноября 18:00 Йога: мест нет, занято 10 из 10, было 9',
  ],
  [
    'trainer_day',
    {
      day: '2026-11-25',
      items: [
        { ...item, kind: 'booking', start_time: '09:30:00', what: 'Массаж', client: 'Анна' },
        { ...item, kind: 'training', start_time: '18:00:00', what: 'Йога', seated: 7, places: 10, room: 'Зал' },
      ],
    },
    'uk',
    'Ваш день, ср 25 листопада:\n09:30 Массаж: Анна\n18:00 Йога: зайнято 7 з 10, Зал',
  ],
  [
    'studio_subscriptions',
    { last_sessions: [{ ...ofHolder('Анна'), is_auto_renew: false }], ended: [] },
    'en',
    'The last session was taken from 1 subscription:\nАнна: “Анна”, valid until 25 November 2026',
  ],
  [
    'studio_unreached',
    { people: [{ name: 'Анна', phone: '+79990000001', about: 'Training cancelled' }] },
    'en',
    'No channel reached 1 person. Please call; what is to be said is in the list “to call”:\nАнна, +79990000001: Training cancelled',
  ],
  [
    'training_reminder',
    { ...seat, student: 'Маша', location: null, room: null, trainer: null },
    'ru',
    'Маша: скоро тренировка, ср 25 ноября 18:00 Йога.',
  ],
  [
    'missed_classes',
    { student: 'Маша', missed: 2, days: 30 },
    'en',
    'Маша missed 2 trainings within 30 days.\nIf something stands in the way, write to us and we will find another time.',
  ],
] as const)('%s %j in %s', (template, params, locale, said) => {
  expect(say(template, params, locale).replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(said);
});

const promoted = { ...seat, charged: { sessions: 0, invoices: 1 }, student: null, free_until: '2026-11-25T03:00:00.000Z' };
test.each([
  [
    'waitlisted',
    { ...seat, place: 2, student: null },
    'ru',
    'Вы в листе ожидания, место 2: ср 25 ноября 18:00 Йога.\nПока место не освободилось, ничего не списывается. Мы сообщим.',
  ],
  [
    'waitlisted',
    { ...seat, place: 2, student: 'Анна' },
    'en',
    'Анна is on the waitlist, place 2: Wed 25 November 18:00 Йога.\nNothing is charged unless a place becomes free. You will be told.',
  ],
  ['waitlist_promoted', promoted, 'ru', 'Место освободилось, и оно ваше: ср 25 ноября 18:00 Йога.'],
  ['waitlist_promoted', promoted, 'en', 'You can decline free of charge until Wed 25 November 06:00.'],
  ['waitlist_promoted', promoted, 'ru', 'Отказаться бесплатно можно до ср 25 ноября 06:00.'],
  ['waitlist_promoted', promoted, 'uk', 'Відмовитися безкоштовно можна до ср 25 листопада 06:00.'],
  ['waitlist_skipped', { ...seat, student: null, reason: 'busy' }, 'uk', 'На цей час є інше тренування або запис.'],
  [
    'waitlist_released',
    { ...seat, student: null, reason: 'started' },
    'en',
    'No place became free: Wed 25 November 18:00 Йога. You are no longer on the waitlist.',
  ],
] as const)('%s %j in %s', (template, params, locale, said) => {
  expect(say(template, params, locale).replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(said);
});

test('a digest has its places in bold, and of hundreds of changes the first hundred', () => {
  const change = { ...seat, change: 'cancelled', was: {}, room: null, trainer: 'Анна', max_participants: 5 };
  const params = { places: [{ location: 'Центр', created: null, changes: many(121, () => change) }] };
  const { text, entities } = render({ template: 'schedule_digest', params, locale: 'ru' }, studio);
  expect(entities).toEqual([{ type: 'bold', offset: text.indexOf('Центр'), length: 5 }]);
  expect(text.split('\n').filter((line) => line.endsWith(': отменена'))).toHaveLength(100);
  expect(text).toContain('… и ещё 21 изменение');
});

test('a failed run can be retried, looked at and muted by buttons that fit', () => {
  const params = { ...run, attempt: 1, error: 'no', alert: 'run_failed:generation:0123abcd' };
  const { buttons } = render({ template: 'run_failed', params, locale: 'en' }, studio);
  expect(buttons.flat().map(({ data }) => data)).toEqual([
    'retry:42',
    'details:42',
    'ack:run_failed:generation:0123abcd',
    'mute:run_failed:generation:0123abcd',
  ]);
  for (const { data } of buttons.flat()) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
});

describe.each(locales)('in %s', (locale) => {
  test.each(cases)('%s is whole and fits', (template, params) => {
    const said = say(template, params, locale);
    expect(said).not.toMatch(/\{\{|undefined|null|\[object|NaN|Invalid/);
    expect(said.length).toBeLessThanOrEqual(3_500);
    expect(said.isWellFormed()).toBe(true);
  });
});

test('instants are on the studio’s clock, in the message’s language or else the studio’s', () => {
  const params = { ...missed, run_id: 42, status: 'running' };
  expect(say('deadline_missed', params)).toContain('воскресенье, 22 ноября, 21:00');
  expect(say('deadline_missed', params, 'uk')).toContain('неділя, 22 листопада, 21:00');
  expect(say('deadline_missed', params, 'en')).toContain('Sunday 22 November, 21:00');
  const { text } = render({ template: 'deadline_missed', params, locale: null }, { ...studio, zone: 'Asia/Vladivostok' });
  expect(text).toContain('понедельник, 23 ноября, 04:00');
});

test('students without a place are grouped by training', () => {
  const place = { real_training_id: 7, training_type: 'Йога', training_date: '2026-11-25', start_time: '18:00:00' };
  const other = { ...place, real_training_id: 8, training_type: 'Бокс', start_time: '09:30' };
  const people = [
    { ...place, student_id: 1, student: 'Иванова Анна' },
    { ...other, student_id: 1, student: 'Иванова Анна' },
    { ...place, student_id: 2, student: 'Петров Олег' },
  ];
  const said = say('generation_overflow', { ...run, students: people });
  expect(said).toContain('\nср 25 ноября 18:00 Йога: Иванова Анна, Петров Олег\nср 25 ноября 09:30 Бокс: Иванова Анна\n');
  expect(said).toContain('/process-history/42');
});

test.each([
  [20, undefined],
  [21, '… и ещё 1 тренировка'],
  [22, '… и ещё 2 тренировки'],
  [25, '… и ещё 5 тренировок'],
  [41, '… и ещё 21 тренировка'],
])('of %i conflicts at most twenty are listed', (count, more) => {
  const said = say('run_partial', { ...run, conflicts: conflicts(count) }).split('\n');
  expect(said.filter((line) => line.startsWith('ср 25 ноября 18:00 Йога: '))).toHaveLength(20);
  expect(said.find((line) => line.startsWith('…'))).toBe(more);
});

test('the names that fit are listed and the others counted', () => {
  const said = say('generation_overflow', { ...run, students: students(1_001, 1) });
  const [, shown = '', more] = /Анна: (.*) и ещё (\d+) человека?\n/.exec(said) ?? [];
  expect(shown.split(', ').length + Number(more)).toBe(1_001);
});

test('the first findings are named, and the rest is a number', () => {
  const findings = [
    { rule: 'balance', id: 7, detail: 'balance 100, transactions 0' },
    { rule: 'never_charged', id: 8, detail: 'training 3 of 2026-11-20' },
  ];
  const said = say('books_not_square', { run_id: 42, date: '2026-11-21', count: 5, findings }, 'en');
  expect(said.split('\n')).toEqual([
    'The books are not square on 2026-11-21: 5 findings.',
    'wallet of user 7: balance 100, transactions 0',
    'registration 8 was never charged: training 3 of 2026-11-20',
    '… and 3 more findings',
    expect.stringContaining('npm run audit'),
    'Details: /process-history/42',
  ]);
});

test.each(finding.shape.rule.options)('the finding %s has words in every language', (rule) => {
  for (const locale of locales) {
    const findings = [{ rule, id: 7, detail: 'left 4' }];
    expect(say('books_not_square', { run_id: 1, date: '2026-11-21', count: 1, findings }, locale)).not.toContain(rule);
  }
});

test.each([
  [
    'admin',
    'granted',
    '🔑 Анна: дана роль администратора.',
    '🔑 Анна: надано роль адміністратора.',
    '🔑 Анна has been made an admin.',
  ],
  ['owner', 'granted', '🔑 Анна: дана роль владельца.', '🔑 Анна: надано роль власника.', '🔑 Анна has been made an owner.'],
  [
    'admin',
    'revoked',
    '🔑 Анна: роль администратора снята.',
    '🔑 Анна: роль адміністратора знято.',
    '🔑 Анна is no longer an admin.',
  ],
  ['owner', 'revoked', '🔑 Анна: роль владельца снята.', '🔑 Анна: роль власника знято.', '🔑 Анна is no longer an owner.'],
  [
    'admin',
    'telegram',
    '🔑 Анна (администратор): сменился Telegram.',
    '🔑 Анна (адміністратор): змінився Telegram.',
    '🔑 The Telegram account of Анна, an admin, has changed.',
  ],
  [
    'owner',
    'telegram',
    '🔑 Анна (владелец): сменился Telegram.',
    '🔑 Анна (власник): змінився Telegram.',
    '🔑 The Telegram account of Анна, an owner, has changed.',
  ],
])('of an %s: %s, in each language', (role, change, ...lines) => {
  const params = { user_id: 7, name: 'Анна', role, change, was: null, now: null, commands: false };
  expect(locales.map((locale) => say('rights_changed', params, locale).split('\n')[0])).toEqual(lines);
});

test('a change of rights that an earlier version wrote is of an admin', () => {
  const params = { user_id: 7, name: 'Анна', change: 'granted', was: null, now: null, commands: false };
  expect(say('rights_changed', params, 'en')).toContain('an admin');
});

test('secrets and line breaks in values do not get out', () => {
  const error = 'connect postgres://fleet:hunter2@db\nGET /bot123456:AAtoken/x for +79991234567';
  expect(say('run_failed', { ...run, attempt: 1, error })).toContain('connect postgres://fleet:***@db GET /bot***/x for +***');
});

test.each(['no_such', 'constructor', '__proto__'])('the unknown template "%s" throws', (template) => {
  expect(() => say(template, {})).toThrow(`there is no message template "${template}"`);
});

test('params that do not fit are named', () => {
  expect(() => say('run_failed', { ...run, attempt: 'two', error: '' })).toThrow(/do not fit the template "run_failed".*attempt/);
});
