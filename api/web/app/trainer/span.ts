/** The hours a day shows, in minutes of the wall clock, and how fine one drags. */
export const [FIRST, LAST, STEP] = [7 * 60, 22 * 60, 30];

/** `18:30` of so many minutes after midnight. */
export const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
export const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** What is marked by dragging from one row to another, whichever is above: both rows are in it. */
export const spanBetween = (one: number, other: number): [from: number, to: number] => [
  FIRST + Math.min(one, other) * STEP,
  FIRST + (Math.max(one, other) + 1) * STEP,
];

/** The row at a height within the list; the first or the last beyond its edges. */
export const rowAt = (y: number, height: number) => {
  const rows = (LAST - FIRST) / STEP;
  return Math.min(rows - 1, Math.max(0, Math.floor((y / height) * rows)));
};
