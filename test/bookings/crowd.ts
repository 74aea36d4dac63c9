import { backendKinds, testBackend } from '../support/backends.ts';
import { testApi } from '../support/front-door.ts';
import { salon } from './salon.ts';

/** Where and how a slot is fought for: each backend, with the slot's lock and without. */
export const battlefields = backendKinds.flatMap((kind) => ['on', 'off'].map((lock) => [kind, lock] as const));

export type Crowd = Awaited<ReturnType<typeof crowd>>;

/** The API of a salon on one of them. Close its route at the end. */
export async function crowd(...[kind, lock]: (typeof battlefields)[number]) {
  const api = await testApi({
    settings: { RATE_LIMIT_PER_MINUTE: '100000', STUDIO_SLOT_LOCK: lock },
    backend: (url) => testBackend(kind, url),
  });
  return { api, make: salon(api.db) };
}
