# Cases for MCUboot's rules: an image, a build, a device, an operation; and the
# rules that a case is about, with whether it is one that passes.
import hashlib
import struct

import mcuboot_image as mi
from mcuboot_crypt import ctr, der, integer, key, stream
from mcuboot_image import Image
from mcuboot_seal import ENC_KW, Device

SLOT, SECTOR = 0x20000, 4096
KINDS = ('ec256', 'ec384', 'rsa2048', 'rsa3072', 'ed25519')
SECOND = {'ec256': 'ec-b', 'ec384': 'ec384-b', 'rsa2048': 'rsa-b',
          'rsa3072': 'rsa3-b', 'ed25519': 'ed-b'}
THIRD = {'ec256': 'ec-c', 'ec384': 'ec384-c', 'rsa2048': 'rsa-c',
         'rsa3072': 'rsa3-b', 'ed25519': 'ed-c'}
COUNTER = struct.pack('<I', 7)


class Case:
    def __init__(self, name, rules, signature, options, image, op='boot',
                 keys=None, installed=None, **more):
        self.name, self.signature, self.op = name, signature, op
        self.rules = rules.split()
        self.options = options.split(',') if options else []
        self.image = image if isinstance(image, bytes) else image.bytes()
        self.keys = keys if keys is not None else \
            [] if signature == 'none' else [mi.FIRST[signature]]
        self.installed = installed
        self.slot, self.sector = SLOT, SECTOR
        self.counter = self.key_hash = self.swap = None
        self.write = self.address = self.second_address = None
        self.other = self.scratch = self.device_key = None
        if installed is None and op == 'update' and \
                'DIRECT_XIP' in self.options:
            old = Image(signature, self.options, version=(1, 0, 0, 0))
            old.protected = [(mi.SEC_CNT, COUNTER)]
            self.installed = old.bytes()
        for name, value in more.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def build(self):
        """What tells one build of the bootloader from another."""
        return '+'.join([self.signature] + sorted(self.options))


CASES = []


def add(name, rules, signature, options, image, **more):
    CASES.append(Case(name, rules, signature, options, image, **more))


def opts(text):
    return text.split(',') if text else []


def every_kind():
    for s in KINDS:
        first, second = mi.FIRST[s], SECOND[s]
        modes = {'boot': 'OVERWRITE_ONLY', 'update': 'SWAP_USING_MOVE'}
        for op, mode in modes.items():
            def make(name, rules, image, **more):
                add(f'{s}-{op}-{name}', rules, s, mode, image, op=op, **more)
            make('good', '+1 +2 +5 +8 +9 +10 +11 +13 +15', Image(s))
            i = Image(s)
            i.header_len = 512
            make('long-header', '+1', i)
            i = Image(s)
            i.plain = [i.digest_entry()]
            make('no-signature', '-16', i)
            make('other-key', '-12', unknown(s))
            i = Image(s)
            i.plain = i.usual()
            i.payload = i.payload[:-1] + b'?'
            make('changed', '-10 -8', i)
            i = Image(s)
            good = i.sign(first)
            i.plain = [i.digest_entry(), i.key_id(first),
                       (good[0], damaged(s, good[1]))]
            make('bad-signature', '-17 -18 -19', i)
            i = Image(s)
            i.plain = [i.digest_entry(), i.key_id(second), i.sign(second),
                       i.key_id(first), i.sign(first)]
            make('unknown-then-good', '+12 +15', i)
            i = Image(s)
            bad = (good[0], damaged(s, i.sign(second)[1]))
            i.plain = i.usual() + [i.key_id(second), bad]
            make('good-then-bad', '-15', i, keys=[first, second])
            i = Image(s)
            i.plain = [i.digest_entry(), i.key_id(second), bad] + \
                i.signed()
            make('bad-then-good', '+15', i, keys=[first, second])
            i = Image(s)
            i.plain = i.usual() + [i.key_id(THIRD[s]), bad]
            make('good-then-unknown', '+15', i, keys=[first, second]
                 if THIRD[s] != second else [first])
            make('second-key', '+12', by(s, second), keys=[first, second])


def unknown(s):
    return by(s, SECOND[s])


def by(s, name, options=()):
    i = Image(s, options)
    i.plain = [i.digest_entry()] + i.signed(name)
    return i


def damaged(s, signature):
    at = len(signature) - 5
    return signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1:]


