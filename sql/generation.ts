export type { Week } from './generation/planned.ts';
export type { Warning } from './generation/students.ts';
export { type Conflict, describeTrainings, madeTraining } from './generation/trainings.ts';
export { buildWindow, nothingYet, previewWeek, type WeekProgress } from './generation/week.ts';
