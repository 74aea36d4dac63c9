import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import { settle } from '../../sql/finance/settle.ts';
import { outdatedAmong, untoldAbout, type Waiting } from '../../sql/undo/messages.ts';
import { type Aftermath, closeUndo, dropUndo, type Opened, openUndo, type UndoKind } from '../../sql/undo/undos.ts';

/** What the answer of a change says of how to take it back. */
export const undoOffer = z
  .object({ href: z.string(), until: z.iso.datetime() })
  .meta({ id: 'Undo', description: 'POST to href takes it back, until then' });
export type UndoOffer = z.output<typeof undoOffer>;
const offerOf = ({ id, until }: Opened): UndoOffer => ({ href: `/undo/${id}`, until });

type Of = {
  kind: UndoKind;
  subjectId: number;
  actor: string;
  trainingIds?: readonly number[];
  before?: object;
  /** What the change's messages are about, such as `training:17`. */
  subjects: readonly string[];
};

/**
 * Does something that can be taken back for some seconds (D49), in the caller's transaction, which holds the rows: they are noted as
 * they are and as they are left, messages wait until it is over, and what they outdate is kept for whoever takes it back.
 * What turns out to be final, as when a session went back as its share of the price, is told at once, and nothing is offered.
 * @param work gets what has not been told yet about the subjects, locked
 */
export async function withUndo<T>(
  transaction: Sql,
  of: Of,
  work: (untold: readonly Waiting[], opened: Opened) => Promise<Aftermath & { result: T; isFinal?: boolean }>,
): Promise<{ result: T; undo: UndoOffer | null }> {
  const opened = await openUndo(transaction, of);
  const untold = await untoldAbout(transaction, of.subjects);
  const { result, isFinal, ...aftermath } = await work(untold, opened);
  if (isFinal) {
    await dropUndo(transaction, opened.id);
    if (aftermath.payerIds?.length) await settle(transaction, aftermath.payerIds);
    return { result, undo: null };
  }
  const outdated = new Set(
    await outdatedAmong(
      transaction,
      untold.map(({ id }) => id),
    ),
  );
  await closeUndo(transaction, opened.id, { ...aftermath, outdated: untold.filter(({ id }) => outdated.has(id)).map(was) });
  return { result, undo: offerOf(opened) };
}

const was = ({ id, status, error }: Waiting) => ({ id, status, error });