def areas():
    """Header and areas, which no signature type changes."""
    s, mode = 'ec256', 'OVERWRITE_ONLY'

    def make(name, rules, image, **more):
        add('area-' + name, rules, s, mode, image, **more)
    for name, rules, change in (
            ('magic', '-1', dict(magic=0x96f3b83c)),
            ('erased', '-5', dict(magic=0xffffffff)),
            ('not-bootable', '-5', dict(flags=0x10)),
            ('flag-unknown', '+6', dict(flags=0xffff0000)),
            ('flag-pic', '+6', dict(flags=1)),
            ('flag-ram-load', '+6', dict(flags=0x20)),
            ('flag-rom-fixed', '+6', dict(flags=0x100, load=0x1234)),
            ('flag-aes128', '-6', dict(flags=4)),
            ('flag-aes256', '-6', dict(flags=8)),
            ('flag-lzma1', '-6', dict(flags=0x200)),
            ('flag-lzma2', '-6', dict(flags=0x400)),
            ('flag-thumb', '-6', dict(flags=0x800)),
            ('load-address', '+1', dict(load=0x8000000)),
            ('pad', '+1', dict(pad=0x12345678)),
            ('protected-len-alone', '-3', dict(protected_len=8)),
            ('plain-magic', '-3', dict(plain_magic=0x6909)),
            ('plain-as-protected', '-3', dict(plain_magic=0x6908)),
            ('plain-longer', '-4', dict(plain_total=200)),
            ('plain-short', '-4', dict(plain_total=150)),
            ('plain-empty', '-9', dict(plain_total=4)),
            ('plain-zero', '-9', dict(plain_total=0)),
            ('size-over', '-5', dict(image_len=0xfffffff0)),
            ('size-wraps', '-5', dict(image_len=0xffffffff)),
            ('size-slot', '-5', dict(image_len=SLOT - 32)),
            ('size-more', '-3', dict(image_len=700)),
            ('size-less', '-3', dict(image_len=500)),
            ('tail-1', '-4', dict(tail=b'\0')),
            ('tail-3', '-4', dict(tail=b'\0\0\0')),
            ('tail-4', '+4', dict(tail=b'\xa0\0\0\0')),
            ('tail-5', '-4', dict(tail=b'\xa0\0\1\0')),
            ('behind', '+4', dict(behind=b'anything at all')),
            ('header-16', '-3', dict(header_len=16))):
        for op in 'boot', 'update':
            i = Image(s)
            for field, value in change.items():
                setattr(i, field, value)
            make(f'{name}-{op}', rules, i, op=op)
    for name, rules, change in (
            ('good', '+3 +8', {}),
            ('len-more', '-3', dict(protected_len=20)),
            ('len-zero', '-3', dict(protected_len=0)),
            ('total-less', '-3', dict(protected_total=8)),
            ('both-less', '-3', dict(protected_total=8, protected_len=8)),
            ('magic', '-3', dict(protected_magic=0x6907)),
            ('magic-odd', '-3', dict(protected_magic=0x1111))):
        i = Image(s)
        i.protected = [(0xa0, b'vendor')]
        for field, value in change.items():
            setattr(i, field, value)
        make('protected-' + name, rules, i)
    i = Image(s)
    i.protected = [(0xa0, b'vendor')]
    i.plain = [i.digest_entry()] + i.signed()
    i.protected = [(0xa0, b'vendoR')]
    make('protected-changed', '-8', i)
    # An entry of the protected area that reaches into the plain one.
    i = Image(s)
    i.protected = [(0xa0, b'1234')]
    raw = bytearray(i.hashed())
    raw[-6:-4] = b'\x0c\0'
    make('protected-spills', '-4', bytes(raw) + i.bytes()[len(raw):])
    cut = Image(s).bytes()
    for n in (1, 2, 8, 31, 70, 76, 150):
        make(f'cut-{n}', '-4', cut[:-n])
    make('header-alone', '-1 -3', cut[:32])
    make('half-header', '-1', cut[:20])


def digests():
    for name, s, options in (('ec256', 'ec256', ''), ('ec384', 'ec384', ''),
                             ('sha512', 'ed25519', 'SHA512'),
                             ('ec-sha512', 'ec256', 'SHA512'),
                             ('none', 'none', '')):
        mode = ','.join(filter(None, (options, 'OVERWRITE_ONLY')))

        def make(what, rules, image):
            add(f'digest-{name}-{what}', rules, s, mode, image)
        signed = s != 'none'

        def image(entries):
            i = Image(s, opts(options))
            i.plain = entries(i) + (i.signed() if signed else [])
            return i
        make('good', '+9' + ('' if signed else ' +23'),
             image(lambda i: [i.digest_entry()]))
        make('none', '-9', image(lambda i: []))
        make('twice', '+10', image(lambda i: [i.digest_entry()] * 2))
        make('second-bad', '-10', image(lambda i: [
            i.digest_entry(), (i.hash, bytes(i.digest_entry()[1][:-1]) +
                               bytes([i.digest_entry()[1][-1] ^ 1]))]))
        make('short', '-10', image(lambda i: [
            (i.hash, i.digest_entry()[1][:-1])]))
        make('empty', '-10', image(lambda i: [(i.hash, b'')]))
        others = [k for k in mi.HASHES if k != Image(s, opts(options)).hash]
        for k in others:
            make('only-%x' % k, '-9', image(lambda i: [i.digest_entry(k)]))
            make('with-%x' % k, '+9', image(lambda i: [
                (k, b'nonsense'), i.digest_entry()]))
        i = image(lambda i: [])
        i.plain = i.plain + [i.digest_entry()]
        make('last', '+10', i)
        i = Image(s, opts(options))
        i.protected = [(i.hash, bytes(len(i.digest())))]
        make('bad-protected', '-10', i)


