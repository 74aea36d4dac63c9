import { z } from 'zod';
import { Problem } from './problems.ts';

/** So many names a reader takes in; whoever needs more finds them in the documentation. */
const MOST_NAMES = 20;

/** So many faults are listed; an answer must not be many times what was sent. */
const MOST_ERRORS = 20;
/** A name somebody made up is quoted up to here. */
const MOST_QUOTED = 100;

/** What `schema` refused as a problem: `where` is body, query or path, `given` what was refused. */
export function badInput(where: string, schema: z.ZodType, given: unknown, error: z.ZodError): Problem {
  const hint = where === 'query' ? plusHint(schema, given as Record<string, unknown>) : () => '';
  const errors = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: noSuch(issue, schemaAt(schema, issue.path)) }))
      : [{ path: issue.path.join('.'), message: wordsOf(issue) + hint(issue) }],
  );
  const listed = errors.slice(0, MOST_ERRORS).map(({ path, message }) => ({ path: path.slice(0, MOST_QUOTED), message }));
  const more = errors.length - listed.length;
  return new Problem(422, `the ${where} is not acceptable${more > 0 ? `; ${more} more faults are not listed` : ''}`, {
    errors: listed,
  });
}

/** What is accepted: as the field says it, else in the manner of those that do. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && (issue.path.length === 0 || (issue.expected === 'object' && isDefault(issue))))
    return 'a JSON object';
  if (issue.code === 'invalid_type' && issue.expected === 'array' && isDefault(issue)) return 'a list';
  return issue.code === 'invalid_value' && isDefault(issue) ? `one of ${issue.values.join(', ')}` : issue.message;
}

const isDefault = ({ message }: z.core.$ZodIssue) => /^Invalid (input|option):/.test(message);

/** An object's fields are known; what the keys of a record are, its own message says. */
function noSuch(issue: z.core.$ZodIssue, among: z.core.$ZodType | undefined): string {
  if (among instanceof z.ZodRecord) return issue.message;
  if (!(among instanceof z.ZodObject)) return 'no such field';
  const names = Object.keys(among.shape);
  if (names.length === 0) return 'no such field; there are none';
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more, see /docs` : '';
  return `no such field; there are: ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

/** What judges the value at a path; undefined where that cannot be told. */
function schemaAt(schema: z.core.$ZodType | undefined, [key, ...rest]: PropertyKey[]): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return schemaAt(schema.unwrap(), key === undefined ? [] : [key, ...rest]);
  if (key === undefined) return schema;
  if (schema instanceof z.ZodObject) return schemaAt(schema.shape[String(key)], rest);
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, rest);
  return schema instanceof z.ZodRecord ? schemaAt(schema.valueType, rest) : undefined;
}

/** A + in an address is read as a space. Where it would have been accepted, that is said. */
function plusHint(schema: z.ZodType, query: Record<string, unknown>) {
  const meant = Object.entries(query).map(([name, value]) => [name, String(value).replaceAll(' ', '+')]);
  const wrong = new Set(schema.safeParse(Object.fromEntries(meant)).error?.issues.map(({ path }) => path[0]));
  return ({ path: [name] }: z.core.$ZodIssue) =>
    / /.test(String(query[String(name)])) && !wrong.has(name) ? '; in an address + is written %2B' : '';
}
