/** What is marked by a tap and not sent yet. */
export type Mark = { training: number; student: number; status: 'PRESENT' | 'ABSENT' };
type Around = {
  /** Sends the marks of one training; `isLeaving`: the page is about to go. */
  send(training: number, marks: readonly Mark[], isLeaving: boolean): Promise<void>;
  later(ms: number, callback: () => void): () => void;
  keep(marks: readonly Mark[]): void;
  kept(): readonly Mark[];
  changed(): void;
};

/** So long a mark can be taken back without a trace. */
const UNDO_MS = 4_000;

/**
 * Marks wait some seconds before they are sent, those of a training together, so that a tap can be taken back as if it had not been.
 * They are kept in the browser meanwhile: whoever reloads or closes the page loses none.
 */
export function markQueue({ send, later, keep, kept, changed }: Around) {
  let waiting: readonly Mark[] = kept();
  let stop: (() => void) | undefined;
  const isSame = (a: Mark, b: Mark) => a.training === b.training && a.student === b.student;

  function put(marks: readonly Mark[]) {
    waiting = marks;
    keep(waiting);
    changed();
  }
  function wait() {
    stop?.();
    stop = waiting.length > 0 ? later(UNDO_MS, () => void flush()) : undefined;
  }
  /** Sends all that waits. What the server refuses is dropped and thrown: it would be refused again. */
  async function flush(isLeaving = false): Promise<void> {
    stop?.();
    const sent = waiting;
    if (sent.length === 0) return;
    if (!isLeaving) put([]);
    await Promise.all(
      [...Map.groupBy(sent, ({ training }) => training)].map(([training, marks]) => send(training, marks, isLeaving)),
    );
  }
  wait();

  return {
    mark(mark: Mark) {
      put([...waiting.filter((other) => !isSame(other, mark)), mark]);
      wait();
    },
    /** Takes a mark back that was not sent yet. Returns false where it is too late. */
    unmark(mark: Mark): boolean {
      if (!waiting.some((other) => isSame(other, mark))) return false;
      put(waiting.filter((other) => !isSame(other, mark)));
      wait();
      return true;
    },
    of: (training: number, student: number) =>
      waiting.find((mark) => mark.training === training && mark.student === student)?.status,
    flush,
    /** Sends nothing by itself any more: what waits stays kept. */
    rest: () => stop?.(),
  };
}
