import { z } from 'zod';
import type { Settings } from '../../queues/process/settings.ts';
import { baseUrl } from './where-to-look.ts';

/** Waits until the fleet says of itself that every part is up. Throws with the parts that are not after `seconds`. */
export async function waitUntilReady(settings: Settings, seconds = 60) {
  const deadline = Date.now() + seconds * 1_000;
  let last = 'the API does not answer';
  while (Date.now() < deadline) {
    const response = await fetch(`${baseUrl(settings)}/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    if (response) last = `not up: ${downParts(await response.json()).join(', ')}`;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`after ${seconds} s ${last}; "npm run logs" may say why`);
}

/** The parts a readiness answer calls down. */
export const downParts = (body: unknown) => {
  const { parts } = z.object({ parts: z.record(z.string(), z.string()).default({}) }).parse(body);
  return Object.keys(parts).filter((part) => parts[part] !== 'up');
};
