/** What the details of a task lead to: whom to call, and whose card to look at. Details are of many kinds; what is not there is null. */
export function taskLinks(details: unknown): { phone: string | null; personId: number | null } {
  const known = (typeof details === 'object' && details !== null ? details : {}) as Record<string, unknown>;
  const phone = [known.phone, known.client_phone].find((value) => typeof value === 'string' && /^\+\d{7,15}$/.test(value));
  const personId = [known.person_id, known.client_id, known.student_id, known.user_id].find((value) => Number.isInteger(value));
  return { phone: (phone as string | undefined) ?? null, personId: (personId as number | undefined) ?? null };
}

/** What somebody said: of a leak what happened, of a request what was asked for, and what was answered. */
export function wordsOf(details: unknown): string[] {
  const known = (typeof details === 'object' && details !== null ? details : {}) as Record<string, unknown>;
  return [known.what, known.note, known.answer].filter((words) => typeof words === 'string' && words !== '') as string[];
}
