import type { Json } from './front-door.ts';

/**
 * The value that Swagger UI fills a form with: what the author of a schema gives (examples, then default, then example), or else
 * one for each property. Throws where Swagger UI would make something up or toss a coin.
 * @param document whose components the references lead to
 */
export function swaggerExample(schema: Json, document: Json, at = 'body'): Json {
  if (schema.$ref) return swaggerExample(componentOf(schema.$ref, document), document, at);
  const [given] = [...(schema.examples ?? []), schema.default, schema.example].filter((item) => item !== undefined);
  if (given !== undefined) return given;
  if (schema.enum) return schema.enum[0];
  if (schema.type !== 'object') throw new Error(`${at} has no example: ${JSON.stringify(schema)}`);
  const properties = Object.entries<Json>(schema.properties ?? {});
  return Object.fromEntries(properties.map(([name, schema]) => [name, swaggerExample(schema, document, `${at}.${name}`)]));
}

const componentOf = (reference: string, document: Json) =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce((node, name) => node[name], document);