def key_ids():
    for s in KINDS:
        first, second = mi.FIRST[s], SECOND[s]
        whole = Image(s).key_id(first)[1]
        for name, rules, value, keys in (
                ('8-bytes', '+12', whole[:8], [second, first]),
                ('1-byte', '+12', whole[:1], [first]),
                ('empty-first', '+12', b'', [first, second]),
                ('empty-second', '-12', b'', [second, first]),
                ('longer', '-11', whole + b'\0', [first]),
                ('one-off', '-12', whole[:-1] + bytes([whole[-1] ^ 1]),
                 [first])):
            i = Image(s)
            i.plain = [i.digest_entry(), (mi.KEYHASH, value), i.sign(first)]
            add(f'id-{s}-{name}', rules, s, 'OVERWRITE_ONLY', i, keys=keys)
    s, first = 'ec256', 'ec-a'

    def make(name, rules, plain, options='', **more):
        i = Image(s)
        i.plain = [i.digest_entry()] + plain(i)
        add('id-' + name, rules, s,
            ','.join(filter(None, (options, 'OVERWRITE_ONLY'))), i, **more)
    make('none', '-14', lambda i: [i.sign(first)])
    make('after', '-14', lambda i: [i.sign(first), i.key_id(first)])
    make('pubkey', '-14', lambda i: [(mi.PUBKEY, key(first).own),
                                     i.sign(first)])
    make('used-up', '+14', lambda i: i.signed() + [
        (mi.ECDSA, damaged(s, i.sign(first)[1]))])
    make('twice', '-15', lambda i: i.signed() + [
        i.key_id(first), (mi.ECDSA, damaged(s, i.sign(first)[1]))])
    make('replaced', '+12', lambda i: [i.key_id('ec-b'), i.key_id(first),
                                       i.sign(first)])
    make('replaced-by-unknown', '-14', lambda i: [
        i.key_id(first), i.key_id('ec-b'), i.sign(first)])
    make('no-keys', '-12', lambda i: i.signed(), keys=[])
    make('same-key-twice', '+12', lambda i: i.signed(), keys=[first, first])
    make('wrong-kind', '-18', lambda i: [
        (mi.KEYHASH, hashlib.sha256(key('rsa-a').own).digest()),
        i.sign(first)], keys=['rsa-a'])
    make('bypass', '+22', lambda i: [(mi.KEYHASH, b'any'), i.sign(first)],
         'BYPASS_KEY_MATCH')
    make('bypass-second', '-22', lambda i: i.signed('ec-b'),
         'BYPASS_KEY_MATCH', keys=[first, 'ec-b'])
    make('bypass-none', '-14', lambda i: [i.sign(first)], 'BYPASS_KEY_MATCH')
    make('bypass-long', '-11', lambda i: [(mi.KEYHASH, bytes(33)),
                                          i.sign(first)], 'BYPASS_KEY_MATCH')
    make('ecdsa-224', '-16', lambda i: [i.key_id(first), (0x21, b'x' * 60)])
    make('protected', '+14', lambda i: [i.sign(first)])
    i = Image(s)
    i.protected = [i.key_id(first)]
    i.plain = [i.digest_entry(), i.sign(first)]
    add('id-in-protected', '+14 +10', s, 'OVERWRITE_ONLY', i)
    CASES[-2].rules = ['-14']


def fused():
    for s in KINDS:
        first, second = mi.FIRST[s], SECOND[s]
        mode = 'HW_KEY,OVERWRITE_ONLY'
        right = hashlib.new(mi.HASHES[mi.hash_of(s)], key(first).own).digest()

        def make(name, rules, image, value=right):
            add(f'fused-{s}-{name}', rules, s, mode, image, keys=[],
                key_hash=value)
        make('good', '+22', Image(s, ('HW_KEY',)))
        make('other', '-22', by(s, second, ('HW_KEY',)))
        make('half-hash', '+22', Image(s, ('HW_KEY',)), right[:16])
        make('wrong-fuse', '-22', Image(s, ('HW_KEY',)), right[::-1])
        make('hash-id', '-14', Image(s))
        i = Image(s, ('HW_KEY',))
        i.plain = [i.digest_entry(), (mi.PUBKEY, bytes(409)), i.sign(first)]
        make('too-long', '-11', i)
        i = Image(s, ('HW_KEY',))
        i.plain = [i.digest_entry(), i.key_id(first),
                   (i.sign(first)[0], damaged(s, i.sign(first)[1]))]
        make('bad', '-17 -18 -19', i)


def arithmetic():
    for s, name in ('rsa2048', 'rsa-a'), ('rsa3072', 'rsa3-a'):
        k = key(name)

        def make(what, rules, signature):
            i = Image(s)
            kind = i.sign(name)[0]
            i.plain = [i.digest_entry(), i.key_id(name),
                       (kind, signature(i.digest()))]
            add(f'sign-{s}-{what}', rules, s, 'OVERWRITE_ONLY', i)
        make('pss', '+17', k.sign)
        make('pkcs1', '-17', k.pkcs1)
        make('salt-0', '-17', lambda d: k.sign(d, 0))
        make('salt-20', '-17', lambda d: k.sign(d, 20))
        make('salt-max', '-17', lambda d: k.sign(d, k.size - 34))
        make('short', '-16', lambda d: k.sign(d)[:-1])
        make('long', '-16', lambda d: k.sign(d) + b'\0')
        make('empty', '-16', lambda d: b'')
        make('zeros', '-17', lambda d: bytes(k.size))
        make('ones', '-17', lambda d: b'\xff' * k.size)
    i = Image('rsa2048', ('SHA512',))
    add('sign-rsa2048-sha512', '-17', 'rsa2048', 'SHA512,OVERWRITE_ONLY', i)
    for s, name, n in ('ec256', 'ec-a', 32), ('ec384', 'ec384-a', 48):
        k = key(name)
        for backend in (('', 'USE_TINYCRYPT', 'USE_PSA_CRYPTO')
                        if s == 'ec256' else ('',)):
            for what, verdicts, change in ecdsa_forms(n):
                i = Image(s)
                r, t = k.numbers(i.digest())
                i.plain = [i.digest_entry(), i.key_id(name),
                           (mi.ECDSA, change(r, t))]
                which = 2 if s == 'ec384' else \
                    ['', 'USE_TINYCRYPT', 'USE_PSA_CRYPTO'].index(backend)
                add(f'sign-{s}-{what}-{backend or "usual"}',
                    verdicts[which] + ('18' if what != 'too-long' else '16'),
                    s, ','.join(filter(None, (backend, 'OVERWRITE_ONLY'))), i)
    for options in '', 'SHA512':
        k = key('ed-a')

        def make(what, rules, signature):
            i = Image('ed25519', opts(options))
            i.plain = [i.digest_entry(), i.key_id('ed-a'),
                       (mi.ED25519, signature(i.digest()))]
            add(f'sign-ed25519-{options or "usual"}-{what}', rules, 'ed25519',
                ','.join(filter(None, (options, 'OVERWRITE_ONLY'))), i)
        make('good', '+19', k.sign)
        make('short', '-16', lambda d: k.sign(d)[:-1])
        make('long', '-16', lambda d: k.sign(d) + b'\0')
        make('other-digest', '-19', lambda d: k.sign(d[:-1] + b'?'))
        make('order', '-19', lambda d: k.sign(d)[:32] + (
            int.from_bytes(k.sign(d)[32:], 'little') + k.order).to_bytes(
                32, 'little'))
        make('high-bit', '-19', lambda d: k.sign(d)[:-1] + bytes(
            [k.sign(d)[-1] | 0xe0]))
    for options in 'SIGN_PURE', 'SIGN_PURE,SHA512':
        def pure(what, rules, plain):
            i = Image('ed25519', opts(options))
            i.plain = plain(i)
            add(f'sign-{options.replace(",", "-")}-{what}', rules, 'ed25519',
                options + ',OVERWRITE_ONLY', i)
        pure('good', '+19', lambda i: [(mi.PURE, b'\1')] + i.signed())
        pure('with-digest', '+19', lambda i: i.usual())
        pure('wrong-digest', '+19', lambda i: [
            (i.hash, bytes(32)), (mi.PURE, b'\1')] + i.signed())
        pure('no-mark', '-19', lambda i: i.signed())
        pure('mark-0', '-19', lambda i: [(mi.PURE, b'\0')] + i.signed())
        pure('mark-long', '-19', lambda i: [(mi.PURE, b'\1\1')] + i.signed())
        pure('mark-last', '+19', lambda i: i.signed() + [(mi.PURE, b'\1')])
        pure('mark-twice', '-19', lambda i: [
            (mi.PURE, b'\0'), (mi.PURE, b'\1')] + i.signed())
        pure('of-digest', '-19', lambda i: [
            (mi.PURE, b'\1'), i.key_id('ed-a'),
            i.sign('ed-a', i.digest())])
    i = Image('ed25519', ('SIGN_PURE', 'SHA512'))
    i.options = ('SIGN_PURE',)
    add('sign-imgtool-pure', '-11 -20', 'ed25519', 'SIGN_PURE,OVERWRITE_ONLY', i)
    add('sign-pure-for-usual', '-19', 'ed25519', 'OVERWRITE_ONLY',
        Image('ed25519', ('SIGN_PURE',)))
    for s in KINDS:
        for other in KINDS:
            if TYPE(other) == TYPE(s):
                continue
            i = Image(s)
            o = Image(other)
            i.plain = [i.digest_entry(), i.key_id(mi.FIRST[s]),
                       (TYPE(other), b'\1' * 64)] + i.signed()
            add(f'type-{s}-beside-{other}', '+16', s, 'OVERWRITE_ONLY', i)
            add(f'type-{s}-only-{other}', '-16 -9', s, 'OVERWRITE_ONLY', o,
                keys=[mi.FIRST[s]])


