/** Recursion with validation from empty caches, per CPU second and in upstream queries, beside Unbound on the same zones. */

import { packages, runInNamespace } from './namespace.mjs';

export { packages };

export const run = (task) => runInNamespace({ bench: 'cold', ...task });
