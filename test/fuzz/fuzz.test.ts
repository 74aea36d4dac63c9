import { expect, test } from '@jest/globals';
import { testApi } from '../support/front-door.ts';
import { rounds } from '../support/nightly-only.ts';
import { FUZZ_SETTINGS, fillStudio, fuzz } from './fuzz.ts';

const REQUESTS = rounds({ daily: 400, nightly: 10_000 });

test('random requests get no 5xx and no answer many times their size, and a bystander is answered', async () => {
  const api = await testApi({ settings: FUZZ_SETTINGS });
  await fillStudio(api);
  const { failures, asked, statuses, bystander } = await fuzz(api, 20_261_125, REQUESTS);
  await api.close();
  expect(failures).toEqual([]);
  expect(bystander.overtaken).toBeLessThan(200);
  expect(asked).toBeGreaterThanOrEqual(REQUESTS);
  expect(Object.keys(statuses).length).toBeGreaterThan(5);
}, 3_600_000);
