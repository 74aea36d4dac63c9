/** A piece of formatting, as Telegram has it: a range in UTF-16 units and what it is. */
export type Entity = { type: string; offset: number; length: number; [more: string]: unknown };
export type Written = { text: string; entities: Entity[] };

/** What Telegram takes at once, in UTF-16 units. */
export const MOST_UNITS = 4_096;

/** Formatting that may go on in the next message; anything else (a link, an emoji, a mention) is one thing. */
const DIVISIBLE = new Set([
  'bold',
  'italic',
  'underline',
  'strikethrough',
  'spoiler',
  'blockquote',
  'expandable_blockquote',
  'pre',
]);
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Splits a text into parts of at most `most` units, which joined are the text (D37): after the last line that fits, else
 * after the last word, else after the last grapheme; inside of a link only if it is longer than a part. Formatting that is
 * cut begins anew in the next part. No part ends in half a surrogate pair.
 */
export function splitText({ text, entities }: Written, most = MOST_UNITS): Written[] {
  const parts: Written[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.length - start <= most ? text.length : start + lengthOfPart(text, entities, start, most);
    parts.push({ text: text.slice(start, end), entities: withTimeout(entities, start, end) });
    start = end;
  }
  return parts;
}

/** Formatting is for the people it is shown to; in the part it is what is left of it there. */
function withTimeout(entities: readonly Entity[], start: number, end: number): Entity[] {
  return entities
    .map((entity) => {
      const offset = Math.max(entity.offset, start);
      return { ...entity, offset: offset - start, length: Math.min(entity.offset + entity.length, end) - offset };
    })
    .filter(({ length }) => length > 0);
}

function lengthOfPart(text: string, entities: readonly Entity[], start: number, most: number): number {
  const units = entities.filter(({ type, length }) => !DIVISIBLE.has(type) && length <= most);
  const isWhole = (cut: number) => !units.some(({ offset, length }) => offset < start + cut && start + cut < offset + length);
  const cuts = graphemeEnds(text, start, most).filter(isWhole);
  const after = (character: RegExp) => cuts.findLast((cut) => character.test(text[start + cut - 1] as string));
  return after(/\n/) ?? after(/\s/) ?? cuts.at(-1) ?? codePoints(text, start, most);
}

/** Where graphemes end within the next `most` units. The two units after them decide whether the last one does. */
function graphemeEnds(text: string, start: number, most: number): number[] {
  const ends: number[] = [];
  for (const { segment, index } of graphemes.segment(text.slice(start, start + most + 2))) {
    const end = index + segment.length;
    if (end <= most) ends.push(end);
  }
  return ends;
}

/** A single grapheme may be longer than a message: then it is cut between code points. */
function codePoints(text: string, start: number, most: number): number {
  const splitsPair = /[\uD800-\uDBFF]/.test(text[start + most - 1] as string) && /[\uDC00-\uDFFF]/.test(text[start + most] ?? '');
  return splitsPair ? most - 1 : most;
}
