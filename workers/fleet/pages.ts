import { settingsOrExit } from '../../queues/process/settings.ts';
import { buildWeb } from './web-build.ts';

/** Builds the pages into the data folder, for an image that is to hold them: `npm start` does it by itself. Needs no database. */
if (!(await buildWeb(settingsOrExit().dataDir, console.log))) process.exitCode = 1;
