/** Which mail domains an operator means: `example.com` itself, `.example.com` for all names below it, as the appliance writes them. */

import { type Name, NameError, parent, parseName } from '../base/name.ts';

/** Values by pattern; of several that fit the closest to the name counts. */
export interface PatternTable<Value> {
  find(name: Name): Value | undefined;
}

/** The pattern that fits every name, in SMTP routes. */
const EVERY = 'ALL';

/** Whether a text is a pattern. */
export function isDomainPattern(text: string): boolean {
  return text === EVERY || tryKey(text) !== undefined;
}

/** Of a pattern given twice the last counts. @throws {NameError} for a text that is no pattern */
export function createPatternTable<Value>(rows: Iterable<readonly [pattern: string, value: Value]>): PatternTable<Value> {
  const exact = new Map<string, Value>();
  const below = new Map<string, Value>();
  let every: Value | undefined;
  for (const [pattern, value] of rows) {
    if (pattern === EVERY) every = value;
    else if (pattern.startsWith('.')) below.set(keyOf(pattern.slice(1)), value);
    else exact.set(keyOf(pattern), value);
  }
  return {
    find(name) {
      const own = exact.get(name.key);
      if (own !== undefined) return own;
      for (let above = parent(name); above; above = parent(above)) {
        const value = below.get(above.key);
        if (value !== undefined) return value;
      }
      return every;
    },
  };
}

function keyOf(text: string): string {
  const name = parseName(text);
  if (name.labels === 0) throw new NameError('the root is no mail domain');
  return name.key;
}

function tryKey(text: string): string | undefined {
  try {
    return keyOf(text.startsWith('.') ? text.slice(1) : text);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}
