# Keys and signatures for MCUboot's test images, the same bytes on every run: no
# random salt or nonce, no library. The keys are for tests, and are no secret.
import hashlib

RSA = {
    'rsa-a': ((
        'f855924d749e32f006ef11ce975e5a8b1fb82fbe1edf68e61b419cb53398'
        '7038d2dd1f1b9375a766851ccd2e3264facad61076c30d49bada90d26f25'
        '9181bb67bb8a570b427e92ae2881feae2f299cc39d93fad8c94e396484fa'
        '945d607c50bfc7a4ff274a5481de4fecfc3b8c0fb616b3788b059a922a0b'
        '00c99f2c629500d9'),
        (
        'd88b878c22fb7e77ddf074e50386801d8ddd7ab0c76e20cb05876c240d64'
        '6bfb27bba5b5cb9958cd165eddba1845819852f5f3c324ae0cfd5950ce5d'
        '733f616de0249079a55565a39af6076f7593984b7509f3f87a9fa3774624'
        'cc4279efc54a85cd66e1c16303f5a3692d8bd6d2b1b96966799ab5c648f0'
        'c0423266cdaa997b')),
    'rsa-b': ((
        'f76676871b679395ab910764df370b7879805951817b6901ead941db05bd'
        '241e0a00f32845a7aa16a6bed1caa0d357d7aef2b89cc2246da97005cc7e'
        '245d1f2ec18fbafddc2238739f56e46a58622db22c636fb8a409b7f87f84'
        '3386a2a25c1f2ec13ddd38c2574c988dc4270b1ca879dc11aae441fe9d87'
        'aae7704f35641bd1'),
        (
        'ed69945951acfce1f0d580f661a150a3c825c3c4748b39624d97dbb7fc1e'
        '763dd6f81755d926db3857731b7049518f9b2b6dca9835413a63ada53069'
        '02ea4182180a2fde0f90cd1ae476717a264d9e5ae77d625f0a4f9ae59b5d'
        '42b6b3c8859c0515cad4ef8500d963410ad7f77ea120a2ec49b3b5f1a886'
        '815aa6a7a82039c3')),
    'rsa-c': ((
        'ca29063928618dd36501cd7d9629aa9c5e7118e7dc91e92f03f4be503a22'
        '6026be6054948e79ae6ae5da20bc40b045f2023e4f2759b465b38a665d25'
        'ca3c89128fdacdc0adbe4edf18c1ee138b5c41292255f05d00c19c6e93a3'
        '416cfc466ceb62bb43a8a4d1cacc849c91a3b75c2e7943656d008b043e5b'
        '332fd218b664f3f7'),
        (
        'c2725d5075e81cc0821023335fdd54b9943738363d2bdbc8a50ceb7cb074'
        'a684909a7888db5d22240a09ba393a939f17363dc53e574cd59274264d7a'
        '9732238bef22387ec7ba0ae5d4ea04792218eb0f5a476ab3251b2a0ee919'
        '506b6e4d993585101e24c1ee6cb6673288d2a09e99070d29635ec4ce37c6'
        '1e45c350416e3103')),
    'rsa3-a': ((
        'd52e49d8d853e09cc1f068d960b8021fade6298092e69617a14e12665b89'
        'dae3093b443ee1867b8f611ffa831c77db2c170a0c35a50ac01500bce029'
        '851d14267761225489be99b592c86763ae89bba77f319c4fca6a576330c7'
        '9fb7962dc1744e53844afd7ba1e6dba79ac91392517b7a524e0605f9e97f'
        '0b3bf6a1214845c898cc6ebb913abd334de85fd82b205939cc25d7a57d23'
        'b7a32255421f2a4858888a8a6587deef9d10862ac94f7ce7341785299349'
        '6ba8783ff442d7dc0beec4f3'),
        (
        'd04e81b550a5d98418928c2e4abd12975292ce914efe0694de1b2dd4b27f'
        '07216dd629ab58ad702ff770976866d33afe8fe058c64a24836242bab971'
        '679c69fe589f9f4ab511bc94a679a440d9a08a48a8b28fec3ff5b6b73a8a'
        'e7dd1f397f77df2434b747b13cf9e66d94bf5f09a1ce870e6676ab5d65cb'
        '1d1a4ab48a67840548aee48abb47aeb40ded5ce95f26c05a3a77294a7764'
        '6ffa1bc9a9a5c4599d11ee9107079a3a076e3ae62846fc96223b2dd69144'
        '75975f7a320ec810438f719f')),
    'rsa3-b': ((
        'f5dc978b5dabf84e4f7921620a0e76973e5ddbc07ff031d45d3523a9fb42'
        'ad2e78734fe56ade115f56d14515f35c58ae84cfde9977b38475944321dd'
        'd48b5e5a02020fe73c41973f9c9009cbfe7479ede3bc0b2cddd39e39e4c6'
        'ed8ad2a1d697a917a742b4b9f76f9b136dea69da7c27417ba4c982d4219f'
        '5a2eb167e613d33425f483efa01f1ab8f82c1e5a9450018e94af938a58d4'
        '1d8522acb1a836a1f962a1bb10a3bde81518bc3b2e656eeb08ca6e7d63c2'
        'a1d538bf38c3e1b8ef5452f9'),
        (
        'ed9dc432ec3482b9595b2822fff01073994d20b1de4dee19f1f3f0b8f49b'
        '9452c603fb0f899a675f6d4ff6981ca0d319353aafae3656ed2e39a323a1'
        '28ab5d74082a1b60f073cbfd8f2a10449e2cbd91a4c2c0102ff2564db229'
        'e921c8f1a90d31441af1d3940d808cc8dbc6286ba02bd2c8865d33812bad'
        '7700c62db0e68066dfbbbabc477ebd96ff699cf8d0ba44dab1d477819d31'
        '227f44c9cbfa7945c4e8928f05c2d025c1fa87cb39d8c39bcc3e3b9e40a9'
        '866e16e69a4a84fb49e8d6cf')),
}


