import { expect, jest, test } from '@jest/globals';
import { minorFrom } from '../../api/web/app/admin/typed.ts';

const studio = { currency: 'RUB', zone: 'Europe/Moscow' };
const locale = { value: 'en' };
jest.unstable_mockModule('../../api/web/kit/studio.ts', () => ({ studio }));
jest.unstable_mockModule('../../api/web/kit/i18n.ts', () => ({ locale }));
jest.unstable_mockModule('../../api/web/app/words.ts', () => ({ locale }));
/** They are made for a browser, which the compiler of the tests knows nothing of. */
const load = (file: string) => import(`../../api/web/${file}`);
type Page = { money(minor: number): string };
const pages: Record<string, Page> = { 'the console': await load('kit/formats.ts'), 'the Mini App': await load('app/shown.ts') };
const { amountFrom, typedAmount } = await load('kit/amounts.ts');

/** As it is shown, with the spaces that break no line as plain ones. */
const shown = (page: string, currency: string, language: string, minor: number) => {
  studio.currency = currency;
  locale.value = language;
  return pages[page]?.money(minor).replaceAll(/[\u00a0\u202f]/g, ' ');
};

test.each([
  ['the console', 'RUB', 'en', 250_050, 'RUB 2,500.50'],
  ['the console', 'RUB', 'ru', 250_050, '2 500,50 ₽'],
  ['the console', 'JPY', 'en', 5_000, '¥5,000'],
  ['the console', 'JPY', 'ru', 5_000, '5 000 ¥'],
  ['the console', 'JPY', 'uk', 5_000, '5 000 ¥'],
  ['the console', 'KWD', 'en', 5_250, 'KWD 5.250'],
  ['the console', 'KWD', 'ru', 5_250, '5,250 KWD'],
  ['the console', 'KWD', 'uk', 5_250, '5,250 KWD'],
  ['the console', 'KWD', 'en', -1, '-KWD 0.001'],
  ['the Mini App', 'RUB', 'ru', 250_000, '2 500 ₽'],
  ['the Mini App', 'RUB', 'ru', 250_050, '2 500,50 ₽'],
  ['the Mini App', 'JPY', 'en', 5_000, 'JP¥5,000'],
  ['the Mini App', 'JPY', 'ru', 5_000, '5 000 ¥'],
  ['the Mini App', 'KWD', 'en', 5_250, 'KWD 5.250'],
  ['the Mini App', 'KWD', 'ru', 5_000, '5 KWD'],
  ['the Mini App', 'KWD', 'uk', 1, '0,001 KWD'],
])('%s, %s in %s: %i minor units are %s', (page, currency, language, minor, text) => {
  expect(shown(page, currency, language, minor)).toBe(text);
});

test.each([
  [0, '1500', 1_500],
  [0, '1500.5', null],
  [2, '1 500,5', 150_050],
  [3, '1.234', 1_234],
  [3, '1,2', 1_200],
  [2, '1.234', null],
])('the Mini App, a currency of %i digits: "%s" is typed for %p', (digits, typed, minor) => {
  expect(minorFrom(typed, digits)).toBe(minor);
});

test.each([
  ['RUB', '1 000,50', 100_050],
  ['RUB', '0.001', null],
  ['JPY', '1500', 1_500],
  ['JPY', '1500.5', null],
  ['JPY', '1500,0', null],
  ['KWD', '1.234', 1_234],
  ['KWD', '1,5', 1_500],
  ['KWD', '1.2345', null],
  ['KWD', '0', null],
])('%s: "%s" is typed for %p minor units', (currency, typed, minor) => {
  studio.currency = currency;
  expect(amountFrom(typed)).toBe(minor);
});

test.each([
  ['RUB', 100_000, '1000'],
  ['RUB', 100_050, '1000.50'],
  ['JPY', 1_500, '1500'],
  ['KWD', 1_234, '1.234'],
  ['KWD', 1_500, '1.500'],
  ['KWD', 2_000, '2'],
])('%s: %i minor units stand in a field as %s, and are read back as the same', (currency, minor, typed) => {
  studio.currency = currency;
  expect(typedAmount(minor)).toBe(typed);
  expect(amountFrom(typed)).toBe(minor);
});
