import { expect, jest, test } from '@jest/globals';

jest.unstable_mockModule('../../api/web/kit/studio.ts', () => ({ studio: { zone: 'Europe/Berlin', currency: 'EUR' } }));
jest.unstable_mockModule('../../api/web/kit/i18n.ts', () => ({ locale: { value: 'en-GB' }, t: (key: string) => key }));
/** It is made for a browser, which the compiler of the tests knows nothing of. */
const { awayWords } = await import(`../../api/web/console/modules/trainers/${'away-words.ts'}`);

test.each([
  ['a day', '2020-03-09T23:00:00.000Z', '2020-03-10T23:00:00.000Z', 'Tue, 10 March 2020, board.all_day'],
  [
    'the day on which clocks go forward',
    '2020-03-28T23:00:00.000Z',
    '2020-03-29T22:00:00.000Z',
    'Sun, 29 March 2020, board.all_day',
  ],
  ['days', '2020-03-09T23:00:00.000Z', '2020-03-12T23:00:00.000Z', 'Tue, 10 March 2020 – Thu, 12 March 2020'],
  ['hours', '2020-03-10T09:00:00.000Z', '2020-03-10T10:30:00.000Z', '10 Mar, 10:00 – 10 Mar, 11:30'],
  ['from a midnight', '2020-03-09T23:00:00.000Z', '2020-03-10T10:30:00.000Z', '10 Mar, 00:00 – 10 Mar, 11:30'],
  ['to a midnight', '2020-03-10T09:00:00.000Z', '2020-03-10T23:00:00.000Z', '10 Mar, 10:00 – 11 Mar, 00:00'],
])('somebody who is away: %s', (_, from_at, to_at, words) => {
  expect(awayWords(from_at, to_at)).toBe(words);
});