def TYPE(s):
    return mi.TYPES[s]


def ecdsa_forms(n):
    """Forms of a signature, with what Mbed TLS, TinyCrypt and PSA say."""
    def seq(*parts):
        return der(0x30, *parts)

    def wide(x, more):
        body = x.to_bytes(n + 1, 'big')
        return der(2, bytes(more) + body)

    def long_form(body):
        return bytes([0x30, 0x81, len(body)]) + body
    return (
        ('good', '+++', lambda r, s: seq(integer(r), integer(s))),
        ('swapped', '---', lambda r, s: seq(integer(s), integer(r))),
        ('raw', '---', lambda r, s: r.to_bytes(n, 'big') +
         s.to_bytes(n, 'big')),
        ('trailing', '-++', lambda r, s: seq(integer(r), integer(s)) + b'\0'),
        ('inside', '-++', lambda r, s: seq(integer(r), integer(s), b'\5\0')),
        ('wide', '++-', lambda r, s: seq(wide(r, 3), wide(s, 3))),
        ('unsigned', '+++', lambda r, s: seq(
            der(2, r.to_bytes(n, 'big')), der(2, s.to_bytes(n, 'big')))),
        ('tag', '--+', lambda r, s: b'\x31' + seq(integer(r),
                                                  integer(s))[1:]),
        ('number-tag', '--+', lambda r, s: seq(
            b'\3' + integer(r)[1:], integer(s))),
        ('long-form', '++-', lambda r, s: long_form(integer(r) + integer(s))),
        ('junk-in-front', '-++', lambda r, s: seq(
            der(2, b'\7' + r.to_bytes(n, 'big')),
            der(2, b'\7' + s.to_bytes(n, 'big')))),
        ('zero-r', '---', lambda r, s: seq(integer(0), integer(s))),
        ('zero-s', '---', lambda r, s: seq(integer(r), integer(0))),
        ('too-long', '---', lambda r, s: seq(integer(r), integer(s)).ljust(
            129, b'\0')),
        ('empty', '---', lambda r, s: b''))