def der(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    if n < 0x80:
        size = bytes([n])
    elif n < 0x100:
        size = bytes([0x81, n])
    else:
        size = b'\x82' + n.to_bytes(2, 'big')
    return bytes([tag]) + size + body


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))


def stream(seed, n):
    """Bytes that look random and are not."""
    out = b''
    i = 0
    while len(out) < n:
        out += hashlib.sha256(seed + i.to_bytes(4, 'big')).digest()
        i += 1
    return out[:n]


def mgf1(seed, n, hash_):
    out = b''
    i = 0
    while len(out) < n:
        out += hashlib.new(hash_, seed + i.to_bytes(4, 'big')).digest()
        i += 1
    return out[:n]


class Rsa:
    kind = 'rsa'

    def __init__(self, name):
        p, q = (int(x, 16) for x in RSA[name])
        self.p, self.q, self.n, self.e = p, q, p * q, 65537
        self.d = pow(self.e, -1, (p - 1) * (q - 1))
        self.size = (self.n.bit_length() + 7) // 8
        # What a bootloader keeps, and what everybody else does.
        self.own = der(0x30, integer(self.n), integer(self.e))
        self.spki = der(0x30, bytes.fromhex('300d06092a864886f70d0101010500'),
                        der(3, b'\0' + self.own))
        dp, dq = self.d % (p - 1), self.d % (q - 1)
        qi = pow(q, -1, p)
        self.private = der(0x30, *(integer(x) for x in (
            0, self.n, self.e, self.d, p, q, dp, dq, qi)))
        self.label = 'RSA PRIVATE KEY'

    def raw(self, em):
        m = int.from_bytes(em, 'big')
        a = pow(m % self.p, self.d % (self.p - 1), self.p)
        b = pow(m % self.q, self.d % (self.q - 1), self.q)
        h = (a - b) * pow(self.q, -1, self.p) % self.p
        return (b + h * self.q).to_bytes(self.size, 'big')

    def encode(self, digest, salt=32, hash_='sha256'):
        h = len(digest)
        salt = stream(b'salt' + digest, salt)
        top = hashlib.new(hash_, bytes(8) + digest + salt).digest()
        db = bytes(self.size - len(salt) - h - 2) + b'\1' + salt
        mask = mgf1(top, len(db), hash_)
        masked = bytes(x ^ y for x, y in zip(db, mask))
        return bytes([masked[0] & 0x7f]) + masked[1:] + top + b'\xbc'

    def sign(self, digest, salt=32, hash_='sha256'):
        return self.raw(self.encode(digest, salt, hash_))

    def pkcs1(self, digest):
        info = bytes.fromhex('3031300d060960864801650304020105000420') + digest
        return self.raw(b'\0\1' + b'\xff' * (self.size - 3 - len(info)) +
                        b'\0' + info)


