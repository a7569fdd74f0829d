/**
 * The schema of the configuration for other programs: editors, and ajv as it comes. What only we know is put in words there (our formats and
 * the keyword `expects`), and a key that has a default may be missing, which TypeBox's own schema does not say.
 */

import { configSchema } from './schema.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The schema that `zeker config-schema` prints, and that stands in docs/config.schema.json. */
export function publishedSchema(): JsonObject {
  return publish(JSON.parse(JSON.stringify(configSchema)) as JsonObject);
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

function publish({ format: _, expects, description, required, properties, items, anyOf, ...rest }: JsonObject): JsonObject {
  const must = typeof expects === 'string' ? `Must be ${expects}.` : undefined;
  const told = [description, must].filter((sentence) => typeof sentence === 'string').join(' ');
  const needed = Array.isArray(required) && isObject(properties) ? required.filter((key) => !hasDefault(properties[String(key)])) : [];
  return {
    ...rest,
    ...(told === '' ? {} : { description: told }),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(isObject(properties) ? { properties: publishAll(properties) } : {}),
    ...(isObject(items) ? { items: publish(items) } : {}),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((branch: Json) => (isObject(branch) ? publish(branch) : branch)) } : {}),
  };
}

function publishAll(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, isObject(schema) ? publish(schema) : schema]));
}

function hasDefault(schema: Json | undefined): boolean {
  return isObject(schema) && 'default' in schema;
}
