/** What is wrong with the parameters of a request, as a sentence, out of what ajv (with `verbose`) found against their schema. */

import type { FastifySchemaValidationError } from 'fastify';

/** The part of a parameter's schema, or of the schema of all, that can be told. */
interface ParameterSchema {
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
}

type Found = FastifySchemaValidationError & { readonly parentSchema?: ParameterSchema; readonly data?: unknown };

/** The first fault alone: ajv stops there. */
export function parameterFault([found]: readonly FastifySchemaValidationError[]): string {
  const { keyword, instancePath, params, parentSchema = {}, data, message } = found as Found;
  if (keyword === 'additionalProperties') {
    const known = Object.keys(parentSchema.properties ?? {});
    const others =
      known.length === 0
        ? 'for there are none'
        : `only ${known
            .sort()
            .join(', ')
            .replace(/, ([^,]*)$/, ' and $1')}`;
    return `there is no parameter ${params.additionalProperty}, ${others}`;
  }
  const name = instancePath.slice(1);
  const wanted = describe(parentSchema);
  if (wanted === undefined) return `${name} ${message}`;
  return Array.isArray(data) ? `${name} must be given once, as ${wanted}` : `${name} must be ${wanted}`;
}

function describe({ enum: words, minimum, maximum }: ParameterSchema): string | undefined {
  if (words) return words.join(' or ');
  return minimum === undefined || maximum === undefined ? undefined : `a whole number from ${minimum} to ${maximum}`;
}