CURVES = {
    'P-256': (2**256 - 2**224 + 2**192 + 2**96 - 1,
              0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
              0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
              0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5,
              0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
              '301306072a8648ce3d020106082a8648ce3d030107'),
    'P-384': (2**384 - 2**128 - 2**96 + 2**32 - 1,
              int('b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013'
                  '875ac656398d8a2ed19d2a85c8edd3ec2aef', 16),
              int('aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e08254'
                  '2a385502f25dbf55296c3a545e3872760ab7', 16),
              int('3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0'
                  'b8c00a60b1ce1d7e819d7a431d7c90ea0e5f', 16),
              int('ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f437'
                  '2ddf581a0db248b0a77aecec196accc52973', 16),
              '301006072a8648ce3d020106052b81040022'),
}


class Ec:
    kind = 'ec'

    def __init__(self, name, curve):
        (self.p, self.b, gx, gy, self.n, oids) = CURVES[curve]
        self.curve = curve
        self.size = (self.n.bit_length() + 7) // 8
        self.g = (gx, gy)
        self.d = int.from_bytes(stream(name.encode(), self.size + 8),
                                'big') % (self.n - 1) + 1
        x, y = self.times(self.d)
        self.point = b'\4' + x.to_bytes(self.size, 'big') + \
            y.to_bytes(self.size, 'big')
        self.spki = der(0x30, bytes.fromhex(oids), der(3, b'\0' + self.point))
        self.own = self.spki
        inner = der(0x30, integer(1), der(4, self.d.to_bytes(self.size,
                                                             'big')))
        self.private = der(0x30, integer(0), bytes.fromhex(oids),
                           der(4, inner))
        self.label = 'PRIVATE KEY'

    def add(self, a, b):
        if a is None:
            return b
        if b is None:
            return a
        p = self.p
        if a[0] == b[0]:
            if (a[1] + b[1]) % p == 0:
                return None
            m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p)
        else:
            m = (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
        x = (m * m - a[0] - b[0]) % p
        return x, (m * (a[0] - x) - a[1]) % p

    def times(self, k):
        out, step = None, self.g
        while k:
            if k & 1:
                out = self.add(out, step)
            step = self.add(step, step)
            k >>= 1
        return out

    def numbers(self, digest):
        z = int.from_bytes(digest[:self.size], 'big')
        k = int.from_bytes(stream(self.private + digest, self.size + 8),
                           'big') % (self.n - 1) + 1
        r = self.times(k)[0] % self.n
        return r, pow(k, -1, self.n) * (z + r * self.d) % self.n

    def sign(self, digest):
        r, s = self.numbers(digest)
        return der(0x30, integer(r), integer(s))


class Ed25519:
    kind = 'ed25519'
    p = 2**255 - 19
    order = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
    base = (15112221349535400772501151409588531511454012693041857206046113283949847762202,
            46316835694926478169428394003475163141307993866256225615783033603165251855960)

    def __init__(self, name):
        self.seed = stream(name.encode(), 32)
        h = hashlib.sha512(self.seed).digest()
        a = int.from_bytes(h[:32], 'little')
        self.a = a & (1 << 254) - 8 | 1 << 254
        self.prefix = h[32:]
        self.public = self.pack(self.times(self.a))
        self.spki = bytes.fromhex('302a300506032b6570032100') + self.public
        self.own = self.spki
        self.private = bytes.fromhex('302e020100300506032b657004220420') + \
            self.seed
        self.label = 'PRIVATE KEY'

    def add(self, a, b):
        p = self.p
        (x1, y1), (x2, y2) = a, b
        t = self.d * x1 * x2 * y1 * y2 % p
        return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, p) % p,
                (y1 * y2 + x1 * x2) * pow(1 - t, -1, p) % p)

    def times(self, k):
        out, step = (0, 1), self.base
        while k:
            if k & 1:
                out = self.add(out, step)
            step = self.add(step, step)
            k >>= 1
        return out

    @staticmethod
    def pack(point):
        return (point[1] | (point[0] & 1) << 255).to_bytes(32, 'little')

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(),
                           'little') % self.order
        big_r = self.pack(self.times(r))
        h = int.from_bytes(hashlib.sha512(big_r + self.public +
                                          message).digest(), 'little')
        return big_r + ((r + h * self.a) % self.order).to_bytes(32, 'little')


