export const DECISIONS = ['substitute', 'cancel', 'keep'] as const;
export type Decision = (typeof DECISIONS)[number];
/** What is to become of a training; null: nothing is decided yet. */
export type Choice = { decision: Decision | null; trainerId: number | null };

/** What the server is asked for of these choices: whatever is decided and whole. */
export const itemsOf = (choices: ReadonlyMap<number, Choice>) =>
  [...choices].flatMap(([id, { decision, trainerId }]) =>
    decision === null || (decision === 'substitute' && trainerId === null)
      ? []
      : [
          {
            real_training_id: id,
            decision,
            ...(decision === 'substitute' && trainerId !== null ? { trainer_id: trainerId } : {}),
          },
        ],
  );

/** Whether something is chosen that lacks its substitute. */
export const isUnfinished = (choices: ReadonlyMap<number, Choice>) =>
  [...choices.values()].some(({ decision, trainerId }) => decision === 'substitute' && trainerId === null);
