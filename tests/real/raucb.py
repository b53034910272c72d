# Makes keys, certificates, CRLs and RAUC bundles with the openssl command and
# mksquashfs, and keeps what it made: the same parts come again in many cases.
import hashlib
import os
import struct
import subprocess

BLOCK = 4096


def run(*args, data=None, **more):
    """Runs a tool that has to succeed; its output."""
    done = subprocess.run(args, input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more)
    if done.returncode:
        raise SystemExit('%s: %s' % (' '.join(map(str, args)),
                                     done.stderr.decode(errors='replace')))
    return done.stdout


def write(path, data):
    with open(path, 'wb' if isinstance(data, bytes) else 'w') as f:
        f.write(data)
    return path


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def tree(data, salt):
    """dm-verity's hash tree, version 1, SHA-256: its bytes and its root."""
    def digest(block):
        return hashlib.sha256(salt + block).digest()

    levels = []
    below = data
    while len(below) > BLOCK:
        level = b''.join(digest(below[i:i + BLOCK])
                         for i in range(0, len(below), BLOCK))
        level += b'\0' * (-len(level) % BLOCK)
        levels.insert(0, level)
        below = level
    return b''.join(levels), digest(below)


class Maker:
    """A scratch folder with keys and certificates by name."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.made = {}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def key(self, name, kind='ec'):
        path = self.path(name + '.key')
        if not os.path.exists(path):
            if kind == 'ec':
                run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-out', path)
            elif kind == 'ed25519':
                run('openssl', 'genpkey', '-algorithm', 'ED25519', '-out',
                    path)
            else:
                run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt',
                    'rsa_keygen_bits:' + kind[3:], '-out', path)
        return path

    def cert(self, name, issuer=None, subject=None, key=None, kind='ec',
             start='20200101000000Z', end='20400101000000Z', extensions=(),
             digest='sha256', serial=None, issuer_cert=None):
        """A certificate, signed by `issuer` or by itself."""
        path = self.path(name + '.pem')
        if os.path.exists(path):
            return path
        key = self.key(key or name, kind)
        issuer = issuer or name
        number = serial or int(hashlib.sha256(name.encode()).hexdigest()[:12],
                               16)
        config = self.path(name + '.cnf')
        index = self.path(name + '.index')
        write(index, '')
        write(self.path(name + '.serial'), '%012X\n' % number)
        write(config, '\n'.join([
            '[ca]', 'default_ca=d', '[d]', 'database=' + index,
            'serial=' + self.path(name + '.serial'),
            'new_certs_dir=' + self.folder, 'policy=p', 'unique_subject=no',
            'x509_extensions=x', '[p]', 'commonName=optional',
            'organizationName=optional', '[req]', 'distinguished_name=n',
            '[n]', '[x]', *extensions, '']))
        request = self.path(name + '.csr')
        run('openssl', 'req', '-new', '-utf8', '-config', config, '-key', key,
            '-subj', subject or '/CN=' + name, '-out', request)
        args = ['openssl', 'ca', '-batch', '-notext', '-utf8', '-config',
                config, '-in', request, '-out', path, '-startdate', start,
                '-enddate', end, '-md', digest, '-preserveDN', '-outdir',
                self.folder]
        if issuer == name:
            args += ['-selfsign', '-keyfile', key]
        else:
            args += ['-keyfile', self.issuer_key(issuer), '-cert',
                     issuer_cert or self.path(issuer + '.pem')]
        run(*args)
        self.made[name] = key
        return path

    def issuer_key(self, issuer):
        return self.made.get(issuer, self.path(issuer + '.key'))

    def crl(self, name, issuer, revoked=(), start='20200101000000Z',
            end='20400101000000Z'):
        path = self.path(name + '.crl.pem')
        if os.path.exists(path):
            return path
        index = self.path(name + '.crl.index')
        lines = []
        for cert in revoked:
            number = run('openssl', 'x509', '-in', self.path(cert + '.pem'),
                         '-noout', '-serial').decode().strip().split('=')[1]
            lines.append('R\t400101000000Z\t200202000000Z\t%s\tunknown\t/CN=%s'
                         % (number, cert))
        write(index, ''.join(line + '\n' for line in lines))
        config = self.path(name + '.crl.cnf')
        write(config, '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\n'
              'default_md=sha256\n' % index)
        run('openssl', 'ca', '-gencrl', '-config', config, '-keyfile',
            self.issuer_key(issuer), '-cert', self.path(issuer + '.pem'),
            '-crl_lastupdate', start, '-crl_nextupdate', end, '-out', path)
        return path

    def sign(self, content, signer, key=None, certs=(), detached=False,
             more=()):
        """A CMS over some bytes, DER."""
        write(self.path('content'), content)
        args = ['openssl', 'cms', '-sign', '-binary', '-outform', 'DER',
                '-nosmimecap', '-in', self.path('content'), '-signer',
                self.path(signer + '.pem'), '-inkey',
                key or self.issuer_key(signer)]
        if not detached:
            args.append('-nodetach')
        if certs:
            write(self.path('certs'),
                  b''.join(read(self.path(c + '.pem')) for c in certs))
            args += ['-certfile', self.path('certs')]
        return run(*args, *more)

    def encrypt(self, data, recipients):
        write(self.path('content'), data)
        return run('openssl', 'cms', '-encrypt', '-binary', '-outform', 'DER',
                   '-aes-256-cbc', '-in', self.path('content'),
                   *[self.path(r + '.pem') for r in recipients])

    def squashfs(self, name, files, more=()):
        """A squashfs with some files, padded to a block."""
        path = self.path(name + '.squashfs')
        if not os.path.exists(path):
            folder = self.path(name + '.content')
            os.makedirs(folder, exist_ok=True)
            for file, data in files.items():
                write(os.path.join(folder, file), data)
                os.chmod(os.path.join(folder, file), 0o755)
            run('mksquashfs', folder, path, '-all-root', '-noappend',
                '-no-progress', '-quiet', '-no-xattrs', '-mkfs-time', '0',
                '-all-time', '0', *more)
        return read(path)


def encrypted(data, key):
    """As dm-crypt keeps it: AES-256-CBC, blocks of 4096 bytes, plain64, which
    counts in sectors of 512."""
    return b''.join(run('openssl', 'enc', '-aes-256-cbc', '-nopad', '-K',
                        key.hex(), '-iv', struct.pack('<QQ', i // 512,
                                                  0).hex(),
                        data=data[i:i + BLOCK])
                    for i in range(0, len(data), BLOCK))


def bundle(payload, cms):
    return payload + cms + struct.pack('>Q', len(cms))


def verity_manifest(text, data, salt):
    """A manifest for a payload, and the payload with its tree."""
    hashes, root = tree(data, salt)
    head, _, rest = text.partition('[bundle]\n')
    return (head + '[bundle]\nverity-hash=%s\nverity-salt=%s\n'
            'verity-size=%d\n' % (root.hex(), salt.hex(), len(hashes)) + rest,
            data + hashes)


def der(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(length)]) + length + body


def element(data, at=0):
    """The element at a place: its tag, its body, and where it ends."""
    size, start = data[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7f
        size = int.from_bytes(data[at + 2:start], 'big')
    return data[at], data[start:start + size], start + size


def elements(body):
    at = 0
    while at < len(body):
        tag, inner, end = element(body, at)
        yield tag, inner, body[at:end]
        at = end


def change_signed(cms, change):
    """A CMS of signed data whose parts somebody has changed."""
    outer = list(elements(element(cms)[1]))
    signed = list(elements(element(outer[1][1])[1]))
    parts = change([whole for _, _, whole in signed])
    return der(0x30, outer[0][2] + der(0xa0, der(0x30, b''.join(parts))))


def put_crl(cms, crl):
    """With a CRL behind the certificates."""
    return change_signed(cms, lambda p: p[:4] + [der(0xa1, crl)] + p[4:])


def no_signers(cms):
    return change_signed(cms, lambda p: p[:-1] + [der(0x31, b'')])