def limits():
    def sized(s, end):
        i = Image(s)
        i.payload = stream(b'payload', end - (len(i.bytes()) -
                                              len(i.payload)))
        out = i.bytes()
        # An ECDSA signature may be a byte shorter or longer.
        if len(out) != end:
            i.payload = stream(b'payload', len(i.payload) + end - len(out))
            out = i.bytes()
        return out if len(out) == end else None
    s = 'rsa2048'
    plain = SLOT - 40
    moved = SLOT - (128 * 3 * 8 + 48 + 4095) // 4096 * 4096 - 4096
    at_offset = SLOT - (128 * 3 * 8 + 56 + 4095) // 4096 * 4096 - 4096
    scratch = SLOT - 128 * 3 * 8 - 48
    for mode, limit in (('OVERWRITE_ONLY', plain), ('DIRECT_XIP', plain),
                        ('SWAP_USING_MOVE', moved),
                        ('SWAP_USING_OFFSET', at_offset),
                        ('SWAP_USING_SCRATCH', scratch)):
        for op in 'boot', 'update':
            for by_, sign in ((0, '+'), (1, '-'), (-1, '+')):
                add(f'limit-{mode}-{op}-{by_}', f'{sign}7', s,
                    mode + ',MAX_IMG_SECTORS=128', sized(s, limit + by_),
                    op=op, write=8)
    add('limit-slot', '-5', s, 'OVERWRITE_ONLY', sized(s, SLOT))
    # More sectors, and a trailer that starts in an earlier one than it ends.
    for write in 1, 4, 8:
        trailer = 128 * 3 * write + 48
        own = SLOT - trailer
        first_end = own // 1024 * 1024 + 1024
        need = max(0, 3 * write + 48 - (first_end - own))
        for by_, sign in ((0, '+'), (1, '-')):
            add(f'limit-small-scratch-{write}-{by_}', f'{sign}7', s,
                'SWAP_USING_SCRATCH,MAX_IMG_SECTORS=128',
                sized(s, own - need + by_), op='update', write=write,
                sector=1024)
            move = SLOT - (trailer + 1023) // 1024 * 1024 - 1024
            add(f'limit-small-move-{write}-{by_}', f'{sign}7', s,
                'SWAP_USING_MOVE,MAX_IMG_SECTORS=128',
                sized(s, move + by_), op='update', write=write, sector=1024)
    for mode in ('OVERWRITE_ONLY', 'SWAP_USING_MOVE', 'SWAP_USING_OFFSET',
                 'SWAP_USING_SCRATCH', 'DIRECT_XIP'):
        for op in 'boot', 'update':
            for count in 128, 129:
                add(f'sectors-{mode}-{op}-{count}',
                    ('+' if count == 128 or mode == 'DIRECT_XIP' else '-') +
                    '39', s, mode + ',MAX_IMG_SECTORS=128', Image(
                        s, version=(3, 0, 0, 0)), op=op, write=8,
                    sector=1024, slot=count * 1024)
    add('limit-overwrite-not-swap-a', '+7', s, 'OVERWRITE_ONLY',
        sized(s, SLOT - 5000), op='update')
    add('limit-overwrite-not-swap-b', '-7', s, 'SWAP_USING_MOVE',
        sized(s, SLOT - 5000), op='update')
    for mode in ('SWAP_USING_MOVE', 'OVERWRITE_ONLY', 'SWAP_USING_SCRATCH',
                 'DIRECT_XIP'):
        for keep in False, True:
            add(f'padded-{mode}-{keep}', '+30 +31', 'ec256', mode,
                Image('ec256').padded(SLOT, keep), op='update')
            add(f'padded-boot-{mode}-{keep}', '+30', 'ec256', mode,
                Image('ec256').padded(SLOT, keep))


def counters():
    s = 'ec256'
    for mode in ('OVERWRITE_ONLY', 'SWAP_USING_MOVE', 'SWAP_USING_SCRATCH',
                 'SWAP_USING_OFFSET', 'DIRECT_XIP'):
        options = mode + ',HW_ROLLBACK_PROT'
        for op in 'boot', 'update':
            def make(name, rules, image, counter=7, swap=None):
                add(f'counter-{mode}-{op}-{name}', rules, s, options, image,
                    op=op, counter=counter, swap=swap)

            def protected(*values):
                i = Image(s)
                i.protected = [(mi.SEC_CNT, v) for v in values]
                return i
            make('same', '+24', protected(COUNTER))
            make('higher', '+24', protected(struct.pack('<I', 8)))
            make('lower', '-24', protected(struct.pack('<I', 6)))
            make('none', '-24', Image(s), counter=0)
            make('huge', '+24', protected(b'\xff' * 4))
            make('two-bytes', '-24', protected(b'\7\0'))
            make('second-lower', '-24', protected(COUNTER, b'\1\0\0\0'))
            i = Image(s)
            i.plain = i.usual() + [(mi.SEC_CNT, COUNTER)]
            if op == 'boot' or mode == 'DIRECT_XIP':
                make('plain', '-25', i)
            else:
                swaps = mode != 'OVERWRITE_ONLY'
                make('plain-test', '+25' if swaps else '-25', i, swap='test')
                make('plain-permanent', '-25', i, swap='permanent')
            i = protected(COUNTER)
            i.plain = i.usual() + [(mi.SEC_CNT, b'\1\0\0\0')]
            make('plain-lower', '-24', i)
    for op in 'boot', 'update':
        i = Image(s)
        i.protected = [(mi.SEC_CNT, b'\1')]
        add(f'counter-ignored-{op}', '+24', s, 'OVERWRITE_ONLY', i, op=op,
            counter=7)


def allow_list():
    s = 'ec256'
    mode = 'USE_TLV_ALLOW_LIST,OVERWRITE_ONLY'
    for kind, sign in ((0xa0, '-'), (mi.SEC_CNT, '-'), (mi.DEPENDENCY, '-'),
                       (0x60, '-'), (0x70, '-'), (mi.PURE, '-'), (0x34, '-'),
                       (0x26, '-'), (0x13, '-'), (0x21, '+'), (0x30, '+'),
                       (0x31, '+'), (0x32, '+'), (0x33, '+'), (0x02, '+'),
                       (0x11, '+'), (0x12, '+'), (0x24, '+')):
        i = Image(s)
        i.plain = i.usual() + [(kind, b'\1')]
        add('allow-%x' % kind, sign + '21', s, mode, i)
        if sign == '-':
            add('allow-off-%x' % kind, '+21', s, 'OVERWRITE_ONLY', i)
            i = Image(s)
            i.protected = [(kind, b'\1')]
            add('allow-protected-%x' % kind, '+21', s, mode, i)
    add('allow-pure', '+21 +19', 'ed25519', 'SIGN_PURE,' + mode,
        Image('ed25519', ('SIGN_PURE',)))


