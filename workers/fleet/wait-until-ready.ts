import type { Settings } from '../../queues/process/settings.ts';
import { askReadiness } from './ask-api.ts';

/** Waits until the fleet says of itself that every part is up. Throws with the parts that are not after `seconds`. */
export async function waitUntilReady(settings: Settings, seconds = 60) {
  const deadline = Date.now() + seconds * 1_000;
  let last = 'the API does not answer';
  while (Date.now() < deadline) {
    const readiness = await askReadiness(settings);
    if (readiness?.isReady) return;
    if (readiness) last = `not up: ${readiness.down.join(', ')}`;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`after ${seconds} s ${last}; "npm run logs" may say why`);
}
