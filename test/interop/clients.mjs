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

export async function dig(server, owner, type, options = []) {
  const { stdout } = await captureProgram('dig', [`@${server}`, '+tries=1', `+timeout=${patience}`, ...options, owner, type], {
    timeoutMs: 1_000 * patience + 3_000,
  });
  return readMessage(stdout);
}

export async function kdigOverTcp(server, owner, type, options = []) {
  const args = [`@${server}`, '+tcp', '+retry=0', `+timeout=${patience}`, ...options, owner, type];
  const { stdout } = await captureProgram('kdig', args, { timeoutMs: 1_000 * patience + 3_000 });
  return readMessage(stdout);
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
