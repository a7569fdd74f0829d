// The properties, for a while: `npm run fuzz -- [--minutes 10] [--seed N]`.
import { runCompiled } from './compiled.mjs';

process.exitCode = runCompiled('run', 'tsconfig.fuzz.json');
