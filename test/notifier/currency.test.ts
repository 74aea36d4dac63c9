import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { inUnits, minorDigits, toMinor } from '../../sql/finance/currency.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { testDatabase } from '../support/database.ts';

const owes = (currency: string, amount_minor: number) =>
  render(
    { template: 'payment_reminder', params: { invoices: 1, amount_minor }, locale: 'en' },
    { locale: 'en', zone: 'UTC', currency },
  )
    .text.replaceAll(/[\u00a0\u202f]/g, ' ')
    .split('\n')[0];

describe('amounts have the digits of their currency', () => {
  test.each([
    ['RUB', 5_000, 'RUB 50'],
    ['RUB', 5_050, 'RUB 50.50'],
    ['JPY', 5_000, 'JP¥5,000'],
    ['JPY', 1, 'JP¥1'],
    ['KRW', 12_345, '₩12,345'],
    ['KWD', 5_000, 'KWD 5'],
    ['KWD', 5_001, 'KWD 5.001'],
    ['EUR', 1, '€0.01'],
  ])('%s, %i minor units', (currency, minor, said) => {
    expect(owes(currency, minor)).toContain(said);
  });

  test.each(Intl.supportedValuesOf('currency'))('%s and back', (currency) => {
    const units = 10 ** -minorDigits(currency);
    expect(toMinor(inUnits(1, currency), currency)).toBe(1);
    expect(toMinor(units * 7, currency)).toBe(7);
  });
});

test.each([
  ['RUB', 100],
  ['JPY', 1],
  ['KWD', 1_000],
])('the demo studio costs the same numbers in %s', async (currency, factor) => {
  const database = await testDatabase();
  try {
    await loadDemo(database.db, { today: '2026-11-21', currency });
    const dearest = (table: 'training_types' | 'subscriptions' | 'services') =>
      database.db.oneFirst(
        sql.type(z.object({ price: z.int() }))`select max(price_minor) as price from ${sql.identifier([table])}`,
      );
    const prices = [await dearest('training_types'), await dearest('subscriptions'), await dearest('services')];
    expect(prices).toEqual([2_500 * factor, 69_000 * factor, 2_500 * factor]);
  } finally {
    await database.close();
  }
});
