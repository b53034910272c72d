# Images of MCUboot, made of parts: what a case changes is one of them.
import hashlib
import struct

from mcuboot_crypt import key, stream

KEYHASH, PUBKEY = 0x01, 0x02
SHA256, SHA384, SHA512 = 0x10, 0x11, 0x12
RSA2048, ECDSA, RSA3072, ED25519, PURE = 0x20, 0x22, 0x23, 0x24, 0x25
ENC_KW = 0x31
DEPENDENCY, SEC_CNT = 0x40, 0x50
HASHES = {SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512'}
TYPES = {'ec256': ECDSA, 'ec384': ECDSA, 'rsa2048': RSA2048,
         'rsa3072': RSA3072, 'ed25519': ED25519}
FIRST = {'ec256': 'ec-a', 'ec384': 'ec384-a', 'rsa2048': 'rsa-a',
         'rsa3072': 'rsa3-a', 'ed25519': 'ed-a'}
MAGIC = bytes.fromhex('77c295f360d2ef7f3552500f2cb67980')


def entry(kind, value):
    return struct.pack('<HH', kind, len(value)) + value


def hash_of(signature, options=()):
    if 'SHA512' in options:
        return SHA512
    return SHA384 if signature == 'ec384' else SHA256


class Image:
    """An image: set what is to be odd, then call bytes()."""
    def __init__(self, signature='ec256', options=(), size=600, version=(1, 2, 3, 4)):
        self.signature, self.options = signature, options
        self.hash = hash_of(signature, options)
        self.magic, self.load, self.header_len = 0x96f3b83d, 0, 32
        self.flags, self.version, self.pad = 0, version, 0
        self.payload = stream(b'payload', size)
        self.protected = []          # entries
        self.protected_len = None    # None: as it is
        self.protected_total = None
        self.image_len = None
        self.plain_total = None
        self.plain_magic, self.protected_magic = 0x6907, 0x6908
        self.plain = None            # None: hash, key id, signature
        self.tail = b''              # behind the last entry, in the area
        self.behind = b''            # behind the area

    def entries(self, entries):
        return b''.join(entry(k, v) for k, v in entries)

    def head(self):
        area = self.entries(self.protected)
        total = len(area) + 4 if self.protected else 0
        given = total if self.protected_len is None else self.protected_len
        size = len(self.payload) if self.image_len is None else self.image_len
        out = struct.pack('<IIHHIIBBHII', self.magic, self.load,
                          self.header_len, given, size, self.flags,
                          *self.version, self.pad)
        return out + bytes(max(0, self.header_len - 32))

    def hashed(self):
        area = self.entries(self.protected)
        if self.protected:
            total = len(area) + 4 if self.protected_total is None else \
                self.protected_total
            area = struct.pack('<HH', self.protected_magic, total) + area
        return self.head() + self.payload + area

    def digest(self, kind=None):
        return hashlib.new(HASHES[kind or self.hash], self.hashed()).digest()

    def digest_entry(self, kind=None):
        kind = kind or self.hash
        return kind, self.digest(kind)

    def key_id(self, name):
        if 'HW_KEY' in self.options:
            return PUBKEY, key(name).own
        return KEYHASH, hashlib.new(HASHES[self.hash], key(name).own).digest()

    def sign(self, name, digest=None):
        k = key(name)
        if k.kind == 'rsa':
            kind = RSA2048 if k.size == 256 else RSA3072
        else:
            kind = ECDSA if k.kind == 'ec' else ED25519
        if 'SIGN_PURE' in self.options and k.kind == 'ed25519':
            return kind, k.sign(self.hashed() if digest is None else digest)
        if digest is None:
            digest = self.digest()
        if k.kind == 'rsa' and self.hash != SHA256:
            return kind, k.sign(digest, 32, HASHES[self.hash])
        return kind, k.sign(digest)

    def signed(self, name=None):
        name = name or FIRST[self.signature]
        return [self.key_id(name), self.sign(name)]

    def usual(self):
        if self.signature == 'none':
            return [self.digest_entry()]
        pure = [(PURE, b'\1')] if 'SIGN_PURE' in self.options else []
        return [self.digest_entry()] + pure + self.signed()

    def bytes(self):
        plain = self.usual() if self.plain is None else self.plain
        area = self.entries(plain) + self.tail
        total = len(area) + 4 if self.plain_total is None else \
            self.plain_total
        return self.hashed() + struct.pack('<HH', self.plain_magic, total) + \
            area + self.behind

    def padded(self, slot, confirmed=False):
        """The whole slot, as `imgtool sign --pad` makes it."""
        out = bytearray(self.bytes().ljust(slot, b'\xff'))
        out[slot - 16:] = MAGIC
        if confirmed:
            out[slot - 24] = 1
        return bytes(out)
