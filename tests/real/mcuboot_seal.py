# How a payload's key gets into an image: RSA-OAEP, AES key wrap, and ECIES with
# P-256 and X25519, the same bytes on every run. The device's keys are for tests,
# and are no secret.
import hashlib
import hmac

from mcuboot_crypt import Rsa, ctr, der, key, mgf1, stream, wrap

ENC_RSA, ENC_KW, ENC_EC256, ENC_X25519 = 0x30, 0x31, 0x32, 0x33
P = 2**255 - 19


def x25519(scalar, point):
    """Source: RFC 7748, 5."""
    k = int.from_bytes(scalar, 'little')
    k = k & ~7 & (1 << 255) - 1 | 1 << 254
    u = int.from_bytes(point, 'little') & (1 << 255) - 1
    x1, x2, z2, x3, z3, swap = u, 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, -1, P) % P if z2 else 0).to_bytes(32, 'little')


def hkdf(secret, size, info=b'MCUBoot_ECIES_v1', hash_='sha256'):
    """Source: RFC 5869."""
    prk = hmac.new(bytes(hashlib.new(hash_).digest_size), secret,
                   hash_).digest()
    out = t = b''
    while len(out) < size:
        t = hmac.new(prk, t + info + bytes([len(out) // len(prk) + 1]),
                     hash_).digest()
        out += t
    return out[:size]


def behind(point, shared, secret, info=b'MCUBoot_ECIES_v1'):
    keys = hkdf(shared, len(secret) + 32, info)
    sealed = ctr(keys[:len(secret)], secret)
    tag = hmac.new(keys[len(secret):], sealed, 'sha256').digest()
    return point + tag + sealed


class X25519:
    def __init__(self, name):
        self.d = stream(name.encode(), 32)
        self.point = x25519(self.d, bytes([9]) + bytes(31))
        # As `imgtool getpriv` writes it, and with the public half.
        self.private = bytes.fromhex('302e020100300506032b656e04220420') + \
            self.d


class Device:
    """What a bootloader has to open images: its key as bootutil keeps it
    (`own`) and as a user has it (`file`)."""
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        if kind == 'rsa':
            self.key = Rsa(name)
            self.own = self.file = self.key.private
        elif kind == 'ec256':
            self.key = key(name)
            inner = der(0x30, der(2, b'\1'),
                        der(4, self.key.d.to_bytes(32, 'big')))
            self.own = der(0x30, der(2, b'\0'), bytes.fromhex(
                '301306072a8648ce3d020106082a8648ce3d030107'), der(4, inner))
            self.file = self.key.private
        elif kind == 'x25519':
            self.key = X25519(name)
            self.own = self.file = self.key.private
        else:
            self.own = self.file = stream(name.encode(), int(kind[2:]) // 8)

    def seal(self, secret, **odd):
        """An entry with a payload's key."""
        if self.kind == 'rsa':
            return ENC_RSA, oaep(self.key, secret, **odd)
        if self.kind == 'ec256':
            mine = key('ec-ephemeral')
            x, _ = mine_times(mine, self.key.point)
            return ENC_EC256, behind(mine.point, x.to_bytes(32, 'big'),
                                     secret, **odd)
        if self.kind == 'x25519':
            mine = X25519('ephemeral')
            return ENC_X25519, behind(mine.point, x25519(
                mine.d, self.key.point), secret, **odd)
        return ENC_KW, wrap(self.own, secret)


def mine_times(mine, point):
    """The other one's point times a key's number."""
    at = (int.from_bytes(point[1:33], 'big'),
          int.from_bytes(point[33:], 'big'))
    out, k = None, mine.d
    while k:
        if k & 1:
            out = mine.add(out, at)
        at = mine.add(at, at)
        k >>= 1
    return out


def oaep(rsa, message, label=b'', hash_='sha256', mask='sha256'):
    """Source: RFC 8017, 7.1.1."""
    h = hashlib.new(hash_).digest_size
    db = hashlib.new(hash_, label).digest() + bytes(
        rsa.size - len(message) - 2 * h - 2) + b'\1' + message
    seed = stream(b'seed' + message, h)
    masked = bytes(a ^ b for a, b in zip(db, mgf1(seed, len(db), mask)))
    seed = bytes(a ^ b for a, b in zip(seed, mgf1(masked, h, mask)))
    m = int.from_bytes(b'\0' + seed + masked, 'big')
    return pow(m, rsa.e, rsa.n).to_bytes(rsa.size, 'big')
