import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where built pages lie: a folder a build, and `builds.json`, the builds that can be served, the newest first. */
export const webFolder = (dataDir: string) => join(dataDir, 'web');

const list = z.array(z.string().regex(/^[0-9a-f]{16}$/));

/** Names of the builds that can be served, the newest first; none before the first was built. */
export function webBuilds(dataDir: string): string[] {
  try {
    return list.parse(JSON.parse(readFileSync(join(webFolder(dataDir), 'builds.json'), 'utf8')));
  } catch {
    return [];
  }
}
