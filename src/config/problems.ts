/** What is wrong with a configuration file: for each fault the line, the key and a sentence. */

import type { ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';
import { explain } from './values.ts';

export interface ConfigProblem {
  /** Counts from 1; undefined where there is no file to look into. */
  readonly line: number | undefined;
  /** As `resolver.forward[0].to`; empty for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** A configuration that cannot be used. `message` has a line for each problem: file, line, key and what is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly source: string;
  readonly problems: readonly ConfigProblem[];
  constructor(source: string, problems: readonly ConfigProblem[]) {
    super(
      problems
        .map(({ line, key, message }) => [line === undefined ? source : `${source}:${line}`, key, message].filter(Boolean).join(': '))
        .join('\n'),
    );
    this.source = source;
    this.problems = problems;
  }
}

/** Steps from the top of the document to a value: keys, and positions in lists. */
export type Path = readonly (string | number)[];

function formatKey(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** The steps of a JSON pointer (RFC 6901); list positions as numbers. */
function stepsOf(pointer: string, document: Document): Path {
  const steps: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(isSeq(document.getIn(steps, true)) ? Number(step) : step);
  }
  return steps;
}

/** The line where the value at `path` stands, or its key where there is one; that of the nearest parent when it has none. */
export function lineOf(path: Path, document: Document, lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth--) {
    const holder = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const pair = isMap(holder) ? holder.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === path[depth - 1]) : undefined;
    const node = pair ? pair.key : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a section with keys of its own',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
};

/** One sentence for all that the schema says against one value: where it offers a choice, each branch has its complaint. */
function describe(errors: readonly ErrorObject[]): string {
  const error = errors.find(({ keyword }) => keyword === 'anyOf') ?? (errors[0] as ErrorObject);
  const explained = error.keyword === 'format' ? explain(String(error.schema), String(error.data)) : undefined;
  if (explained !== undefined) return explained;
  const not = typeof error.data === 'object' ? '' : `, not ${JSON.stringify(error.data)}`;
  const expected: unknown = error.parentSchema?.expects;
  if (typeof expected === 'string') return `must be ${expected}${not}`;
  const limit = Number(error.params.limit);
  switch (error.keyword) {
    case 'enum':
      return `must be one of ${(error.params.allowedValues as unknown[]).join(', ')}${not}`;
    case 'type':
      return `must be ${kinds[String(error.params.type)] ?? error.params.type}${not}`;
    case 'minimum':
      return `must be at least ${limit}${not}`;
    case 'maximum':
      return `must be at most ${limit}${not}`;
    case 'minItems':
      return `must have at least ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'uniqueItems':
      return `has the same entry twice: the ${Number(error.params.i) + 1}. and the ${Number(error.params.j) + 1}.`;
    case 'minLength':
      return 'must not be empty';
    case 'maxLength':
      return `must have at most ${limit} characters`;
    default:
      return error.message ?? 'is wrong';
  }
}

/** Problems of what ajv found, in the order of their lines. */
export function problemsOf(errors: readonly ErrorObject[], document: Document, lines: LineCounter): ConfigProblem[] {
  const byPointer = new Map<string, ErrorObject[]>();
  const found: { readonly path: Path; readonly message: string }[] = [];
  const add = (path: Path, message: string) => found.push({ path, message });
  for (const error of errors) {
    const path = stepsOf(error.instancePath, document);
    if (error.keyword === 'additionalProperties') add([...path, String(error.params.additionalProperty)], 'there is no such key');
    else if (error.keyword === 'required') add([...path, String(error.params.missingProperty)], 'must be given');
    else byPointer.set(error.instancePath, [...(byPointer.get(error.instancePath) ?? []), error]);
  }
  for (const [pointer, complaints] of byPointer) add(stepsOf(pointer, document), describe(complaints));
  return locate(found, document, lines);
}

/** Problems with their lines, in the order of these. */
export function locate(
  found: readonly { readonly path: Path; readonly message: string }[],
  document: Document,
  lines: LineCounter,
): ConfigProblem[] {
  return found
    .map(({ path, message }) => ({ line: lineOf(path, document, lines), key: formatKey(path), message }))
    .sort((a, b) => a.line - b.line);
}
