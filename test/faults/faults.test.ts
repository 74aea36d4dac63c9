import type { Backend } from '../../queues/backend/backend.ts';
import { backendKinds } from '../support/backends.ts';
import type { Case } from './cases.ts';
import { emptied } from './emptied.ts';
import { frozen } from './frozen.ts';
import { killed } from './killed.ts';
import { killedAtNight } from './killed-at-night.ts';
import { lab } from './lab.ts';
import { postgresAway } from './postgres-away.ts';
import { redisAway } from './redis-away.ts';
import { sideBySide } from './side-by-side.ts';
import { night, type Trade, week } from './trades.ts';

const inLab = (kind: Backend['kind'], [name, play]: Case, trade: Trade = week): [string, () => Promise<void>] => [
  `a run on ${kind}, ${name}`,
  async () => {
    const at = await lab(kind, { trade });
    await play(at).finally(() => at.close());
  },
];
const away = (kind: Backend['kind'], signal: 'SIGINT' | 'SIGKILL'): [string, () => Promise<void>] => [
  `a run on ${kind}, PostgreSQL away for 30 s (${signal}): workers go on by themselves`,
  () => postgresAway(kind, signal),
];

// The longest ones first, since the whole takes as long as the last one to end.
sideBySide([
  ...killedAtNight.flatMap((play) => backendKinds.map((kind) => inLab(kind, play, night))),
  ...backendKinds.map((kind) => away(kind, kind === 'postgres' ? 'SIGKILL' : 'SIGINT')),
  ...[...frozen, ...killed, ...emptied].flatMap((play) => backendKinds.map((kind) => inLab(kind, play))),
  ...backendKinds.filter((kind) => kind === 'redis').flatMap((kind) => redisAway.map((play) => inLab(kind, play))),
]);