def versions():
    s = 'ec256'
    old = Image(s, size=500, version=(1, 2, 3, 4)).bytes()
    steps = (('higher', (1, 2, 4, 0), 1), ('same', (1, 2, 3, 4), 0),
             ('build-lower', (1, 2, 3, 3), -2), ('lower', (1, 2, 2, 9), -1),
             ('minor-lower', (1, 1, 9, 9), -1), ('major-lower', (0, 9, 9, 9), -1),
             ('major-higher', (2, 0, 0, 0), 1), ('build-higher', (1, 2, 3, 9), 2))
    for mode in ('OVERWRITE_ONLY', 'SWAP_USING_MOVE', 'SWAP_USING_SCRATCH',
                 'SWAP_USING_OFFSET'):
        for name, version, step in steps:
            new = Image(s, version=version)
            for build in False, True:
                options = mode + ',DOWNGRADE_PREVENTION' + (
                    ',VERSION_CMP_USE_BUILD_NUMBER' if build else '')
                down = step == -1 or (build and step == -2)
                rule = '28' if mode == 'OVERWRITE_ONLY' else '27'
                add(f'version-{mode}-{name}-{build}',
                    ('-' if down else '+') + rule, s, options, new,
                    op='update', installed=old)
        add(f'version-{mode}-free', '+27', s, mode,
            Image(s, version=(0, 0, 1, 0)), op='update', installed=old)
        broken = old[:100] + b'?' + old[101:]
        add(f'version-{mode}-broken-old', '-28' if mode == 'OVERWRITE_ONLY'
            else '-27', s, mode + ',DOWNGRADE_PREVENTION',
            Image(s, version=(1, 0, 0, 0)), op='update', installed=broken)
        add(f'version-{mode}-blank', '+28' if mode == 'OVERWRITE_ONLY'
            else '-27' if mode == 'SWAP_USING_SCRATCH' else '-30', s, mode + ',DOWNGRADE_PREVENTION',
            Image(s, version=(1, 0, 0, 0)), op='update', installed=b'')
    for name, a, b, sign in (('same', 5, 5, '+'), ('lower', 4, 5, '-'),
                             ('higher', 6, 5, '+'), ('none', None, 5, '-'),
                             ('old-none', 1, None, '+')):
        def with_counter(n, version):
            i = Image(s, version=version)
            if n is not None:
                i.protected = [(mi.SEC_CNT, struct.pack('<I', n))]
            return i
        add('version-counter-' + name, sign + '27', s,
            'SWAP_USING_MOVE,DOWNGRADE_PREVENTION,'
            'DOWNGRADE_PREVENTION_SECURITY_COUNTER=1',
            with_counter(a, (0, 1, 0, 0)), op='update',
            installed=with_counter(b, (1, 0, 0, 0)).bytes())
    for name, version, step in steps:
        add('xip-' + name, ('+' if step == 1 else '-') + '32', s,
            'DIRECT_XIP', Image(s, version=version), op='update',
            installed=old)
    add('xip-broken-old', '+32', s, 'DIRECT_XIP',
        Image(s, version=(1, 0, 0, 0)), op='update', installed=broken)
    add('xip-blank', '+32', s, 'DIRECT_XIP', Image(s), op='update',
        installed=b'')
    for op in 'boot', 'update':
        for name, sign, load in (('right', '+', 0x8010000 if op == 'boot'
                                  else 0x8030000), ('wrong', '-', 0x8000000)):
            i = Image(s, version=(3, 0, 0, 0))
            i.flags, i.load = 0x100, load
            add(f'xip-rom-{op}-{name}', sign + '32', s, 'DIRECT_XIP', i,
                op=op, address=0x8010000, second_address=0x8030000)
    new = Image(s, version=(9, 0, 0, 0))
    for name, sign, image in (('bare', '-', new.bytes()),
                              ('padded', '+', new.padded(SLOT)),
                              ('kept', '+', new.padded(SLOT, True))):
        add('xip-revert-' + name, sign + '32', s,
            'DIRECT_XIP,DIRECT_XIP_REVERT', image)
    for name, sign, vector in (('inside', '+', 0x8010101),
                               ('before', '-', 0x800ffff),
                               ('behind', '-', 0x8010000 + SLOT)):
        i = Image(s)
        i.payload = struct.pack('<II', 0x20001000, vector) + i.payload[8:]
        for mode in 'OVERWRITE_ONLY', 'SWAP_USING_MOVE':
            add(f'address-{mode}-{name}', sign + '34', s,
                mode + ',VERIFY_IMG_ADDRESS', i, op='update',
                address=0x8010000)
        i = Image(s)
        i.load = vector
        add('address-load-' + name, sign + '34', s,
            'OVERWRITE_ONLY,CHECK_HEADER_LOAD_ADDRESS', i, op='update',
            address=0x8010000)


def dependencies():
    s = 'ec256'

    def on(image, version, length=12):
        i = Image(s, version=(2, 0, 0, 0))
        i.protected = [(mi.DEPENDENCY, (struct.pack('<BxxxBBHI', image,
                                                    *version) +
                                        bytes(8))[:length])]
        return i
    for mode in 'OVERWRITE_ONLY', 'SWAP_USING_MOVE', 'DIRECT_XIP':
        options = mode + ',IMAGE_NUMBER=2'

        def make(name, rules, image, other='1.2.3', **more):
            add(f'depends-{mode}-{name}', rules, s, options, image,
                op='update', other=other, **more)
        make('met', '+29', on(1, (1, 2, 3, 0)))
        make('older', '+29', on(1, (1, 0, 0, 0)))
        make('unmet', '-29', on(1, (1, 2, 4, 0)))
        make('no-image', '-29', on(2, (0, 0, 0, 0)))
        make('own', '+29', on(0, (2, 0, 0, 0)))
        make('own-higher', '-29', on(0, (2, 0, 1, 0)))
        make('short', '-29', on(1, (1, 0, 0, 0), 11))
        i = Image(s, version=(2, 0, 0, 0))
        i.plain = i.usual() + [(mi.DEPENDENCY, struct.pack(
            '<BxxxBBHI', 1, 9, 0, 0, 0))]
        make('plain', '+29', i)
        add(f'depends-{mode}-one-image', '+29', s, mode,
            on(1, (9, 0, 0, 0)), op='update')


