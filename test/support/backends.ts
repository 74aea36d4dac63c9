import { type Backend, openBackend } from '../../queues/backend/backend.ts';

/** The kinds of queue backend the tests can use here; the set-up says loudly when Redis is missing. */
export const backendKinds: Backend['kind'][] = process.env.TEST_REDIS_URL ? ['postgres', 'redis'] : ['postgres'];

/** A backend of the kind; on Redis in a numbered database of its own, emptied first. */
export function testBackend(kind: Backend['kind'], databaseUrl: string): Backend {
  return openBackend({ redisUrl: kind === 'redis' ? redisUrl() : undefined, databaseUrl, name: 'test' });
}

/** One numbered Redis database a test worker, so that files running side by side do not meet. */
export const redisUrl = () => `${process.env.TEST_REDIS_URL}/${process.env.JEST_WORKER_ID ?? 0}`;
