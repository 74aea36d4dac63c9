import { afterAll, expect } from '@jest/globals';
import { type Json, testApi } from '../support/front-door.ts';
import { ALWAYS, salon } from './salon.ts';

/** Where bookings are made, for the tests of a file: the API of a salon with one location. */
export async function counter() {
  const api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  afterAll(() => api.close());
  const make = salon(api.db);
  const place = await make.location();
  return {
    api,
    make,
    place,
    /** A service of one specialist, and a client who wants it. */
    async scene(fields: Parameters<typeof make.service>[0] & { schedule?: object } = {}) {
      const { schedule = ALWAYS, ...service } = fields;
      const service_id = await make.service(service);
      const specialist_id = await make.specialist([service_id], { location: place, schedule });
      return { client_id: await make.client(), service_id, specialist_id };
    },
    book: (wish: Json, asking?: Json) => api.post('/bookings', wish, asking),
    /** The books are square. */
    async square() {
      expect((await api.get('/api/audit')).body).toMatchObject({ findings: [], square: true });
    },
  };
}
