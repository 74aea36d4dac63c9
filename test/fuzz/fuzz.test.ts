import { expect, test } from '@jest/globals';
import { testApi } from '../support/front-door.ts';
import { FUZZ_SETTINGS, fillStudio, fuzz } from './fuzz.ts';

test('whatever is asked, the answer is no 5xx, not many times the question, and a bystander is answered', async () => {
  const api = await testApi({ settings: FUZZ_SETTINGS });
  await fillStudio(api);
  const { failures, asked, statuses } = await fuzz(api, 20_261_125, 1_000);
  await api.close();
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThanOrEqual(1_000);
  expect(Object.keys(statuses).length).toBeGreaterThan(5);
});
