import { compileErrors } from './compile.ts';

const people = (notice: string) => `
import { notifyPeople } from '#root/sql/notifications/notify.ts';
declare const db: Parameters<typeof notifyPeople>[0];
export const told = notifyPeople(db, [${notice}]);`;
const admins = (notice: string) => `
import { notifyAdmins } from '#root/sql/notifications/notify.ts';
declare const db: Parameters<typeof notifyAdmins>[0];
export const told = notifyAdmins(db, [1], [${notice}]);`;
const holders = (said: string) => `
import { type Holder, holderNotices } from '#root/sql/sessions/holders.ts';
declare const holder: Holder;
export const told = holderNotices(holder, ${said});`;
const bookings = (said: string) => `
import { notifyOfBooking } from '#root/workers/bookings/notices.ts';
declare const rest: Parameters<typeof notifyOfBooking>;
export const told = notifyOfBooking(rest[0], ${said}, rest[2]);`;
const alerts = (trouble: string) => `
import { raiseAlert } from '#root/sql/alerts/alerts.ts';
declare const db: Parameters<typeof raiseAlert>[0];
export const told = raiseAlert(db, [], ${trouble});`;
const templates = (map: string) => `
import { templates } from '#root/workers/notifier/templates/render.ts';
import type { MessageName } from '#root/sql/notifications/catalog.ts';
import type { Templates } from '#root/workers/notifier/templates/template.ts';
export const all: Templates<MessageName> = ${map};`;

const fine: [string, string][] = [
  [
    'a message to people',
    people(
      `{ userId: 1, template: 'missed_classes', dedupe: 'x', params: { student_id: 1, student: null, missed: 2, days: 30 } }`,
    ),
  ],
  ['a message to admins', admins(`{ template: 'worker_down', dedupe: 'x', params: { worker: 'x', seconds: 60 } }`)],
  [
    'a subscription',
    holders(`{ template: 'subscription_expired', dedupe: 'x', params: { end_date: 'x', sessions_expired: 1 } }`),
  ],
  ['a booking', bookings(`{ template: 'booking_confirmed', params: { price_minor: 1, pay_from: 'later', session: null } }`)],
  ['an alert', alerts(`{ fingerprint: 'x', template: 'service_unpaid', params: { service: 'telegram' } }`)],
  ['all templates', templates('templates')],
];

const wrong: [string, string, RegExp][] = [
  [
    'a misspelt template to people',
    people(
      `{ userId: 1, template: 'mised_classes', dedupe: 'x', params: { student_id: 1, student: null, missed: 2, days: 30 } }`,
    ),
    /mised_classes/,
  ],
  [
    'a misspelt param to people',
    people(`{ userId: 1, template: 'missed_classes', dedupe: 'x', params: { mised: 2, days: 30 } }`),
    /mised/,
  ],
  [
    'a message to admins, sent to people',
    people(`{ userId: 1, template: 'worker_down', dedupe: 'x', params: { worker: 'x', seconds: 60 } }`),
    /worker_down/,
  ],
  [
    'a misspelt template to admins',
    admins(`{ template: 'worker_dwn', dedupe: 'x', params: { worker: 'x', seconds: 60 } }`),
    /worker_dwn/,
  ],
  [
    'a param of the wrong type',
    admins(`{ template: 'worker_down', dedupe: 'x', params: { worker: 'x', seconds: '60' } }`),
    /string/,
  ],
  ['a param that is missing', admins(`{ template: 'worker_down', dedupe: 'x', params: { worker: 'x' } }`), /seconds/],
  [
    'a misspelt param of a subscription',
    holders(`{ template: 'subscription_expired', dedupe: 'x', params: { end_date: 'x', session_expired: 1 } }`),
    /session_expired/,
  ],
  [
    'a misspelt template of a booking',
    bookings(`{ template: 'booking_confirm', params: { price_minor: 1, pay_from: 'later', session: null } }`),
    /booking_confirm/,
  ],
  [
    'a misspelt param of a booking',
    bookings(`{ template: 'booking_confirmed', params: { price: 1, pay_from: 'later', session: null } }`),
    /price/,
  ],
  [
    'a misspelt alert',
    alerts(`{ fingerprint: 'x', template: 'service_unpayed', params: { service: 'telegram' } }`),
    /service_unpayed/,
  ],
  ['a template that is missing', templates('(({ run_failed: _, ...rest }) => rest)(templates)'), /run_failed/],
  ['a template under the name of another one', templates('{ ...templates, run_failed: templates.run_partial }'), /run_partial/],
];

const errors = compileErrors(Object.fromEntries([...fine, ...wrong].map(([name, source]) => [name, source])));

test.each(fine)('%s compiles', (name) => {
  expect(errors[name]).toBe('');
});

test.each(wrong)('%s does not compile', (name, _, names) => {
  expect(errors[name]).toMatch(names);
});
