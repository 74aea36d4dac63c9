/** A day has 96 cells of 15 minutes of wall time (D29): bit 0 of the first word is 00:00. */
export const CELLS = 96;
export const WORDS = 3;

/** 96 bits, one a cell. */
export type Cells = Uint32Array;

export const noCells = (): Cells => new Uint32Array(WORDS);

/** Sets the cells from one to the other, the latter exclusive. */
export function setCells(cells: Cells, from: number, to: number) {
  for (let cell = from; cell < to; cell += 1) cells[cell >>> 5]! |= 1 << (cell & 31);
}

export const hasCell = (cells: Cells, cell: number) => ((cells[cell >>> 5]! >>> (cell & 31)) & 1) === 1;

/** Whether all cells of the one are among the other's. */
export const areAmong = (some: Cells, all: Cells) => some.every((word, n) => (word & ~all[n]!) === 0);

/** Three words of 8 hexadecimal digits, in order. */
export const hexOf = (cells: Cells) => hex(cells[0]!) + hex(cells[1]!) + hex(cells[2]!);
/** The 33rd bit keeps the zeros in front. */
const hex = (word: number) => (word + 2 ** 32).toString(16).slice(1);

/** Reads what {@link hexOf} wrote, from a place in a text on. */
export function cellsOfHex(text: string, at: number): Cells {
  const cells = noCells();
  for (let word = 0; word < WORDS; word += 1) cells[word] = Number.parseInt(text.slice(at + word * 8, at + word * 8 + 8), 16);
  return cells;
}
