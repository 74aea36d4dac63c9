import type { IncomingMessage } from 'node:http';
import { Problem } from './problems.ts';

/** Deeper than this nothing that is asked for here is nested. */
export const MOST_DEPTH = 32;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** For `express.json({ verify })`: refuses what JSON.parse would let pass, and what would be too deep for whoever works with it. */
export function verifyJson(_request: IncomingMessage, _response: unknown, bytes: Buffer, charset: string) {
  if (charset !== 'utf-8') throw new Problem(415, 'the body has a character set other than UTF-8');
  refuseOddJson(textOf(bytes));
}

function textOf(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Problem(422, 'the body is not valid UTF-8');
  }
}

/**
 * Throws a 422 for a name that stands twice in one object (JSON.parse would take the last one, others the first) and for what is nested
 * deeper than 32. What is no JSON at all is left to JSON.parse.
 * @param mostDepth deeper by one for a message that has a body in it
 */
export function refuseOddJson(text: string, mostDepth = MOST_DEPTH) {
  /** The names of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let end = -1;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '{' || sign === '[') {
      if (open.push(sign === '{' ? new Set() : null) > mostDepth)
        throw new Problem(422, `the body is nested deeper than ${MOST_DEPTH}`);
    } else if (sign === '}' || sign === ']') open.pop();
    else if (sign === '"') {
      end = endOfString(text, at);
      if (end < 0) return;
      const names = open.at(-1);
      if (names && isName(text, end)) addName(names, text.slice(at, end + 1));
      at = end;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function isName(text: string, end: number): boolean {
  let at = end + 1;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return text[at] === ':';
}

function addName(names: Set<string>, quoted: string) {
  const name = parsed(quoted);
  if (names.has(name)) {
    throw new Problem(422, 'the body is not acceptable', {
      errors: [{ path: name.slice(0, 100), message: 'this name stands twice in one object' }],
    });
  }
  names.add(name);
}

/** `"\\u0061"` and `"a"` are one name. */
function parsed(quoted: string): string {
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
}
