import { ForeignKeyIntegrityConstraintViolationError } from 'slonik';
import { lockRoster } from '../../sql/runs/locks.ts';
import { deleteTraining, lockForHand } from '../../sql/trainings/by-hand.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';

const CANCEL = 'cancel it instead';

/**
 * Deletes a training that nobody was ever in, that no template made and nothing refers to, as one made by mistake. Throws a
 * `conflict` for any other: it is cancelled instead, so that what happened can be read.
 */
export const removeTraining = (id: number, { db }: CallContext) =>
  db
    .transaction(async (transaction) => {
      await lockRoster(transaction);
      const state = await lockForHand(transaction, id);
      if (!state) throw new Refused('missing', `there is no training ${id}`);
      if (state.training_template_id !== null)
        throw new Refused('conflict', `a template made the training ${id} and would make it again: ${CANCEL}`);
      if (!(await deleteTraining(transaction, id)))
        throw new Refused('conflict', `somebody had a place in the training ${id}, or asked for it: ${CANCEL}`);
    })
    .catch((error) => {
      if (!(error instanceof ForeignKeyIntegrityConstraintViolationError)) throw error;
      throw new Refused('conflict', `something refers to the training ${id}: ${CANCEL}`);
    });
