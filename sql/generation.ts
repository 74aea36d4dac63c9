export { describeTrainings, type Conflict } from './generation/trainings.ts';
export type { Warning } from './generation/students.ts';
export { buildWindow, nothingYet, previewWeek, type WeekProgress } from './generation/week.ts';
export type { Week } from './generation/window.ts';
