# A time stamp authority for tests: the openssl program answers (openssl ts), or
# signs what no honest one would (openssl cms).
import os
import subprocess
import tempfile

TST_INFO = '1.2.840.113549.1.9.16.1.4'
CONF = '''[tsa]
serial = {0}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
'''
USES = {
    'good': 'critical,timeStamping',
    'no-eku': None,
    'not-critical': 'timeStamping',
    'other-eku': 'critical,codeSigning',
    'more-eku': 'critical,timeStamping,codeSigning',
}


def openssl(*words, **more):
    return subprocess.run(('openssl',) + words, check=True,
                          capture_output=True, **more).stdout


def element(data, at):
    """Where the value of the element at a place is, and where it ends."""
    size, start = data[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7f
        size = int.from_bytes(data[at + 2:start], 'big')
    return start, start + size


def wrap(tag, *parts):
    data = b''.join(parts)
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    more = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(more)]) + more + data


class Authority:
    """A root, and signers of several kinds that it vouches for."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        with open(self.path('conf'), 'w', encoding='ascii') as f:
            f.write(CONF.format(self.folder))
        with open(self.path('serial'), 'w', encoding='ascii') as f:
            f.write('01\n')
        for root in ('root', 'other-root'):
            openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj',
                    '/CN=stamps ' + root, '-days', '9999', '-keyout',
                    self.path(root + '.pem'), '-out', self.path(root + '.crt'))
        self.root = self.path('root.crt')
        for name, use in USES.items():
            self.signer(name, use, '9999')
        self.signer('expired', USES['good'], '-1')

    def path(self, name):
        return os.path.join(self.folder, name)

    def signer(self, name, use, days):
        with open(self.path('ext'), 'w', encoding='ascii') as f:
            f.write('extendedKeyUsage = %s\n' % use if use else
                    'basicConstraints = CA:FALSE\n')
        openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj',
                '/CN=stamps ' + name, '-keyout', self.path(name + '.pem'),
                '-out', self.path('csr'))
        openssl('x509', '-req', '-in', self.path('csr'), '-CA', self.root,
                '-CAkey', self.path('root.pem'), '-CAcreateserial', '-days',
                days, '-extfile', self.path('ext'), '-out',
                self.path(name + '.crt'))

    def reply(self, request):
        """TimeStampResp, as `openssl ts` gives it."""
        with tempfile.NamedTemporaryFile() as f:
            f.write(request)
            f.flush()
            return openssl('ts', '-reply', '-config', self.path('conf'),
                           '-section', 'tsa', '-queryfile', f.name, '-signer',
                           self.path('good.crt'), '-inkey',
                           self.path('good.pem'))

    def info(self, request):
        """TSTInfo alone: the content of a good token."""
        return openssl('cms', '-verify', '-inform', 'der', '-noverify',
                       input=self.token(self.reply(request)))

    def token(self, reply):
        start, _ = element(reply, 0)
        _, end = element(reply, start)
        return reply[end:]

    def signed_by(self, name, info, *words):
        """TimeStampResp of a TSTInfo that somebody else signs."""
        token = openssl('cms', '-sign', '-binary', '-nodetach', '-outform',
                        'der', '-econtent_type', TST_INFO, '-md', 'sha256',
                        '-signer', self.path(name + '.crt'), '-inkey',
                        self.path(name + '.pem'), *words, input=info)
        return granted(token)


def granted(token, status=0):
    return wrap(0x30, wrap(0x30, wrap(2, bytes([status]))), token)


def other_digest(request):
    at = request.index(b'\x04\x20') + 2
    return request[:at] + bytes(32) + request[at + 32:]


def other_nonce(request):
    at = request.index(b'\x04\x20') + 34
    _, end = element(request, at)
    return request[:end - 1] + bytes([request[end - 1] ^ 1]) + request[end:]


def no_nonce(request):
    at = request.index(b'\x04\x20') + 34
    start, _ = element(request, 0)
    _, end = element(request, at)
    return wrap(0x30, request[start:at], request[end:])


def find_token(data, oid):
    """The token in a signed file, and the signature that it is about."""
    at = data.index(oid)
    start, end = element(data, at + len(oid))
    attribute = at
    while data[attribute] != 0xa1 or element(data, attribute)[1] <= end - 1:
        attribute -= 1
    return data[start:end], data[attribute - 256:attribute]
