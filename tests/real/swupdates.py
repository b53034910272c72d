"""Updates for SWUpdate, made by hand around one rule each, and the answers of
the real program: what the lines of its log say. Its exit status does not tell,
and nor does "SWUpdate was successful" at its end (SWUPDATE-13)."""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

# What a line of the log says, in the words of reasons.def. The first line that
# says something is the reason.
SAYS = (
    (r'provide a public key file', 'key-missing'),
    (r'unable to load key|Crypto cannot be initialized', 'key-unreadable'),
    (r'instead of sw-description\.sig$', 'signature-missing'),
    (r'instead of sw-description$', 'archive-order'),
    (r'CPIO (Format not recognized|Header filelength)', 'archive-malformed'),
    (r'Checksum WRONG', 'archive-sum'),
    (r'EVP_DigestVerifyFinal failed|Error reading signature file',
     'signature-other-key'),
    (r'cannot be parsed as DER-encoded CMS', 'signature-malformed'),
    (r'failed to verify signer name', 'signer-name-forbidden'),
    # OpenSSL's own lines, and wolfSSL's, come before SWUpdate's.
    (r'CMS_verify:signer certificate not found',
     'signer-certificate-missing'),
    (r'content type not signed data', 'signature-malformed'),
    (r'bad signature|padding check failed|invalid padding'
     r'|CMS_SignerInfo_verify:verification failure', 'signature-invalid'),
    (r'CMS_SignerInfo_verify_content:verification failure',
     'digest-mismatch'),
    (r'Verify error:unable to get local issuer', 'chain-issuer-missing'),
    (r'Verify error:unable to get issuer', 'chain-not-to-root'),
    (r'Verify error:self.signed certificate', 'chain-root-not-trusted'),
    (r'Verify error:certificate is not yet valid', 'chain-not-yet-valid'),
    (r'Verify error:unsuitable certificate purpose',
     'purpose-not-allowed'),
    (r'Authentication of all signatures failed|Verify error:'
     r'|wolfSSL error occurred, error = (160|188|275) ', 'chain'),
    (r'Signature verification failed', 'cms'),
    (r'Missing version|HW compatibility not found|No variable set|vars must'
     r'|Partition incompleted', 'description-incomplete'),
    (r'Found nothing to install', 'nothing-to-install'),
    (r'offset argument|compressed argument: \'|no parser available',
     'description-malformed'),
    (r"feature '", 'type-unsupported'),
    (r'Hash not set', 'file-hash-missing'),
    (r'No downgrading allowed', 'version-too-old'),
    (r'Max version set', 'version-too-new'),
    (r'No reinstalling allowed', 'version-installed'),
    (r'SW not compatible with hardware', 'hardware-differs'),
    (r'HASH mismatch|does not match size in cpio', 'file-hash-mismatch'),
    (r'Required (image file|script)', 'file-not-inside'),
    (r'decrypt initialization failure', 'decryption-key-missing'),
    (r'inflate failed|ZSTD_decompressStream failed', 'content-not-packed'),
)
IGNORED = re.compile(r'Partition incompleted')


def header(name, data, magic=b'070702', **f):
    """One file's header; `f` overrides single fields."""
    fields = [f.get('ino', 1), 0o100644, 0, 0, 1, 0, f.get('size', len(data)),
              0, 0, 0, 0, f.get('namesize', len(name) + 1),
              f.get('sum', sum(data) & 0xffffffff)]
    out = magic + b''.join(x if isinstance(x, bytes) else b'%08X' % x
                           for x in fields) + name + b'\0'
    return out + b'\0' * (-len(out) % 4)


def entry(name, data, **f):
    if isinstance(name, str):
        name = name.encode()
    return header(name, data, **f) + data + b'\0' * (-len(data) % 4)


END = header(b'TRAILER!!!', b'')


def whole(archive):
    """With what cpio puts behind it: up to a multiple of 512 bytes."""
    return archive + b'\0' * (-len(archive) % 512)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def text(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, Raw)):
        return str(value)
    if isinstance(value, (list, tuple)):
        marks = '[]' if isinstance(value, list) else '()'
        return marks[0] + ', '.join(text(v) for v in value) + marks[1]
    if isinstance(value, dict):
        return '{ ' + ' '.join('%s = %s;' % (k, text(v))
                               for k, v in value.items()) + ' }'
    return '"%s"' % value


class Raw(str):
    """A value as it stands."""


def description(*items, hardware=('1.0',), version='1.0.0', **more):
    """sw-description in libconfig's syntax. `items`: (list, element)."""
    software = {}
    if version is not None:
        software['version'] = version
    if hardware is not None:
        software['hardware-compatibility'] = list(hardware)
    for name, element in items:
        software.setdefault(name, ())
        software[name] += (element,)
    software.update(more)
    return ('software = %s;\n' % text(software)).encode()


def image(data, name='a.bin', /, **more):
    return ('images', dict({'filename': name, 'device': '/dev/null',
                            'sha256': sha256(data)}, **more))


def plain_file(data, name='b.txt', /, **more):
    return ('files', dict({'filename': name, 'path': '/tmp/nowhere/b.txt',
                           'sha256': sha256(data)}, **more))