def others():
    s = 'ec256'
    for options, sign in (('VALIDATE_PRIMARY_SLOT=0', '+'), ('', '-')):
        i = Image(s)
        i.plain = []
        add('primary-' + (options or 'validated'), sign + '35', s,
            ','.join(filter(None, (options, 'SWAP_USING_MOVE'))), i)
    i = Image(s)
    i.magic = 0x12345678
    add('primary-magic', '-35', s, 'VALIDATE_PRIMARY_SLOT=0,SWAP_USING_MOVE',
        i)
    for installed, sign in ((b'', '-'), (b'?' * 600, '-'), (None, '+')):
        for mode in ('SWAP_USING_MOVE', 'SWAP_USING_SCRATCH',
                     'SWAP_USING_OFFSET'):
            name = 'old' if installed is None else len(installed)
            add(f'swap-{mode}-{name}', ('+' if mode == 'SWAP_USING_SCRATCH'
                                        else sign) + '30', s,
                mode, Image(s, version=(3, 0, 0, 0)), op='update',
                installed=installed)
    i = Image(s, size=500, version=(1, 0, 0, 0))
    i.plain_magic = 0x1234
    for mode in ('SWAP_USING_MOVE', 'SWAP_USING_SCRATCH',
                 'SWAP_USING_OFFSET', 'OVERWRITE_ONLY'):
        add(f'odd-installed-{mode}', '-36' if mode != 'OVERWRITE_ONLY' else
            '+36', s, mode, Image(s, version=(3, 0, 0, 0)), op='update',
            installed=i.bytes())
    add('overwrite-blank', '+30', s, 'OVERWRITE_ONLY', Image(s), op='update',
        installed=b'')
    add('overwrite-bad-blank', '-10', s, 'OVERWRITE_ONLY',
        Image(s).bytes()[:99] + b'?' + Image(s).bytes()[100:], op='update',
        installed=b'')
    add('fast', '+30', s, 'OVERWRITE_ONLY,OVERWRITE_ONLY_FAST',
        Image(s, version=(3, 0, 0, 0)), op='update')


def encryption():
    s, secret = 'ec256', stream(b'payload key', 16)
    mine, theirs = Device('kw128', 'device'), Device('kw128', 'another device')

    def image(flags=4, sealed=None, encrypted=True):
        i = Image(s, version=(3, 0, 0, 0))
        i.flags = flags
        plain = i.usual()
        if sealed is not None:
            plain = plain + [sealed]
        i.plain = plain
        if encrypted:
            i.payload = ctr(secret, i.payload)
        return i
    for mode in 'OVERWRITE_ONLY', 'SWAP_USING_MOVE', 'SWAP_USING_SCRATCH':
        options = mode + ',ENC_IMAGES,ENCRYPT_KW'

        def make(name, rules, i, op='update', o=options, **more):
            add(f'encrypted-{mode}-{name}', rules, s, o, i, op=op,
                device_key=mine, **more)
        make('good', '+33 +6', image(sealed=mine.seal(secret)))
        make('other-device', '-33', image(sealed=theirs.seal(secret)))
        make('no-key', '-33', image())
        make('short-key', '-33', image(sealed=(ENC_KW, mine.seal(
            secret)[1][:-1])))
        make('plain', '+33', image(0, None, False))
        make('both-flags', '-6', image(12, mine.seal(secret)))
        make('in-primary', '-33', image(sealed=mine.seal(secret)), op='boot')
        make('no-support', '-6', image(sealed=mine.seal(secret)), o=mode)
        i = Image(s, version=(3, 0, 0, 0))
        i.flags = 4
        i.plain = [i.digest_entry()] + i.signed('ec-b') + [
            mine.seal(secret)]
        i.payload = ctr(secret, i.payload)
        make('unknown-signer', '-12', i)
        i = Image(s, version=(3, 0, 0, 0))
        i.flags = 4
        kind, signature = i.sign('ec-a')
        i.plain = [i.digest_entry(), i.key_id('ec-a'),
                   (kind, damaged(s, signature)), mine.seal(secret)]
        i.payload = ctr(secret, i.payload)
        make('bad-signature', '-18', i)
        i = Image(s, version=(3, 0, 0, 0), size=3000)
        i.flags, i.header_len = 4, 72
        i.plain = i.usual() + [mine.seal(secret)]
        i.payload = ctr(secret, i.payload)
        make('half-block-header', '-38', i)
        i = Image(s, version=(3, 0, 0, 0), size=900)
        i.flags, i.header_len = 4, 72
        i.plain = i.usual() + [mine.seal(secret)]
        i.payload = ctr(secret, i.payload)
        make('half-block-small', '+38', i)
        # Encrypted, and something else comes out than was signed.
        i = image(sealed=mine.seal(secret))
        i.payload = i.payload[:-1] + bytes([i.payload[-1] ^ 1])
        make('changed', '-37', i)
        make('not-encrypted', '-37', image(4, mine.seal(secret), False))
        make('other-key', '-37', image(sealed=mine.seal(
            stream(b'another', 16))))
        old = image(sealed=theirs.seal(secret), encrypted=False)
        old.version = (1, 0, 0, 0)
        old.plain = old.usual() + [theirs.seal(secret)]
        make('installed-of-another', ('+' if mode == 'OVERWRITE_ONLY'
                                      else '-') + '36',
             image(sealed=mine.seal(secret)), installed=old.bytes())
        old.plain = old.usual() + [mine.seal(secret)]
        make('installed-of-this', '+36', image(sealed=mine.seal(secret)),
             installed=old.bytes())
    sealed_keys()


