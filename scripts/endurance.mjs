// Hours of mixed load on one service: `node scripts/endurance.mjs [--minutes 120] [--rate 150] [--seed 1]`.
import { runCompiled } from './compiled.mjs';

process.exitCode = runCompiled('endurance', 'tsconfig.soak.json');
