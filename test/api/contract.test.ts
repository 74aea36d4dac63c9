import { expect, test } from '@jest/globals';
import { breach, routeAt } from '../support/contract.ts';

const payment = {
  id: 1,
  payer_id: 2,
  amount_minor: 100,
  method: 'cash',
  description: null,
  created_by: 'desk',
  person_id: null,
  provider_id: null,
  order_id: null,
  refunded_minor: 0,
  created_at: '2026-11-25T10:00:00.000Z',
  payment_date: null,
  cancelled_at: null,
  cancellation_reason: null,
};
const received = { payment, invoices_paid: 0, balance_minor: 100 };
const PATH = '/api/students/7/payments';

test('an answer is measured by the contract of the route that was asked', () => {
  expect(routeAt('POST', `${PATH}?x=1`)?.path).toBe('/api/students/{id}/payments');
  expect(routeAt('POST', '/api/students/7/8/payments')).toBeUndefined();
  expect(breach('POST', PATH, 201, received)).toBeUndefined();
});

const wrong: [string, number, unknown, RegExp][] = [
  ['a field that is missing', 201, { payment, balance_minor: 1 }, /invoices_paid/],
  ['a field of another type', 201, { ...received, invoices_paid: '0' }, /invoices_paid/],
  ['a field nobody published', 201, { ...received, secret: 1 }, /knows only/],
  ['one that lies deeper', 201, { ...received, payment: { ...payment, secret: 1 } }, /knows only/],
  ['a status nobody published', 200, received, /has no answer 200/],
  ['a refusal that is no problem', 404, { error: 'no' }, /type/],
];
test.each(wrong)('%s is a breach', (_, status, body, says) => {
  expect(breach('POST', PATH, status, body)).toMatch(says);
});

test('a refusal is a problem', () => {
  expect(breach('POST', PATH, 404, { type: 'about:blank', title: 'Not found', status: 404 })).toBeUndefined();
});