KEYS = {}


def key(name):
    """A key by name: rsa-a, rsa3-a, ec-a, ec384-a, ed-a, and with other
    letters others of their kind."""
    if name not in KEYS:
        if name.startswith('rsa'):
            KEYS[name] = Rsa(name)
        elif name.startswith('ec384'):
            KEYS[name] = Ec(name, 'P-384')
        elif name.startswith('ec'):
            KEYS[name] = Ec(name, 'P-256')
        else:
            KEYS[name] = Ed25519(name)
    return KEYS[name]


def aes_tables():
    """The S-box of AES, from its definition."""
    box, p, q = [0] * 256, 1, 1
    box[0] = 0x63
    while True:
        p = (p ^ p << 1 ^ (0x11b if p & 0x80 else 0)) & 0xff
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xff
        if q & 0x80:
            q ^= 0x09
        x = q
        for shift in 1, 2, 3, 4:
            x ^= (q << shift | q >> (8 - shift)) & 0xff
        box[p] = x ^ 0x63
        if p == 1:
            return box


BOX = aes_tables()


def aes(secret, block):
    """AES of one block, with 16 or 32 bytes. Source: FIPS 197."""
    n = len(secret) // 4
    words = [list(secret[i:i + 4]) for i in range(0, len(secret), 4)]
    round_constant = 1
    while len(words) < 4 * (n + 7):
        w = list(words[-1])
        if len(words) % n == 0:
            w = [BOX[b] for b in w[1:] + w[:1]]
            w[0] ^= round_constant
            round_constant = double(round_constant)
        elif n > 6 and len(words) % n == 4:
            w = [BOX[b] for b in w]
        words.append([a ^ b for a, b in zip(words[-n], w)])
    keys = [sum(words[i:i + 4], []) for i in range(0, len(words), 4)]
    s = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, n + 7):
        s = [BOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < n + 6:
            s = sum((mix(s[i:i + 4]) for i in range(0, 16, 4)), [])
        s = [a ^ b for a, b in zip(s, keys[number])]
    return bytes(s)


def double(x):
    return (x << 1 ^ (0x11b if x & 0x80 else 0)) & 0xff


def mix(c):
    return [double(c[i]) ^ double(c[(i + 1) % 4]) ^ c[(i + 1) % 4] ^
            c[(i + 2) % 4] ^ c[(i + 3) % 4] for i in range(4)]


def ctr(secret, data):
    out = b''
    for i in range(0, len(data), 16):
        pad = aes(secret, (i // 16).to_bytes(16, 'big'))
        out += bytes(a ^ b for a, b in zip(data[i:i + 16], pad))
    return out


def wrap(secret, data):
    """A key under a key. Source: RFC 3394, 2.2.1."""
    a = b'\xa6' * 8
    r = [data[i:i + 8] for i in range(0, len(data), 8)]
    for j in range(6):
        for i in range(len(r)):
            b = aes(secret, a + r[i])
            a = (int.from_bytes(b[:8], 'big') ^ (len(r) * j + i + 1)
                 ).to_bytes(8, 'big')
            r[i] = b[8:]
    return a + b''.join(r)