def script(data, name='c.sh', /, **more):
    return ('scripts', dict({'filename': name, 'type': 'shellscript',
                             'sha256': sha256(data)}, **more))


def run(folder, *words, **more):
    return subprocess.run(words, cwd=folder, check=True, capture_output=True,
                          **more)


def openssl(folder, *words, **more):
    return run(folder, 'openssl', *words, **more).stdout


def said(log):
    """Accept or reject, and why, out of a log."""
    failed = re.search(r'Not installing|Installation failed|Error: '
                       r'|unknown certificate purpose', log)
    if re.search(r'SWUPDATE successful !', log) and not failed:
        return 'accept', None
    reason = None
    for line in log.splitlines():
        if IGNORED.search(line):
            continue
        for pattern, slug in SAYS:
            if not reason and re.search(pattern, line):
                reason = slug
    # The program was told to end while its other thread still judged.
    if re.search(r'SWUpdate was successful.*Not installing', log, re.S):
        return 'unclear', log[-400:]
    # The program ended before the thread that judges, and took its files away.
    if re.search(r'cannot be opened$|Address already in use', log, re.M):
        return 'unclear', log[-400:]
    if failed:
        return 'reject', reason
    return 'unclear', log[-400:]


OPTION = {'hardware': '-H', 'select': '-e', 'no-downgrading': '-N',
          'no-reinstalling': '-R', 'max-version': '--max-version',
          'cert-purpose': '--cert-purpose',
          'forced-signer-name': '--forced-signer-name'}


def ask(program, case, folder, keep=None):
    """Asks until the answer is clear: now and then the run ends before the
    thread that judges."""
    for _ in range(12):
        answer = ask_once(program, case, folder, keep)
        if answer[0] != 'unclear':
            break
    return answer


def alone():
    """What gives a run a network of its own: sockets have fixed names."""
    for words in (['unshare', '-n'], ['unshare', '-rn'], []):
        if subprocess.run(words + ['true'], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            return words
    return []


ALONE = alone()


def ask_once(program, case, folder, keep):
    """Runs `swupdate -c -i` on a case; in a folder of its own, since what it
    writes has fixed names."""
    words = ALONE + list(program) + ['-v', '-c', '-i', case['swu']]
    if case.get('key'):
        words += ['-k', case['key']]
    for name, value in case.get('set', {}).items():
        if name in OPTION and not (name == 'forced-signer-name' and
                                   case.get('config')):
            words += [OPTION[name], value]
    with tempfile.TemporaryDirectory() as tmp:
        if case.get('config'):
            with open(os.path.join(tmp, 'swupdate.cfg'), 'w') as f:
                f.write(case['config'])
            words += ['-f', os.path.join(tmp, 'swupdate.cfg')]
        env = dict(os.environ, TMPDIR=tmp, **case.get('env', {}))
        if case.get('at'):
            when = time.strftime('@%Y-%m-%d %H:%M:%S',
                                 time.gmtime(int(case['at'])))
            env['TZ'] = 'UTC'
            words = ['faketime', '-m', '-f', when] + words
        try:
            out = subprocess.run(words, cwd=folder, env=env, timeout=60,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
            log = out.stdout.decode('latin-1')
            if out.returncode < 0:
                log += '\nended by signal %d' % -out.returncode
        except subprocess.TimeoutExpired as late:
            log = (late.stdout or b'').decode('latin-1') + '\ntoo late'
    if keep is not None:
        keep[case['name']] = log
    return said(log)


def ask_all(program, cases, folder, keep=None, at_once=8):
    """Name -> (verdict, reason). Each run mostly waits."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        answers = pool.map(lambda c: ask(program, c, folder, keep), cases)
        return {c['name']: a for c, a in zip(cases, answers)}


def program(profile):
    """What judges a profile: a package, or what the environment names."""
    named = os.environ.get('KEYFIT_' + profile.upper().replace('-', '_')
                           .replace('.', '_'))
    if named:
        return named.split()
    if profile == 'swupdate-2022.12-debian' and shutil.which('swupdate'):
        return ['swupdate']
    return None


def keep(target, folder, cases, answers, logs):
    """Keeps what the cases need, with answers, and logs beside."""
    os.makedirs(target, exist_ok=True)
    if not target.endswith(('-rawrsa', '2024.12-debian')):
        cases = [c for c in cases if of_signatures(c)]
    answers = {c['name']: answers[c['name']] for c in cases}
    names = {c['swu'] for c in cases} | {c.get('key') for c in cases} | {
        c.get('sw-versions') for c in cases}
    for name in names - {None, '', 'none'}:
        shutil.copy(os.path.join(folder, name), target)
    banner = next((re.search(r'SWUpdate v\S*', log).group(0)
                   for log in logs.values()
                   if re.search(r'SWUpdate v\S*', log)), 'unknown')
    with open(os.path.join(target, 'cases.json'), 'w') as f:
        json.dump({'program': banner, 'cases': cases, 'answers': answers}, f)
    with open(os.path.join(target, 'logs.json'), 'w') as f:
        json.dump(logs, f)


def of_signatures(case):
    """What depends on how a build verifies; all else is the same in each."""
    family, _, number = case['rule'].partition('-')
    return family == 'OPENSSL' or number in '2345678'
