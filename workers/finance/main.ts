import { runWorker } from '../runner/run.ts';
import { followChanges } from '../undo/follow.ts';
import { answerRequest } from './answer-request.ts';
import { chargeNight } from './charge-night.ts';
import { combineDaily } from './combine-daily.ts';

await runWorker('finance', {
  runs: { finance: chargeNight, daily: combineDaily },
  drain: ({ db }) => followChanges(db),
  request: ({ db, settings }, id) => answerRequest(db, id, settings.zone),
});
