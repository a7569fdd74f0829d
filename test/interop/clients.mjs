// dig, kdig and delv: how each is called, and what it printed as data.
import { captureProgram } from './processes.mjs';

/** What a message holds. Records are "owner TYPE RDATA". @returns undefined where no answer came */
function readMessage(text) {
  const status = /status: (\w+)/.exec(text)?.[1];
  if (status === undefined) return undefined;
  const flags = (/^;; flags: ([\w ]*)/im.exec(text)?.[1] ?? '').split(' ');
  return {
    rcode: status,
    flags,
    ad: flags.includes('ad'),
    tc: flags.includes('tc'),
    edns: /EDNS: version|EDNS PSEUDOSECTION/.test(text),
    ede: [...text.matchAll(/EDE: (\d+)/g)].map(([, code]) => Number(code)),
    answer: readSection(text, 'ANSWER'),
    authority: readSection(text, 'AUTHORITY'),
  };
}

function readSection(text, title) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`;; ${title} SECTION:`));
  if (start < 0) return [];
  const end = lines.findIndex((line, index) => index > start && (line === '' || line.startsWith(';;')));
  return lines.slice(start + 1, end < 0 ? undefined : end).map((line) => {
    const [owner, , , type, ...rdata] = line.split(/\s+/);
    return { owner: owner.toLowerCase(), type, rdata: plainRdata(type, rdata) };
  });
}

/** RDATA as dig and kdig both print it: dig breaks long octet strings up, kdig quotes less and leaves a space at the end of a CAA. */
function plainRdata(type, words) {
  switch (type) {
    case 'TLSA':
      return `${words.slice(0, 3).join(' ')} ${words.slice(3).join('')}`;
    case 'HTTPS':
      return words.join(' ').replaceAll('"', '');
    default:
      return words.join(' ').trim();
  }
}

/** Flags of the three ways in which everything is asked. */
export const modes = { plain: ['+noadflag'], '+dnssec': ['+dnssec'], '+dnssec +cd': ['+dnssec', '+cd'] };

const patience = 12; // seconds; zeker answers within 8, unbound gives up later

export const dig = async (server, owner, type, options = []) => (await digAll(server, owner, type, [options]))[0];

/** Asks once for each set of options, with one run of the program. @returns a message for each, undefined where none came */
export function digAll(server, owner, type, optionSets) {
  return askAll('dig', [`@${server}`, '+tries=1', `+timeout=${patience}`], owner, type, optionSets);
}

/** Asks the same of several servers, with one run of dig. @returns a message for each, undefined where none came */
export async function digServers(servers, owner, type, options) {
  if (servers.length === 0) return [];
  const questions = servers.flatMap((server) => [`@${server}`, owner, type, ...options]);
  const timeoutMs = 1_000 * patience * servers.length + 3_000;
  const { stdout } = await captureProgram('dig', ['+tries=1', `+timeout=${patience}`, ...questions], { timeoutMs });
  const parts = stdout.split(/(?=;; ->>HEADER<<-)/).slice(1);
  if (parts.length === servers.length) return parts.map(readMessage);
  return Promise.all(servers.map((server) => dig(server, owner, type, options)));
}

/** As digAll, by kdig over TCP. */
export function kdigAll(server, owner, type, optionSets) {
  return askAll('kdig', [`@${server}`, '+tcp', '+retry=0', `+timeout=${patience}`], owner, type, optionSets);
}

/** Both programs take options for all questions first, and those of one question after it. */
async function askAll(program, common, owner, type, optionSets) {
  const questions = optionSets.flatMap((options) => [owner, type, ...options]);
  const timeoutMs = 1_000 * patience * optionSets.length + 3_000;
  const { stdout } = await captureProgram(program, [...common, ...questions], { timeoutMs });
  const messages = stdout
    .split(/(?=;; ->>HEADER<<-)/)
    .map(readMessage)
    .filter((message) => message !== undefined);
  if (messages.length === optionSets.length || optionSets.length === 1) return optionSets.map((_, index) => messages[index]);
  return Promise.all(optionSets.map(async (options) => (await askAll(program, common, owner, type, [options]))[0]));
}

/** One verdict of delv's: secure, insecure or failed, the worst of its parts. */
export async function delv(server, anchorFile, owner, type, options = []) {
  const { stdout, stderr } = await captureProgram('delv', [`@${server}`, '-a', anchorFile, '+root=.', ...options, owner, type], {
    timeoutMs: 20_000,
  });
  const text = `${stdout}${stderr}`;
  if (/resolution failed: (?!ncache)/.test(text)) return { verdict: 'failed', text }; // `ncache nxdomain` is a denial
  if (/^; (negative response, )?unsigned answer/m.test(text)) return { verdict: 'insecure', text };
  if (/^; (negative response, )?fully validated/m.test(text)) return { verdict: 'secure', text };
  return { verdict: 'failed', text };
}
