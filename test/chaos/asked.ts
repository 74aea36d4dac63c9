/** What was asked of the fleet, under an idempotency key that is its id of the request as well. */
export type Asked = {
  id: string;
  kind:
    | 'payment'
    | 'booking'
    | 'booking_cancel'
    | 'booking_move'
    | 'undo'
    | 'add'
    | 'take_out'
    | 'run'
    | 'move'
    | 'cancel'
    | 'marks'
    | 'import'
    | 'import_confirm';
  path: string;
  body: Record<string, unknown>;
  method?: 'PATCH';
  /** Sent as it is instead of the body. */
  file?: string;
  /** Which of the callers asks; the first one by default. */
  caller?: number;
  /** What came back in the end, whether it was yes or no; undefined as long as nobody knows. */
  answer?: { status: number; body: Record<string, unknown> };
  tries: number;
  /** How many effects it has that are compared one by one, if not one. */
  effects?: number;
  /** What the asker believes about the world once it is answered. */
  believe?: (asked: Asked) => void;
};
/** A booking as its answers say. */
export type Believed = { id: number; client: number; starts: string; isCancelled: boolean; isBusy: boolean };
/** A training as its answers say; of one that was called off with 202 it is not known yet. */
export type BelievedTraining = {
  id: number;
  starts: string;
  version: number;
  isCancelled: boolean | 'perhaps';
  isBusy: boolean;
  /** How many minutes later than at first. */
  shift: number;
};

/** The account of what was asked and answered, outside of the fleet. */
export function account() {
  const entries: Asked[] = [];
  const open = new Set<Asked>();
  let granted = 0;
  return {
    entries,
    bookings: [] as Believed[],
    trainings: [] as BelievedTraining[],
    /** Who was marked how, by training and student. */
    marks: new Map<string, string>(),
    /** Who has a place by hand, by `TRAINING/students/STUDENT`: given, taken back, or (as long as nobody knows) perhaps. */
    seats: new Map<string, boolean | 'perhaps'>(),
    note(entry: Omit<Asked, 'id' | 'tries'>): Asked {
      const asked = { ...entry, id: `chaos-${entries.length + 1}`, tries: 0 };
      entries.push(asked);
      open.add(asked);
      return asked;
    },
    /** Of two tries under way at once the first answer counts: believed twice, one booking would stand in the account as two. */
    close(asked: Asked, answer: NonNullable<Asked['answer']>) {
      if (!open.delete(asked)) return;
      asked.answer = answer;
      if (answer.status < 300) granted += asked.effects ?? 1;
      asked.believe?.(asked);
    },
    open: () => [...open],
    anyOpen: () => open.values().next().value,
    /** The effects of what was granted. */
    granted: () => granted,
  };
}
export type Account = ReturnType<typeof account>;
type Where = { url: string; keys: readonly string[] };

/** Asks once; true when that was answered for good. A fleet in trouble, or a twin that is being answered, is no answer. */
export async function askOnce({ url, keys }: Where, made: Account, asked: Asked): Promise<boolean> {
  asked.tries += 1;
  const { id, method = 'POST', file, caller = 0 } = asked;
  try {
    const response = await fetch(url + asked.path, {
      method,
      headers: {
        'X-API-Key': keys[caller]!,
        'X-Request-Id': id,
        'Content-Type': file === undefined ? 'application/json' : 'text/csv',
        ...(method === 'POST' ? { 'Idempotency-Key': id } : {}),
      },
      body: file ?? JSON.stringify(asked.body),
      signal: AbortSignal.timeout(12_000),
    });
    const text = await response.text();
    const { status } = response;
    const isTwin = status === 409 && text.includes('is being answered right now');
    if (status >= 500 || status === 429 || isTwin) return false;
    made.close(asked, { status, body: text ? JSON.parse(text) : {} });
    return true;
  } catch {
    return false;
  }
}
