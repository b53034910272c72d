"""Keys, catalogues and cabinets, and the real jcat-tool and fwupd who judge
them: Debian's packages, the daemon on a bus and folders of its own."""
import base64
import gzip
import hashlib
import json
import os
import re
import signal
import struct
import subprocess
import time
import zlib

DAEMON = '/usr/libexec/fwupd/fwupd'
GUID = 'b585990a-003e-5270-89d5-3705a17f9a43'
# What fwupd's own test device is.
DEVICE = {'installed': '1.2.2', 'lowest': '1.2.0', 'version-format': 'triplet',
          'guid': GUID}
BUS = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=%s/bus</listen>
<auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*"/><allow send_type="method_call"/>
<allow receive_sender="*"/></policy></busconfig>'''
TRUST = ('chain-issuer-missing chain-root-not-trusted chain-expired '
         'chain-not-yet-valid chain-refused signer-certificate-missing '
         'digest-mismatch signature-invalid')


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, **more)
    if done.returncode:
        raise RuntimeError('%s: %s' % (' '.join(words),
                                       done.stderr.decode()))
    return done.stdout


class Keys:
    """Certificates by name, made when they are first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.serial, self.names = 0, []
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, issuer=None, kind='rsa:2048', usage=None, ca=False,
             extra='', start='20260101000000Z', end='20460101000000Z',
             digest='sha256', subject=None):
        self.serial += 1
        self.names.append(name)
        lines = ['basicConstraints=critical,CA:%s' % str(ca).upper()]
        if usage != '':
            lines.append('keyUsage=' + (usage or (
                'keyCertSign,digitalSignature' if ca else
                'digitalSignature')))
        lines += [extra] if extra else []
        with open(self.path('ext'), 'w') as f:
            f.write('\n'.join(lines) + '\n')
        with open(self.path('ca.cnf'), 'w') as f:
            f.write('[ca]\ndefault_ca=own\n[own]\ndatabase=%s\nserial=%s\n'
                    'new_certs_dir=%s\npolicy=any\nunique_subject=no\n'
                    'default_md=%s\n[any]\ncommonName=supplied\n' % (
                        self.path('index'), self.path('serial'), self.folder,
                        digest))
        open(self.path('index'), 'w').close()
        with open(self.path('serial'), 'w') as f:
            f.write('%04X' % (0x1000 + self.serial))
        key = self.path(name + '.key')
        if kind == 'ed25519':
            run('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', key)
        elif kind.startswith('P-'):
            run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
                'ec_paramgen_curve:' + kind, '-out', key)
        else:
            run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt',
                'rsa_keygen_bits:' + kind[4:], '-out', key)
        run('openssl', 'req', '-new', '-key', key, '-subj',
            '/CN=' + (subject or name), '-out', self.path(name + '.csr'))
        words = ['openssl', 'ca', '-batch', '-config', self.path('ca.cnf'),
                 '-in', self.path(name + '.csr'), '-out',
                 self.path(name + '.pem'), '-notext', '-startdate', start,
                 '-enddate', end, '-extfile', self.path('ext')]
        words += (['-selfsign', '-keyfile', key] if issuer is None else
                  ['-cert', self.path(issuer + '.pem'), '-keyfile',
                   self.path(issuer + '.key')])
        run(*words)
        return name

    def pem(self, name):
        with open(self.path(name + '.pem'), 'rb') as f:
            return f.read()

    def der(self, name):
        return run('openssl', 'x509', '-in', self.path(name + '.pem'),
                   '-outform', 'DER')

    def sign(self, data, *signers, extra=(), others=()):
        """A PKCS#7 in PEM, as jcat-tool makes one."""
        with open(self.path('data'), 'wb') as f:
            f.write(data)
        words = ['openssl', 'smime', '-sign', '-binary', '-outform', 'PEM',
                 '-in', self.path('data'), *extra]
        for name in signers:
            words += ['-signer', self.path(name + '.pem'), '-inkey',
                      self.path(name + '.key')]
        if others:
            with open(self.path('others'), 'wb') as f:
                f.write(b''.join(self.pem(o) for o in others))
            words += ['-certfile', self.path('others')]
        return run(*words).decode()

    def ed25519(self, data, name):
        with open(self.path('data'), 'wb') as f:
            f.write(data)
        return run('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey',
                   self.path(name + '.key'), '-in', self.path('data'))

    def ed25519_key(self, name):
        return run('openssl', 'pkey', '-in', self.path(name + '.key'),
                   '-pubout', '-outform', 'DER')[-32:]


KINDS = {'sha256': 1, 'gpg': 2, 'pkcs7': 3, 'sha1': 4, 'ed25519': 9,
         'sha512': 10}


def blob(kind, data, target=None, flags=None, **more):
    binary = isinstance(data, bytes)
    out = {'Kind': KINDS.get(kind, kind),
           'Flags': flags if flags is not None else 0 if binary else 1,
           'Data': base64.b64encode(data).decode() if binary else data}
    if target:
        out['Target'] = KINDS.get(target, target)
    out.update(more)
    return out


def checksum(data, kind='sha256', **more):
    return blob(kind, hashlib.new(kind, data).hexdigest(), **more)


def item(name, *blobs, aliases=()):
    out = {'Id': name, 'Blobs': list(blobs)}
    if aliases:
        out['AliasIds'] = list(aliases)
    return out


def jcat(*items):
    return pack(json.dumps({'JcatVersionMajor': 0, 'JcatVersionMinor': 1,
                            'Items': list(items)}).encode())


def pack(text):
    return gzip.compress(text, mtime=0)


def cab_sum(data, seed=0):
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack('<I', data[:whole]):
        seed ^= word
    return seed ^ int.from_bytes(data[whole:], 'big')


def cab_block(data, packed, before=b'', summed=True, reserve=b''):
    out = data
    if packed:
        z = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before[-32768:]) \
            if before else zlib.compressobj(9, zlib.DEFLATED, -15)
        out = b'CK' + z.compress(data) + z.flush()
    sizes = struct.pack('<HH', len(out), len(data))
    total = cab_sum(sizes, cab_sum(out)) if summed else 0
    return struct.pack('<I', total) + sizes + reserve + out


def cab(files, packed=False, block=0x8000, summed=True, folders=None,
        reserve=None, chained=False, **header):
    """A cabinet of (name, bytes); `folders`: how many files each has."""
    flags = 4 if reserve is not None else 0
    extra = struct.pack('<HBB', *reserve) + bytes(reserve[0]) \
        if reserve is not None else b''
    own = bytes(reserve[2]) if reserve else b''
    groups, left = [], list(files)
    for n in folders or [len(left)]:
        groups.append(left[:n])
        left = left[n:]
    data, table, entries, before = b'', [], b'', b''
    for number, group in enumerate(groups):
        whole, blocks = b''.join(d for _, d in group), []
        for i in range(0, len(whole), block):
            piece = whole[i:i + block]
            blocks.append(cab_block(piece, packed, before if chained else b'',
                                    summed, own))
            before = piece
        at = 0
        for name, d in group:
            entries += struct.pack('<IIHHHH', len(d), at, number, 0x5b6a,
                                   0x6000, 0x20) + name.encode() + b'\0'
            at += len(d)
        table.append((len(data), len(blocks)))
        data += b''.join(blocks)
    folder_len = 8 + (reserve[1] if reserve else 0)
    files_at = 36 + len(extra) + folder_len * len(table)
    data_at = files_at + len(entries)
    out = b''
    for at, num in table:
        out += struct.pack('<IHH', data_at + at, num, 1 if packed else 0)
        out += bytes(folder_len - 8)
    h = {'size': data_at + len(data), 'files_at': files_at, 'minor': 3,
         'major': 1, 'num_folders': len(table), 'num_files': len(files),
         'flags': flags, 'index': 0}
    h.update(header)
    return b'MSCF' + struct.pack(
        '<IIIIIBBHHHHH', 0, h['size'], 0, h['files_at'], 0, h['minor'],
        h['major'], h['num_folders'], h['num_files'], h['flags'], 1,
        h['index']) + extra + out + entries + data


def metainfo(payload, name='firmware.bin', version='1.2.4', guid=GUID,
             listed=None, inside='', release='', kind='firmware'):
    if listed is None:
        listed = ('<checksum target="content" filename="%s" type="sha256">%s'
                  '</checksum>' % (name, hashlib.sha256(payload).hexdigest()))
    return ('''<?xml version="1.0" encoding="UTF-8"?>
