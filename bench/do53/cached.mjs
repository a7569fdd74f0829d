/** Answers from the cache per CPU second, DO=0 and DO=1 mixed, beside Unbound on the same zones. */

import { packages, runInNamespace } from './namespace.mjs';

export { packages };

export const run = (task) => runInNamespace({ bench: 'cached', ...task });
