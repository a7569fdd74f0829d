/** Which names are asked for most, of late: counts in bounded memory, halved as time goes by. */

import { LRUCache } from 'lru-cache';
import type { Name } from '../base/name.ts';

const MAX_NAMES = 10_000;

export class PopularNames {
  readonly #counts = new LRUCache<string, { readonly name: Name; count: number }>({ max: MAX_NAMES });

  count(name: Name): void {
    const known = this.#counts.get(name.key);
    if (known) known.count++;
    else this.#counts.set(name.key, { name, count: 1 });
  }

  /** The names with the highest counts, and of equals those asked for last. */
  top(limit: number): Name[] {
    return [...this.#counts.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, limit)
      .map(({ name }) => name);
  }

  /** What was asked for long ago counts less and less. */
  halve(): void {
    for (const [key, entry] of this.#counts.entries()) {
      entry.count = Math.floor(entry.count / 2);
      if (entry.count === 0) this.#counts.delete(key);
    }
  }
}
