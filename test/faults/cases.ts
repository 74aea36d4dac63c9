import type { Lab } from './lab.ts';

/** Something that goes wrong in a lab of its own, and what is expected of the run all the same. */
export type Case = [name: string, play: (at: Lab) => Promise<void>];
