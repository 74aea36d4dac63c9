import type { Settings } from '../../queues/process/settings.ts';
import type { Database } from '../../sql/database/database.ts';
import { makeDemoLinks } from '../sign-in/demo-links.ts';
import { publicUrl } from './ask-api.ts';

/** Prints how to look around the demo studio as each role, where it is the demo and nobody else can reach it. */
export async function sayDemoLinks(db: Database, settings: Settings, say: (line: string) => void) {
  const links = await makeDemoLinks(db, settings, new Date());
  if (links.length === 0) return;
  say('\nLook around the demo studio without a password (each link once, within twelve hours; "npm start" prints new ones):');
  for (const { role, path } of links) say(`  ${role.padEnd(12)}${publicUrl(settings)}${path}`);
}
