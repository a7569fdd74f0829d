// Runs the Dockerfile's steps by hand, for machines without Docker: `node scripts/check-dockerfile.mjs`.
//
// Each stage is a folder; COPY copies what .dockerignore lets through, RUN runs in a shell with WORKDIR and absolute paths moved into the
// folder, as the user that runs this. Then the ENTRYPOINT starts, with ports that need no root, and the HEALTHCHECK must fail before that
// and answer for the service afterwards. Without a network the root's keys cannot be fetched, so the service resolves in the sandbox.
// What it cannot show: the base image, USER, VOLUME and EXPOSE; of these it demands that they are there.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = mkdtempSync(join(tmpdir(), 'zeker-docker-'));

/** Instructions as `{ name, rest }`, continuation lines joined. */
function readInstructions(text) {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ', 1)[0], rest: line.slice(line.indexOf(' ') + 1).trim() }));
}

/** Whether .dockerignore, which bars all and lets some through again, lets this through. */
function createFilter(text) {
  const allowed = text
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  return (path) => allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

/** Builds all stages; returns the folder of the last and what it declares. */
function build(instructions, mayCopy) {
  const stages = new Map();
  let stage;
  for (const { name, rest } of instructions) {
    if (name === 'FROM') {
      const folder = join(work, `stage-${stages.size}`);
      mkdirSync(folder);
      stage = { folder, workdir: '/', environment: {}, declared: {} };
      stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? 'last', stage);
    } else if (name === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(join(stage.folder, rest), { recursive: true });
    } else if (name === 'ENV') Object.assign(stage.environment, Object.fromEntries([rest.split('=')]));
    else if (name === 'COPY') copy(stage, rest, stages, mayCopy);
    else if (name === 'RUN') run(stage, rest);
    else stage.declared[name] = rest;
  }
  return stage;
}

function copy(stage, rest, stages, mayCopy) {
  const words = rest.split(' ');
  const from = /^--from=(.*)$/.exec(words[0])?.[1];
  if (from) words.shift();
  const target = words.pop();
  const destination = join(stage.folder, target.startsWith('/') ? target : join(stage.workdir, target));
  for (const source of words) {
    const origin = from ? join(stages.get(from).folder, source) : join(root, source);
    const into = target.endsWith('/') ? join(destination, source.split('/').at(-1)) : destination;
    mkdirSync(dirname(into), { recursive: true });
    const path = (name) => (name.startsWith(root) ? name.slice(root.length + 1) : name);
    // A folder is let through where something in it may be.
    const filter = (name) => from !== undefined || statSync(name).isDirectory() || mayCopy(path(name));
    cpSync(origin, into, { recursive: true, filter, verbatimSymlinks: true });
    if (!existsSync(into)) throw new Error(`COPY ${rest}: .dockerignore bars ${source}`);
  }
}

function run(stage, command) {
  console.log(`RUN ${command}`);
  // Other users cannot be given files without root, and absolute paths belong into the stage.
  const moved = command.replace(/ -o \S+ -g \S+/, '').replace(/ (\/(var|etc|opt)\/)/g, ` ${stage.folder}$1`);
  execFileSync('bash', ['-euc', moved], {
    cwd: join(stage.folder, stage.workdir),
    env: { ...process.env, ...stage.environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function demand(truth, what) {
  if (!truth) throw new Error(what);
}

function checkDeclarations(instructions, { declared }) {
  const runs = instructions.filter(({ name }) => name === 'RUN').map(({ rest }) => rest);
  demand(
    runs.some((command) => command.startsWith('npm ci') && command.includes('--ignore-scripts')),
    'npm ci --ignore-scripts is missing',
  );
  demand(
    !runs.some((command) => /npm (ci|install|prune)(?!.*--ignore-scripts)/.test(command)),
    'a step of npm may run scripts of packages',
  );
  demand(declared.USER && !/^(root|0)\b/.test(declared.USER), 'USER must be there, and not root');
  for (const port of ['53/udp', '53/tcp']) demand(declared.EXPOSE?.split(' ').includes(port), `EXPOSE ${port} is missing`);
  demand(declared.VOLUME, 'a VOLUME for state is missing');
  demand(declared.HEALTHCHECK?.includes('CMD ['), 'a HEALTHCHECK in exec form is missing');
}

/** Command of an exec form, with its absolute paths moved into the stage and `node` as ours. */
function execForm(text, { folder }) {
  const [command, ...args] = JSON.parse(text.slice(text.indexOf('[')));
  demand(command === 'node', `${command} is not node`);
  return args.map((arg) => (arg.startsWith('/') ? join(folder, arg) : arg));
}

async function start(stage) {
  const { startSandbox } = await import(pathToFileURL(join(stage.folder, stage.workdir, 'dist/sandbox/internet.js')).href);
  const sandbox = await startSandbox({ port: 0, addressBase: '127.53.9' });
  const config = join(stage.folder, 'etc/zeker/zeker.yaml');
  // Below the ports that Linux gives to whoever asks for any (32768 and up): of those one may be taken at any moment.
  const [dnsPort, httpPort] = [10_000 + (process.pid % 10_000), 20_000 + (process.pid % 10_000)];
  const shipped = readFileSync(config, 'utf8');
  demand(shipped.includes('0.0.0.0:53') && shipped.includes('0.0.0.0:8053'), 'the configuration of the container listens elsewhere');
  writeFileSync(join(stage.folder, 'etc/zeker/hints'), sandbox.hints);
  writeFileSync(join(stage.folder, 'etc/zeker/anchors'), sandbox.anchors);
  const sandboxKeys = `root: { hints: hints }\ntrust: { anchors: anchors }\nresolver: { upstreamPort: ${sandbox.port}, doNotQuery: [] }\n`;
  writeFileSync(
    config,
    shipped.replace('0.0.0.0:53"', `127.0.0.1:${dnsPort}"`).replace('0.0.0.0:8053', `0.0.0.0:${httpPort}`) + sandboxKeys,
  );

  const healthy = () => {
    const args = execForm(stage.declared.HEALTHCHECK, stage);
    return new Promise((resolve) => spawn(process.execPath, args, { stdio: 'ignore' }).on('exit', (code) => resolve(code === 0)));
  };
  demand(!(await healthy()), 'HEALTHCHECK passes where nothing runs');
  const service = spawn(process.execPath, execForm(stage.declared.ENTRYPOINT, stage), {
    cwd: join(stage.folder, stage.workdir),
    env: { PATH: process.env.PATH, ...stage.environment },
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => service.on('exit', (code, signal) => resolve(code ?? signal)));
  try {
    const deadline = Date.now() + 20_000;
    while (!(await healthy())) demand(Date.now() < deadline && service.exitCode === null, 'HEALTHCHECK does not pass within 20 seconds');
    console.log('HEALTHCHECK passes');
  } finally {
    service.kill('SIGTERM');
    const code = await ended;
    await sandbox.stop();
    demand(code === 0, `the service ended with ${code} at SIGTERM`);
  }
}

try {
  const instructions = readInstructions(readFileSync(join(root, 'Dockerfile'), 'utf8'));
  const stage = build(instructions, createFilter(readFileSync(join(root, '.dockerignore'), 'utf8')));
  checkDeclarations(instructions, stage);
  demand(!existsSync(join(stage.folder, stage.workdir, 'node_modules/vitest')), 'development packages are in the image');
  await start(stage);
  console.log('Dockerfile: its steps work');
} finally {
  rmSync(work, { recursive: true, force: true });
}
