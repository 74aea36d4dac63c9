import { QueueUnavailable } from '../../queues/backend/enqueue.ts';
import { eventually } from './eventually.ts';

/** Enqueues until the queue takes the job: it may be away, or busier than the two seconds a producer waits. */
export const taken = (ringing: () => Promise<unknown>) =>
  eventually(async () => {
    try {
      await ringing();
      return true;
    } catch (error) {
      if (!(error instanceof QueueUnavailable)) throw error;
      return false;
    }
  });