<component type="%s">
  <id>org.example.device.firmware</id>
  <name>Example</name>
  <provides>
    <firmware type="flashed">%s</firmware>
  </provides>
  %s
  <releases>
    <release version="%s" date="2026-10-01" urgency="high">
      %s%s
      <description><p>It works better.</p></description>
    </release>
  </releases>
</component>
''' % (kind, guid, inside, version, listed, release)).encode()


def put(folder, files):
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)
    return folder


class Fwupd:
    """The daemon, with one set of keys and one configuration."""

    def __init__(self, folder, pki, conf='', at=None):
        self.folder, self.at = folder, at
        etc = os.path.join(folder, 'etc')
        put(os.path.join(etc, 'fwupd'), {'fwupd.conf': (
            '[fwupd]\nTestDevices=true\nIdleTimeout=0\n%s\n[test]\n'
            'WriteSupported=false\n' % conf).encode()})
        put(os.path.join(etc, 'pki/fwupd-metadata'), {})
        put(os.path.join(etc, 'pki/fwupd'), pki)
        put(folder, {'bus.conf': (BUS % folder).encode()})
        self.env = dict(os.environ, FWUPD_SYSCONFDIR=etc,
                        FWUPD_LOCALSTATEDIR=os.path.join(folder, 'var'),
                        DBUS_SYSTEM_BUS_ADDRESS='unix:path=%s/bus' % folder,
                        LC_ALL='C.UTF-8', HOME=folder)
        for name in ('CONFIGURATION_DIRECTORY', 'STATE_DIRECTORY'):
            self.env.pop(name, None)
        self.log = open(os.path.join(folder, 'log'), 'ab')
        self.bus = subprocess.Popen(
            ['dbus-daemon', '--config-file=' + os.path.join(folder,
             'bus.conf'), '--nofork'], stdout=self.log, stderr=self.log)
        self.daemon = None
        self.start()

    def start(self):
        words = [DAEMON]
        if self.at:
            words = ['faketime', '-m', '-f', self.at] + words
        self.daemon = subprocess.Popen(words, env=self.env, stdout=self.log,
                                       stderr=self.log)
        for _ in range(300):
            if b'"Devices"' in self.ask('get-devices')[1]:
                return
            time.sleep(0.1)
        raise RuntimeError('fwupd does not start')

    def ask(self, *words):
        done = subprocess.run(['fwupdmgr', *words, '--json'], env=self.env,
                              capture_output=True, timeout=60)
        said = done.stdout + done.stderr
        if b'disconnected from message bus' in said:
            self.daemon.wait(timeout=30)
        return done.returncode, said

    def died(self):
        if self.daemon.poll() is None:
            return False
        self.start()
        return True

    def judge(self, path, options=()):
        """Verdict, reasons it may stand for, whether the metainfo file is
        trusted (of what is taken), and what was said."""
        code, said = self.ask('install', path, '--assume-yes',
                              '--no-reboot-check', '--no-unreported-check',
                              '--no-metadata-check', *options)
        if self.died():
            return 'reject', 'verifier-fault', None, 'it died'
        text = json.loads(said)['Error']['Message'] if b'"Error"' in said \
            else said.decode()
        if 'device was not in supported mode' in text:
            _, said = self.ask('get-details', path)
            return 'accept', None, b'"trusted-metadata"' in said, text
        for pattern, reasons in TOLD:
            if re.search(pattern, text):
                return 'reject', reasons, None, text
        return 'unclear', None, None, text

    def close(self):
        for process in (self.daemon, self.bus):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        self.log.close()


# What fwupd says, and the reasons that it may stand for.
TOLD = [
    ('signature missing or not trusted',
     TRUST + ' file-unsigned key-kind-missing file-hash-missing '
     'file-hash-mismatch keyring-unreadable signature-malformed '
     'digest-algorithm-unsupported'),
    ('is already installed', 'version-installed'),
    ('older than', 'version-too-old'),
    ('version formats were different', 'requirement-not-met'),
    ('version unset', 'description-incomplete'),
    ('No supported devices found', 'hardware-differs'),
    ('failed to import JCat|failed to find (Jcat|Items|Id|Blobs|Kind|Data)|'
     'failed to read', 'catalogue-malformed'),
    ('contents (checksum|size) invalid', 'file-hash-mismatch'),
    ('no image id', 'file-not-inside'),
    ('only trusting PQ', 'policy-invalid'),
    ('could not be loaded|Invalid UTF-8|failed to compile|no releases in|no results|'
     'no <firmware|A root node|Mismatched XML|cannot parse|no components|'
     'contained no valid metadata|parsing datastream|nothing to do|'
     'silo has no data|Query .* no|value .* below|invalid xpath|element not found|child not',
     'description-malformed'),
    ('.', 'cabinet-malformed'),
]

# What jcat-tool says of a blob, or of all.
JCAT_TOLD = [
    (r'FAILED (pkcs7|gpg|ed25519).*\[-89\]', TRUST),
    ('failed to verify data, expected', 'file-hash-mismatch'),
    ('Is a directory|Could not find', 'file-not-inside'),
    ('crt_import|failed to get key usage|not suitable for use|'
     'unable to import pubkey|Failed to (open|read) file|Error reading',
     'keyring-unreadable'),
    ('failed to import the PKCS7|no PKCS7 signatures|'
     'failed to get signature info', 'signature-malformed '
     'digest-algorithm-unsupported'),
    (r'failed to verify data for .*\[-\d+\]',
     TRUST + ' signature-malformed'),
    ('no keys in keyring|FAILED gpg', 'key-kind-missing'),
    ('FAILED ed25519', 'signature-invalid'),
    ('no existing checksum|multiple checksums', 'file-hash-missing'),
    ('failed to find (Jcat|Items|Id|Blobs|Kind|Data|Flags)|failed to read|'
     'Need more input|Invalid compressed|JSON|expected|unexpected|'
     'Error while|parse', 'catalogue-malformed'),
    ('failed to find', 'file-unsigned'),
    ('not allowed', 'key-kind-missing'),
]


def jcat_tool(catalogue, pki, files, folder, options=(), only=None, at=None):
    """What jcat-tool says of a catalogue and the files beside it."""
    work = os.path.join(folder, 'run')
    subprocess.run(['rm', '-rf', work], check=True)
    put(os.path.join(work, 'pki'), pki)
    put(os.path.join(work, 'files'), files)
    put(work, {'x.jcat': catalogue})
    words = ['jcat-tool', 'verify', '../x.jcat'] + ([only] if only else [])
    words += ['--public-keys', '../pki', *options]
    if at:
        words = ['faketime', '-m', '-f', at] + words
    env = dict(os.environ, LC_ALL='C.UTF-8', HOME=work,
               XDG_DATA_HOME=os.path.join(work, 'data'))
    done = subprocess.run(words, cwd=os.path.join(work, 'files'), env=env,
                          capture_output=True, timeout=60)
    text = (done.stdout + done.stderr).decode(errors='replace')
    if done.returncode == 0:
        return 'accept', None, text
    if done.returncode < 0:
        return 'reject', 'verifier-fault', text
    for line in text.splitlines():
        for pattern, reasons in JCAT_TOLD:
            if ('FAILED' in line or not line.startswith(' ')) and re.search(
                    pattern, line):
                return 'reject', reasons, text
    return 'reject', None, text
