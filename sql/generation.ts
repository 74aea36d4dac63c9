export type { Warning } from './generation/students.ts';
export { type Conflict, describeTrainings } from './generation/trainings.ts';
export { buildWindow, nothingYet, previewWeek, type WeekProgress } from './generation/week.ts';
export type { Week } from './generation/window.ts';
