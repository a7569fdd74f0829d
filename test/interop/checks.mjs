// Judges what a client saw against what a case demands. Each function returns faults in words; none is good.

const asText = ({ owner, type, rdata }) => `${owner} ${type} ${rdata}`;
const proofTypes = new Set(['RRSIG', 'NSEC', 'NSEC3']);
const sorted = (list) => [...list].sort();
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

const withoutSignatures = (records, type) => records.filter((record) => record.type !== 'RRSIG' || type === 'RRSIG').map(asText);

/** @param mode of clients.mjs */
export function judgeMessage(wanted, mode, got, { sentEdns = true } = {}) {
  if (got === undefined) return ['no answer'];
  const checkingDisabled = mode.includes('+cd');
  const withheld = wanted.state === 'indeterminate' || (wanted.state === 'bogus' && !checkingDisabled);
  const rcode = withheld ? 'SERVFAIL' : wanted.rcode;
  const authenticData = wanted.state === 'secure' && mode.includes('+dnssec');
  const faults = [];
  if (got.rcode !== rcode) faults.push(`rcode ${got.rcode}, not ${rcode}`);
  if (got.ad !== authenticData) faults.push(authenticData ? 'no AD' : 'AD');
  if (got.tc) faults.push('TC');
  if (got.edns !== sentEdns) faults.push(got.edns ? 'an OPT unasked' : 'no OPT');
  faults.push(...judgeEde(wanted, got));
  const answer = withoutSignatures(got.answer, wanted.type);
  const wantedAnswer = withheld ? [] : wanted.answer;
  if (wantedAnswer !== undefined && !same(answer, wantedAnswer))
    faults.push(`answer [${answer.join(' | ')}], not [${wantedAnswer.join(' | ')}]`);
  if (wantedAnswer === undefined && !answer.some((text) => text.includes(` ${wanted.type} `)))
    faults.push(`no ${wanted.type} in the answer`);
  if (withheld && got.authority.length > 0) faults.push('records beside SERVFAIL');
  faults.push(...(mode.includes('+dnssec') ? judgeProofs(wanted, got) : judgeAbsence(wanted, got)));
  return faults;
}

function judgeEde({ state, ede = [] }, got) {
  // An OPT for whoever sent one, and for nobody else (RFC 6891 §7); kdig sends none unless told.
  if (!got.edns) return got.ede.length === 0 ? [] : ['EDE without OPT'];
  // Of its own accord: 13, a failure that was kept (RFC 9520); 29, secure data made of what was kept (RFC 8198), at the end of an alias or by itself.
  const synthesised = state === 'secure' || got.answer.some(({ type }) => type === 'CNAME');
  const allowed = [...ede, ...(state === 'indeterminate' ? [13] : []), ...(synthesised ? [29] : [])];
  if (ede.length > 0 && !got.ede.some((code) => ede.includes(code))) return [`EDE [${got.ede}], not one of [${ede}]`];
  return got.ede.every((code) => allowed.includes(code)) ? [] : [`EDE [${got.ede}], not only [${ede}]`];
}

/** RFC 4035 §3.2.1 and §3.1: each RRset of a secure answer has its signature, and a denial its NSEC or NSEC3. */
function judgeProofs({ state, answer }, got) {
  if (state !== 'secure') return [];
  const faults = [];
  for (const section of [got.answer, got.authority]) {
    const signed = new Set(section.filter(({ type }) => type === 'RRSIG').map(({ owner, rdata }) => `${owner} ${rdata.split(' ')[0]}`));
    const hasDname = section.some(({ type }) => type === 'DNAME');
    for (const { owner, type } of section) {
      // A CNAME that a DNAME made has no signature (RFC 6672 §5.3.1).
      if (type !== 'RRSIG' && !signed.has(`${owner} ${type}`) && !(type === 'CNAME' && hasDname))
        faults.push(`no RRSIG over ${owner} ${type}`);
    }
  }
  const isDenial =
    answer !== undefined && !answer.some((text) => !/ (CNAME|DNAME) /.test(text)) && got.authority.some(({ type }) => type === 'SOA');
  if (isDenial && !got.authority.some(({ type }) => type === 'NSEC' || type === 'NSEC3')) faults.push('a denial without proof');
  return faults;
}

/** Without DO no DNSSEC records but those asked for (RFC 3225 §3). */
function judgeAbsence({ type: asked }, got) {
  const extra = [...got.answer, ...got.authority].find(({ type }) => proofTypes.has(type) && type !== asked);
  return extra ? [`${extra.type} without DO`] : [];
}

/** zeker and another resolver, the same question: rcode, AD and data. */
export function compareMessages(ours, theirs, { type }) {
  if (!ours || !theirs) return [`no answer from ${ours ? 'it' : 'zeker'}`];
  const faults = [];
  if (ours.rcode !== theirs.rcode) faults.push(`rcode ${theirs.rcode}, zeker ${ours.rcode}`);
  if (ours.ad !== theirs.ad) faults.push(`AD ${theirs.ad}, zeker ${ours.ad}`);
  const [a, b] = [withoutSignatures(ours.answer, type), withoutSignatures(theirs.answer, type)];
  if (!same(a, b)) faults.push(`answer [${b.join(' | ')}], zeker [${a.join(' | ')}]`);
  return faults;
}

/** What delv must conclude of zeker's answer. */
export function judgeDelv({ state }, { verdict, text }) {
  const wanted = state === 'bogus' || state === 'indeterminate' ? 'failed' : state;
  return verdict === wanted ? [] : [`${verdict}, not ${wanted}: ${text.trim().split('\n').slice(0, 3).join(' / ')}`];
}
