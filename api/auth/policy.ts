import type { RowKind } from '../../sql/auth/whose.ts';

/** Who is meant beside owners and admins, whose scopes say what they may do. */
export type PolicyRole = 'trainer' | 'client' | 'guardian' | 'vending_owner' | 'visitor';
/** `own`: what is theirs; another's is a 404, and lists leave it out. */
export type Access = 'all' | 'own';

export type Rule = Partial<Record<PolicyRole, Access>> & {
  /** Where the request names rows (`params.id`, `body.client_id`), and of which kind: with `own` they must be among theirs. */
  rows?: Readonly<Record<string, RowKind>>;
  /** With `own`, what a field of the body may say. */
  only?: Readonly<Record<string, readonly unknown[]>>;
  /** With `own`, fields of the answer, at any depth, that are null to a trainer. */
  hidden?: readonly string[];
};

const everybody: Rule = { trainer: 'all', client: 'all', guardian: 'all', visitor: 'all' };
const signedIn: Rule = { trainer: 'all', client: 'all', guardian: 'all' };
const family = { client: 'own', guardian: 'own' } as const;
const own = { trainer: 'own', ...family } as const;
const trainer = { trainer: 'own' } as const;
const vending = { vending_owner: 'own' } as const;
const staff: Rule = {};

/** No contacts, no day of birth and no money (R32): a roster says the age. */
const CONTACTS = ['phone', 'email', 'telegram_id', 'telegram_username', 'birth_date', 'notes', 'payer_id'];
const MONEY = [
  'service_price_minor',
  'price_minor',
  'discounts',
  'pay_from',
  'payer_id',
  'invoice',
  'client_package_id',
  'student_subscription_id',
];

/** Of a training, a trainer writes the notes. */
const NOTES_ONLY = Object.fromEntries(
  ['starts_at', 'duration_minutes', 'trainer_id', 'room_id', 'price_minor', 'max_participants'].map((field) => [field, []]),
);

const record = (path: string, read: Rule, others: Rule = staff): Record<string, Rule> => ({
  [`GET ${path}`]: { ...read, rows: undefined },
  [`GET ${path}/{id}`]: read,
  [`POST ${path}`]: others,
  [`PATCH ${path}/{id}`]: others,
});

/**
 * The one table of who may ask for what, and whose rows: operation x role. Owners and admins are not in it: their scopes decide, as
 * those of keys do. An operation of `staff` is theirs alone. {@link gate} enforces it for HTTP and the socket alike.
 */