def sealed_keys():
    """Each way in which a payload's key is kept, in builds of each length."""
    for kind, other, option in (
            ('rsa', 'kw128', 'ENCRYPT_RSA'),
            ('ec256', 'rsa', 'ENCRYPT_EC256'),
            ('x25519', 'ec256', 'ENCRYPT_X25519'),
            ('kw', 'x25519', 'ENCRYPT_KW')):
        for n in 16, 32:
            wide = ',AES_256' if n == 32 else ''
            own = f'kw{8 * n}' if kind == 'kw' else kind
            mine = Device(own, {'rsa': 'rsa-a'}.get(kind, 'ec-device'))
            theirs = Device(own, {'rsa': 'rsa-b'}.get(kind, 'ec-else'))
            more_sealed(kind, mine, theirs, n,
                        f'OVERWRITE_ONLY,ENC_IMAGES,{option}{wide}')


def more_sealed(kind, mine, theirs, n, options):
    s, secret = 'rsa2048' if kind == 'rsa' else 'ec256', stream(b'aes', n)

    def make(name, rules, *sealed, with_=secret, front=False, size=600,
             header=32):
        i = Image(s, version=(3, 0, 0, 0), size=size)
        i.flags, i.header_len = 4 if n == 16 else 8, header
        i.plain = (list(sealed) if front else []) + i.usual() + (
            [] if front else list(sealed))
        i.payload = ctr(with_, i.payload)
        add(f'sealed-{kind}{8 * n}-{name}', rules, s, options, i,
            op='update', device_key=mine)
    kind_, good = mine.seal(secret)
    make('good', '+33 +37', (kind_, good))
    make('first', '+37', (kind_, good), front=True)
    make('odd-size', '+37', (kind_, good), size=4093, header=48)
    make('odd-header', '-38', (kind_, good), size=1001, header=37)
    make('large', '+37', (kind_, good), size=70001, header=512)
    make('other-device', '-33', theirs.seal(secret))
    make('other-type', '-33', (0x30 if kind_ != 0x30 else 0x32, good))
    make('two-bad-first', '-33', theirs.seal(secret), (kind_, good))
    make('two-good-first', '+33', (kind_, good), theirs.seal(secret))
    make('last-bit', '-33', (kind_, good[:-1] + bytes([good[-1] ^ 1])))
    make('first-bit', '-33', (kind_, bytes([good[0] ^ 1]) + good[1:]))
    make('longer', '-33', (kind_, good + b'\0'))
    make('shorter', '-33', (kind_, good[:-1]))
    make('empty', '-33', (kind_, b''))
    make('zeros', '-33', (kind_, bytes(len(good))))
    make('payload-of-another', '-37', (kind_, good),
         with_=stream(b'sea', n))
    if kind == 'rsa':
        make('label', '-33', mine.seal(secret, label=b'label'))
        make('sha1', '-33', mine.seal(secret, hash_='sha1', mask='sha1'))
        make('mask-sha1', '-33', mine.seal(secret, mask='sha1'))
        make('short-secret', '+37', mine.seal(secret[:-3]),
             with_=secret[:-3] + b'\xff' * 3)
        make('long-secret', '-33', mine.seal(secret + b'?'))
        make('empty-secret', '+37', mine.seal(b''), with_=b'\xff' * n)
    elif kind != 'kw':
        make('info', '-33', mine.seal(secret, info=b'MCUBoot_ECIES_v2'))
        point = 65 if kind == 'ec256' else 32
        for at in point, point + 31, point + 32:
            make(f'bit-{at - point}', '-33', (
                kind_, good[:at] + bytes([good[at] ^ 0x80]) + good[at + 1:]))
        make('bit-point', '-33' if kind == 'ec256' else '+33', (
            kind_, good[:31] + bytes([good[31] ^ 0x80]) + good[32:]))
        if kind == 'ec256':
            last = good[64] & 1
            make('hybrid', '-33', (kind_, bytes([6 + last]) + good[1:]))
            make('compressed', '-33', (kind_, bytes([2 + last]) + good[1:]))


def all_cases():
    if not CASES:
        every_kind()
        areas()
        digests()
        key_ids()
        fused()
        arithmetic()
        limits()
        counters()
        allow_list()
        versions()
        dependencies()
        others()
        encryption()
    return CASES


# Cases whose images are mutated, as often each.
MUTATED = (
    'ec256-boot-good', 'ec256-update-good', 'ec384-boot-good',
    'rsa2048-boot-good', 'rsa3072-update-good', 'ed25519-boot-good',
    'ec256-boot-bad-then-good', 'ed25519-update-bad-then-good',
    'sign-ec256-good-USE_TINYCRYPT', 'sign-ec256-good-USE_PSA_CRYPTO',
    'ec384-update-bad-then-good', 'fused-ec256-good', 'fused-rsa2048-good',
    'fused-ed25519-good', 'sign-SIGN_PURE-good', 'digest-none-good',
    'digest-sha512-good', 'allow-21', 'counter-OVERWRITE_ONLY-boot-same',
    'counter-SWAP_USING_MOVE-update-same',
    'version-SWAP_USING_SCRATCH-higher-True', 'xip-higher',
    'depends-SWAP_USING_MOVE-met', 'area-protected-good',
    'id-ec256-8-bytes', 'sealed-ec256128-good', 'sealed-rsa128-good')
MUTANTS = 800


def mutated():
    """Cases, each with another image to take pieces from."""
    cases = {c.name: c for c in all_cases()}
    for name in MUTATED:
        case = cases[name]
        case.swap = 'test'
        other = Image('none') if case.signature == 'none' else \
            by(case.signature, SECOND[case.signature], case.options)
        yield case, other.bytes()
