// The soak: `node scripts/soak.mjs [queries] [TCP messages] [changed replies]`.
import { runCompiled } from './compiled.mjs';

process.exitCode = runCompiled('soak', 'tsconfig.soak.json');