export const policy: Readonly<Record<string, Rule>> = {
  'GET /slots': everybody,
  'GET /slots/stream': signedIn,

  'POST /real-trainings/generate-next-week': staff,
  'POST /real-trainings/process-daily-operations': staff,
  'POST /cron/check-auto-renewals': staff,
  'POST /subscriptions/auto-unfreeze': staff,
  'POST /cron/cleanup': staff,
  'POST /cron/stats': staff,
  'POST /cron/backup': staff,
  'POST /cron/verify-backup': staff,
  'GET /api/backups': staff,
  'POST /internal/slots/recalc': staff,
  'POST /internal/slots/roll': staff,
  'POST /vending/import': staff,
  'POST /vending/history': staff,
  'POST /vending/terminals': staff,
  'POST /vending/payment-check': staff,
  'GET /process-history': staff,
  'GET /process-history/{id}': staff,
  'GET /process-stats': staff,
  'GET /schedule': staff,
  'GET /schedule/ticks': staff,
  'POST /schedule/{name}/pause': staff,
  'POST /schedule/{name}/resume': staff,

  ...record('/api/clients', { ...own, rows: { 'params.id': 'client' }, hidden: CONTACTS }),
  ...record('/api/students', { ...own, rows: { 'params.id': 'student' }, hidden: CONTACTS }),
  ...record('/api/specialists', { ...trainer, rows: { 'params.id': 'specialist' } }),
  ...record('/api/training-types', everybody),
  ...record('/api/subscriptions', everybody),
  'GET /api/subscriptions/{id}/services': everybody,
  'PUT /api/subscriptions/{id}/services': staff,
  ...record('/api/groups', { ...own, rows: { 'params.id': 'group' } }),
  'DELETE /api/groups/{id}': staff,
  'GET /api/groups/{id}/members': { ...own, rows: { 'params.id': 'group' } },
  'POST /api/groups/{id}/members': staff,
  'POST /api/groups/{id}/members/{student_id}/leave': staff,
  ...record('/api/training-templates', signedIn),
  ...record('/api/locations', everybody),
  ...record('/api/rooms', { trainer: 'all' }),
  ...record('/api/services', everybody),
  ...record('/api/calendar-overrides', { trainer: 'all' }),
  'DELETE /api/calendar-overrides/{id}': staff,
  ...record('/api/calendar-days', everybody),
  'DELETE /api/calendar-days/{id}': staff,
  'PUT /api/calendar-years/{country}/{year}': staff,
  ...record('/api/service-packages', everybody),
  ...record('/api/client-discounts', staff),
  'GET /api/training-templates/{id}/students': { ...trainer, rows: { 'params.id': 'template' } },
  'POST /api/training-templates/{id}/students': staff,
  'PATCH /api/training-templates/{id}/students/{student_id}': staff,
  'DELETE /api/training-templates/{id}/students/{student_id}': staff,

  ...record('/api/belts', signedIn),
  'GET /api/belts/ready': trainer,
  'GET /api/students/{id}/belts': { ...own, rows: { 'params.id': 'student' } },
  'POST /api/students/{id}/belts': { ...trainer, rows: { 'params.id': 'student' } },
  'PUT /api/students/{id}/belts/deferral': { ...trainer, rows: { 'params.id': 'student' } },
  'POST /api/belt-awards/{id}/void': staff,
  'GET /api/belt-awards/{id}/certificate.svg': { ...own, rows: { 'params.id': 'pupil' } },
  'POST /api/students/{id}/exams': { ...trainer, rows: { 'params.id': 'student' } },
  'GET /api/exams': own,
  'GET /api/exams/{id}': { ...own, rows: { 'params.id': 'exam' } },
  'PATCH /api/exams/{id}': { ...trainer, rows: { 'params.id': 'exam' } },
  'GET /api/exam-sheets/{day}': trainer,

  'GET /real-trainings': own,
  'GET /real-trainings/{id}': { ...own, rows: { 'params.id': 'training' } },
  'POST /real-trainings': staff,
  'PATCH /real-trainings/{id}': { ...trainer, rows: { 'params.id': 'training' }, only: NOTES_ONLY },
  'DELETE /real-trainings/{id}': staff,
  'POST /real-trainings/{id}/copy': staff,
  'POST /real-trainings/series': staff,
  'POST /real-trainings/series/{id}/cancel': staff,
  'POST /undo/{id}': signedIn,
  'POST /real-trainings/{id}/cancel': staff,
  'POST /real-trainings/{id}/students': { ...family, rows: { 'body.student_id': 'student' } },
  'POST /real-trainings/{id}/students/{student_id}/cancel': {
    ...family,
    rows: { 'params.student_id': 'student' },
    only: { by: ['client'] },
  },
  'POST /real-trainings/{id}/trial': staff,
  'GET /real-trainings/{id}/waitlist': { ...own, rows: { 'params.id': 'training' } },
  'POST /real-trainings/{id}/waitlist': { ...family, rows: { 'body.student_id': 'student' } },
  'DELETE /real-trainings/{id}/waitlist/{student_id}': { ...family, rows: { 'params.student_id': 'student' } },
  'POST /real-trainings/{id}/attendance': { ...trainer, rows: { 'params.id': 'training' } },
  'GET /real-trainings/{id}/students/{student_id}/marks': { ...trainer, rows: { 'params.id': 'training' } },
  'POST /api/check-ins': trainer,
  'POST /me/check-in-code': { ...family, rows: { 'body.student_id': 'family' } },
  'GET /api/students/{id}/visits': { ...own, rows: { 'params.id': 'student' } },
  'GET /finance-requests/{id}': { ...family, rows: { 'params.id': 'request' } },

  'POST /api/payments/{id}/cancel': staff,
  'POST /api/payments/{id}/refunds': staff,
  'GET /api/payments/{id}/refunds': staff,
  'PUT /api/people/{id}/payment-method': staff,
  'GET /api/cash': staff,
  'GET /api/reports/revenue': staff,
  'GET /api/reports/attendance': staff,
  'GET /api/reports/students': staff,
  'GET /api/reports/retention': staff,
  'GET /api/reports/load': staff,
  'GET /api/reports/debtors': staff,
  'GET /api/reports/renewals': staff,
  'GET /api/reports/trainers': staff,
  'GET /api/price-history/{of}/{id}': staff,
  'GET /api/invoices': family,
  'POST /api/invoices/{id}/cancel': staff,
  'GET /api/audit': staff,
  'POST /api/students/{id}/payments': staff,
  'GET /api/students/{id}/wallet': { ...family, rows: { 'params.id': 'payer' } },
  'POST /api/clients/{id}/payments': staff,
  'GET /api/clients/{id}/wallet': { ...family, rows: { 'params.id': 'payer' } },
  'POST /api/people/{id}/payments': staff,
  'GET /api/people/{id}/wallet': { ...family, rows: { 'params.id': 'person' } },

  'GET /api/students/{id}/subscriptions': { ...family, rows: { 'params.id': 'student' } },
  'POST /api/students/{id}/subscriptions': staff,
  'PATCH /api/student-subscriptions/{id}': { ...family, rows: { 'params.id': 'subscription' } },
  'GET /api/student-subscriptions/{id}/schedule': { ...family, rows: { 'params.id': 'subscription' } },
  'PUT /api/student-subscriptions/{id}/schedule': staff,
  'POST /api/student-subscriptions/{id}/freeze': staff,
  'POST /api/student-subscriptions/{id}/unfreeze': staff,
  'POST /api/student-subscriptions/{id}/cancel': staff,

  'GET /api/tasks': staff,
  'POST /api/tasks': staff,
  'GET /api/tasks/{id}': staff,
  'POST /api/tasks/{id}/done': staff,
  'POST /api/tasks/{id}/reopen': staff,
  'POST /api/people/{id}/telegram-link': { ...own, rows: { 'params.id': 'person' } },
  'GET /api/people/{id}/command-rights': staff,
  'PUT /api/people/{id}/command-rights': staff,
  'DELETE /api/people/{id}/command-rights': staff,
  'GET /api/people/{id}/notifications': { ...own, rows: { 'params.id': 'person' } },
  'PUT /api/people/{id}/notifications': { ...own, rows: { 'params.id': 'person' } },
  'GET /api/notification-kinds': staff,
  'PUT /api/notification-kinds': staff,

  'POST /bookings': { ...family, rows: { 'body.client_id': 'client' } },
  'POST /bookings/series': { ...family, rows: { 'body.client_id': 'client' } },
  'GET /bookings': { ...own, hidden: MONEY },
  'GET /bookings/{id}': { ...own, rows: { 'params.id': 'booking' }, hidden: MONEY },
  'POST /bookings/{id}/cancel': { ...family, rows: { 'params.id': 'booking' }, only: { by: ['client'] } },
  'POST /bookings/{id}/reschedule': { ...family, rows: { 'params.id': 'booking' } },
  'POST /bookings/{id}/close': { ...trainer, rows: { 'params.id': 'booking' }, hidden: MONEY },
  'POST /bookings/{id}/reopen': { ...trainer, rows: { 'params.id': 'booking' }, hidden: MONEY },
  'GET /api/services/{id}/rooms': { trainer: 'all' },
  'POST /api/services/{id}/rooms': staff,
  'DELETE /api/services/{id}/rooms/{room_id}': staff,
  'GET /api/services/{id}/specialists': everybody,
  'POST /api/services/{id}/specialists': staff,
  'DELETE /api/services/{id}/specialists/{specialist_id}': staff,

  'GET /api/specialist-absences': trainer,
  'POST /api/specialist-absences': { ...trainer, rows: { 'body.specialist_id': 'specialist' } },
  'GET /api/specialist-absences/{id}': { ...trainer, rows: { 'params.id': 'absence' } },
  'PATCH /api/specialist-absences/{id}': { ...trainer, rows: { 'params.id': 'absence' } },
  'DELETE /api/specialist-absences/{id}': { ...trainer, rows: { 'params.id': 'absence' } },
  'POST /api/specialist-absences/{id}/decisions': staff,

  'GET /api/clients/{id}/packages': { ...family, rows: { 'params.id': 'client' } },
  'POST /api/clients/{id}/packages': staff,
  'POST /api/clients/{id}/packages/{package_id}/cancel': staff,
  'GET /api/clients/{id}/discounts': { ...family, rows: { 'params.id': 'client' } },
  'POST /api/clients/{id}/student': staff,
  'GET /api/company': everybody,
  'PUT /api/company': staff,
  'GET /api/changes': staff,
  'GET /api/search': trainer,
  'GET /api/closed-period': staff,
  'PUT /api/closed-period': staff,
  'GET /api/trainings': own,
  'POST /api/trainings': staff,
  'GET /api/trainings/{id}': { ...own, rows: { 'params.id': 'training' } },
  'GET /api/attendances': own,
  'POST /api/attendances': { ...trainer, rows: { 'body.training_id': 'training' } },
  'GET /api/payments': family,
  'POST /api/payments': staff,
  'PUT /api/students/{id}': staff,
  'DELETE /api/students/{id}': staff,

  'GET /api/vending/owners': vending,
  'POST /api/vending/owners': { ...vending, rows: { 'body.user_id': 'person' }, only: { stock_from: [] } },
  'PATCH /api/vending/owners/{id}': {
    ...vending,
    rows: { 'params.id': 'vending_owner' },
    only: { stock_from: [], is_active: [] },
  },
  'GET /api/vending/terminals': vending,
  'PATCH /api/vending/terminals/{id}': { ...vending, rows: { 'params.id': 'vending_terminal' }, only: { assignee_id: [null] } },
  'GET /api/vending/terminals/{id}/recipes': { ...vending, rows: { 'params.id': 'vending_terminal' } },
  'PUT /api/vending/terminals/{id}/recipes/{item}': { ...vending, rows: { 'params.id': 'vending_terminal' } },
  'GET /api/vending/ingredients': vending,
  'POST /api/vending/ingredients': { ...vending, rows: { 'body.owner_id': 'vending_owner' } },
  'GET /api/vending/places': vending,
  'GET /api/vending/stock': vending,
  'POST /api/vending/stock/refill': { ...vending, rows: { 'body.place_id': 'stock_place', 'body.ingredient_id': 'ingredient' } },
  'POST /api/vending/stock/move': {
    ...vending,
    rows: { 'body.from_place_id': 'stock_place', 'body.to_place_id': 'stock_place', 'body.ingredient_id': 'ingredient' },
  },
  'POST /api/vending/stock/count': { ...vending, rows: { 'body.place_id': 'stock_place', 'body.ingredient_id': 'ingredient' } },
  'PUT /api/vending/stock/levels': { ...vending, rows: { 'body.place_id': 'stock_place', 'body.ingredient_id': 'ingredient' } },
  'GET /api/vending/sales': vending,
  'GET /api/vending/imports': vending,
  'GET /api/vending/tasks': vending,
  'POST /api/vending/tasks': { ...vending, rows: { 'body.terminal_id': 'vending_terminal' }, only: { assignee_id: [null] } },
  'POST /api/vending/tasks/{id}/complete': { ...vending, rows: { 'params.id': 'vending_task' } },
  'POST /api/auth/reset-payment-status': staff,

  'POST /auth/sign-in': everybody,
  'POST /auth/sign-out': everybody,
  'POST /auth/token': everybody,
  'POST /auth/join/look': everybody,
  'POST /auth/join': everybody,
  'POST /auth/demo': everybody,
  'POST /auth/password': signedIn,
  'POST /auth/telegram-app': everybody,
  'GET /auth/telegram': everybody,
  'GET /auth/telegram/callback': everybody,
  'POST /auth/forgot': everybody,
  'POST /auth/register': everybody,
  'POST /auth/register/confirm': everybody,
  'GET /me': signedIn,
  'PATCH /me': signedIn,
  'GET /me/sessions': signedIn,
  'DELETE /me/sessions': signedIn,
  'DELETE /me/sessions/{id}': signedIn,
  'GET /me/totp': signedIn,
  'POST /me/totp': signedIn,
  'POST /me/totp/confirm': signedIn,
  'DELETE /me/totp': signedIn,
  'DELETE /api/people/{id}/totp': staff,
  'GET /api/sign-in-rules': staff,
  'PUT /api/sign-in-rules': staff,
  'POST /live/ticket': signedIn,
  'GET /api/team': staff,
  'DELETE /api/people/{id}/roles/{role}': staff,
  'DELETE /api/people/{id}/sessions': staff,
  'POST /api/invitations': staff,
  'POST /api/people/{id}/password-link': staff,
};

/** What a person may still do who must show or set up a second factor first. */
export const LIMITED = new Set(['GET /me', 'POST /auth/sign-out', 'GET /me/totp', 'POST /me/totp', 'POST /me/totp/confirm']);
