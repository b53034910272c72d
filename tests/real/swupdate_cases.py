"""The cases for SWUpdate: one rule each, accepting and rejecting."""
import gzip
import os
import subprocess
import zlib

import swupdate_cms
import swupdates as s

# An empty frame. Source: RFC 8878, 3.1.1.
ZSTD = bytes.fromhex('28b52ffd2000010000')
DATA = b'an image of some length\n' * 9
TEXT = b'a file\n'
SH = b'#!/bin/sh\nexit 0\n'
AT = {'hardware': 'board:1.0'}


class Maker:
    """Makes updates, all signed in the way of one profile."""

    def __init__(self, folder, profile):
        self.folder, self.profile, self.cases = folder, profile, []
        self.later = '2024.12' in profile
        self.kind = profile.replace('swupdate-2022.12-', '')
        self.kind = self.kind.replace('swupdate-2024.12-', '')
        if self.kind in ('debian', 'cms', 'cms-relaxed'):
            self.kind = 'cms'
        self.keys()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as f:
            f.write(data)
        return name

    def keys(self):
        for name in ('good', 'other'):
            s.openssl(self.folder, 'req', '-x509', '-newkey', 'rsa:2048',
                      '-nodes', '-keyout', name + '.key', '-out',
                      name + '.crt', '-subj', '/CN=%s signer' % name,
                      '-days', '3650')
            s.openssl(self.folder, 'pkey', '-in', name + '.key', '-pubout',
                      '-out', name + '.pub')

    def sign(self, text, key='good', how=()):
        self.write('text', text)
        if self.kind == 'cms':
            return s.openssl(self.folder, 'cms', '-sign', '-in', 'text',
                             '-signer', key + '.crt', '-inkey', key + '.key',
                             '-outform', 'DER', '-binary', '-nosmimecap',
                             *how)
        pss = ['-sigopt', 'rsa_padding_mode:pss']
        return s.openssl(self.folder, 'dgst', '-sha256', '-sign',
                         key + '.key', *(pss if self.kind == 'rsapss' else
                                         ()), *how, 'text')

    def trust(self, key='good'):
        return key + ('.crt' if self.kind == 'cms' else '.pub')

    def add(self, rule, name, swu, key='', **more):
        name = '%s-%s' % (self.profile, name)
        file = self.write(name + '.swu', swu)
        self.cases.append(dict({'name': name, 'rule': rule, 'swu': file,
                                'profile': self.profile,
                                'key': key or self.trust(),
                                'set': dict(AT)}, **more))

    def swu(self, text, files=(('a.bin', DATA),), signature=None, end=s.END,
            **f):
        if signature is None:
            signature = self.sign(text)
        out = s.entry('sw-description', text, **f)
        out += s.entry('sw-description.sig', signature, **f)
        for name, data in files:
            out += s.entry(name, data, **f)
        return s.whole(out + end)

    def plain(self, *items, files=(('a.bin', DATA),), **more):
        return self.swu(s.description(*(items or (s.image(DATA),)), **more),
                        files)


def archive(m):
    """SWUPDATE-1"""
    d = s.description(s.image(DATA))
    sig = m.sign(d)
    e = s.entry
    first, second = e('sw-description', d), e('sw-description.sig', sig)
    third = e('a.bin', DATA)
    good = first + second + third + s.END
    m.add('SWUPDATE-1', 'good', s.whole(good))
    m.add('SWUPDATE-1', 'no-padding', good)
    m.add('SWUPDATE-1', 'no-sums', m.swu(d, magic=b'070701'))
    m.add('SWUPDATE-1', 'no-sums-wrong', m.swu(d, magic=b'070701', sum=7))
    m.add('SWUPDATE-1', 'sig-first', s.whole(second + first + third + s.END))
    m.add('SWUPDATE-1', 'data-second', s.whole(first + third + second +
                                               s.END))
    m.add('SWUPDATE-1', 'no-signature', s.whole(first + third + s.END))
    m.add('SWUPDATE-1', 'only-description', s.whole(first + s.END))
    m.add('SWUPDATE-1', 'odc', s.whole(good.replace(b'070702', b'070707')))
    m.add('SWUPDATE-1', 'sum-description', s.whole(
        e('sw-description', d, sum=1) + second + third + s.END))
    m.add('SWUPDATE-1', 'sum-signature', s.whole(
        first + e('sw-description.sig', sig, sum=1) + third + s.END))
    m.add('SWUPDATE-1', 'sum-image', s.whole(
        first + second + e('a.bin', DATA, sum=1) + s.END))
    m.add('SWUPDATE-1', 'sum-unlisted', s.whole(
        good[:-len(s.END)] + e('x', b'x', sum=1) + s.END))
    m.add('SWUPDATE-1', 'unlisted', s.whole(
        good[:-len(s.END)] + e('x', b'other') + s.END))
    m.add('SWUPDATE-1', 'unlisted-first', s.whole(
        first + second + e('x', b'other') + third + s.END))
    m.add('SWUPDATE-1', 'long-name', s.whole(
        first + second + e('n' * 300, b'x') + third + s.END))
    m.add('SWUPDATE-1', 'name-254', s.whole(
        first + second + e('n' * 254, b'x') + third + s.END))
    m.add('SWUPDATE-1', 'lower-case', s.whole(
        e('sw-description', d, size=b'%08x' % len(d)) + second + third +
        s.END))
    m.add('SWUPDATE-1', 'blank-size', s.whole(
        e('sw-description', d, size=b'%8X' % len(d)) + second + third +
        s.END))
    m.add('SWUPDATE-1', 'size-no-number', s.whole(
        e('sw-description', d, size=b'G0000000') + second + third + s.END))
    m.add('SWUPDATE-1', 'cut-description', good[:200])
    m.add('SWUPDATE-1', 'cut-signature', first + second[:200])
    m.add('SWUPDATE-1', 'cut-image', (first + second + third)[:-30])
    m.add('SWUPDATE-1', 'no-trailer', first + second + third)
    m.add('SWUPDATE-1', 'cut-trailer', good[:-100])
    m.add('SWUPDATE-1', 'garbage-behind', s.whole(good) + b'x' * 700)
    m.add('SWUPDATE-1', 'empty-unlisted', s.whole(
        first + second + third + e('x', b'') + s.END))


def keys(m):
    """SWUPDATE-2, -3, -4: keys and raw signatures."""
    rule = {'rawrsa': 'SWUPDATE-3', 'rsapss': 'SWUPDATE-4'}.get(
        m.kind, 'SWUPDATE-5')
    good = m.plain()
    m.add('SWUPDATE-2', 'no-key', good, key='none')
    m.cases[-1]['key'] = ''
    m.write('empty.pem', b'\n')
    m.add('SWUPDATE-2', 'empty-key', good, key='empty.pem')
    m.add(rule, 'right-key', good)
    m.add(rule, 'other-key', good, key=m.trust('other'))
    if m.kind == 'cms':
        return
    pub, other = (open(m.path(n), 'rb').read()
                  for n in ('good.pub', 'other.pub'))
    crt = open(m.path('good.crt'), 'rb').read()
    m.add('SWUPDATE-2', 'certificate', good, key='good.crt')
    m.add('SWUPDATE-2', 'der', good, key=m.write(
        'good.der', s.openssl(m.folder, 'pkey', '-pubin', '-in', 'good.pub',
                              '-outform', 'DER')))
    m.add(rule, 'first-of-two', good, key=m.write('both.pub', pub + other))
    m.add(rule, 'second-of-two', good, key=m.write('both2.pub', other + pub))
    m.add(rule, 'behind-certificate', good, key=m.write('mixed.pem',
                                                        crt + pub))
    m.add(rule, 'text-around', good, key=m.write(
        'around.pub', b'Some words\n' + pub + b'and more\n'))
    m.add('SWUPDATE-2', 'rsa-public-key', good, key=m.write(
        'pkcs1.pub', s.openssl(m.folder, 'rsa', '-in', 'good.key',
                               '-RSAPublicKey_out')))
    m.add('SWUPDATE-2', 'private-key', good, key='good.key')
    m.add('SWUPDATE-2', 'broken-key', good, key=m.write(
        'broken.pub', pub.replace(b'A', b'B', 9)))
    d = s.description(s.image(DATA))
    sig = m.sign(d)
    m.add(rule, 'long-signature', m.swu(d, signature=sig + b'more'))
    m.add(rule, 'short-signature', m.swu(d, signature=sig[:-1]))
    m.add(rule, 'empty-signature', m.swu(d, signature=b''))
    m.add(rule, 'sha512', m.swu(d, signature=s.openssl(
        m.folder, 'dgst', '-sha512', '-sign', 'good.key', 'text')))
    m.write('text', d)
    m.add(rule, 'pkcs1', m.swu(d, signature=s.openssl(
        m.folder, 'dgst', '-sha256', '-sign', 'good.key', 'text')))
    for salt in ('0', '32', 'max'):
        m.write('text', d)
        m.add(rule, 'pss-' + salt, m.swu(d, signature=s.openssl(
            m.folder, 'dgst', '-sha256', '-sign', 'good.key', '-sigopt',
            'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:' + salt,
            'text')))
    m.add(rule, 'changed', m.swu(d.replace(b'1.0.0', b'1.0.1'),
                                 signature=sig))
    for name, words in (('p256', ['EC', '-pkeyopt',
                                  'ec_paramgen_curve:P-256']),
                        ('p384', ['EC', '-pkeyopt',
                                  'ec_paramgen_curve:P-384']),
                        ('p521', ['EC', '-pkeyopt',
                                  'ec_paramgen_curve:P-521']),
                        ('rsa1024', ['RSA', '-pkeyopt',
                                     'rsa_keygen_bits:1024']),
                        ('rsa4096', ['RSA', '-pkeyopt',
                                     'rsa_keygen_bits:4096']),
                        ('ed25519', ['ED25519'])):
        s.openssl(m.folder, 'genpkey', '-algorithm', *words, '-out',
                  name + '.key')
        s.openssl(m.folder, 'pkey', '-in', name + '.key', '-pubout', '-out',
                  name + '.pub')
        if name == 'ed25519':
            found = b'x' * 64
        elif name.startswith('p'):
            m.write('text', d)
            found = s.openssl(m.folder, 'dgst', '-sha256', '-sign',
                              name + '.key', 'text')
        else:
            found = m.sign(d, name)
        m.add(rule, name, m.swu(d, signature=found), key=name + '.pub')
        if name.startswith('p'):
            m.add(rule, name + '-more', m.swu(d, signature=found +
                                              b'x' * 20),
                  key=name + '.pub')


def describe(m):
    """SWUPDATE-16 to -20: reading sw-description."""
    img = s.image(DATA)

    def case(rule, name, d, files=(('a.bin', DATA),), **more):
        m.add(rule, name, m.swu(d, files), **more)
    good = s.description(img)
    for name, d in {
        'colon': good.replace(b' = ', b' : '),
        'commas': good.replace(b';', b','),
        'no-ends': good.replace(b';', b' '),
        'comments': b'# one\n// two\n/* three\n */' + good + b'# four\n',
        'comment-at-end': good + b'# no end',
        'open-comment': good + b'/* no end',
        'open-text': good + b'"no end',
        'crlf': good.replace(b'\n', b'\r\n'),
        'tabs': good.replace(b' ', b'\t\f'),
        'joined': good.replace(b'"1.0.0"', b'"1." "0." /* */ "0"'),
        'escape': good.replace(b'"1.0.0"', b'"1\\x2e0.0"'),
        'backslash': good.replace(b'"1.0.0"', b'"1.\\0.0"'),
        'numbers': b'a = 1; b = -2; c = 0xF; d = 10L; e = 1.5e3; f = .5; '
                   b'g = TRUE; h = (); i = []; j = {}; k = +7; l = 1.; '
                   b'm = 0XFFLL; n = 99999999999;\n' + good,
        'mixed-list': b'a = (1, "x", [2, 3], {b = 1;}, (4));\n' + good,
        'mixed-array': b'a = [1, "x"];\n' + good,
        'int64-array': b'a = [1, 99999999999];\n' + good,
        'list-in-array': b'a = [(1)];\n' + good,
        'comma-at-end': b'a = (1, 2,);\n' + good,
        'array-comma-at-end': b'a = [1, 2,];\n' + good,
        'two-ends': b'a = 1;;\n' + good,
        'twice': b'a = 1; a = 2;\n' + good,
        'name-true': b'true = 1;\n' + good,
        'star': b'*a-b_c = 1;\n' + good,
        'digit-name': b'1a = 1;\n' + good,
        'no-value': b'a = ;\n' + good,
        'garbage': good + b'$',
        'high': b'\xc3\xa4 = 1;\n' + good,
        'no-brace': good.replace(b'};', b''),
        'signed-hex': b'a = -0x1F;\n' + good,
        'empty': b'',
        'blank': b'\n\n',
        'latin': b'a = "\xe4\xff";\n' + good,
    }.items():
        case('SWUPDATE-16', 'syntax-' + name, d)
    case('SWUPDATE-17', 'no-version', s.description(img, version=None))
    case('SWUPDATE-17', 'number-version', s.description(img, version=3))
    case('SWUPDATE-17', 'empty-version', s.description(img, version=''))
    case('SWUPDATE-18', 'nothing', s.description())
    case('SWUPDATE-18', 'no-filename', s.description(
        ('images', {'device': '/dev/null', 'sha256': s.sha256(DATA)})))
    case('SWUPDATE-18', 'variables', s.description(
        ('bootenv', {'name': 'a', 'value': 'b'})))
    case('SWUPDATE-20', 'uboot', s.description(
        img, ('uboot', {'name': 'a', 'value': 'b'})))
    case('SWUPDATE-20', 'boot-script', s.description(
        img, ('uboot', {'filename': 'c.sh', 'type': 'uboot'})),
        (('a.bin', DATA), ('c.sh', SH)))
    case('SWUPDATE-20', 'boot-script-type', s.description(
        img, ('uboot', {'filename': 'c.sh'})),
        (('a.bin', DATA), ('c.sh', SH)))
    case('SWUPDATE-20', 'boot-script-missing', s.description(
        img, ('uboot', {'filename': 'c.sh', 'type': 'uboot'})))
    case('SWUPDATE-20', 'partition', s.description(
        img, ('partitions', {'type': 'diskpart', 'device': '/dev/x'})))
    case('SWUPDATE-20', 'partition-incomplete', s.description(
        img, ('partitions', {'type': 'diskpart'})))
    case('SWUPDATE-20', 'partition-file', s.description(
        img, ('partitions', {'type': 'diskpart', 'device': '/dev/x',
                             'filename': 'nothere'})))
    links(m, case)
    values(m, case)
    packed(m)
    json(m, case)


def links(m, case):
    img = s.image(DATA)[1]
    lists = {'images': (img,)}
    good = {'version': '1.0.0', 'hardware-compatibility': ['1.0']}

    def soft(**more):
        return ('software = %s;' % s.text(dict(good, **more))).encode()
    case('SWUPDATE-16', 'board', soft(board=lists))
    case('SWUPDATE-16', 'other-board', soft(other=lists))
    # Later versions go on with names that they have freed.
    if not m.later:
        case('SWUPDATE-16', 'board-link', soft(
            board={'ref': '#./other'}, other=lists))
    else:
        case('SWUPDATE-16', 'group-of-group', soft(images={'x': img}))
        case('SWUPDATE-16', 'group-of-groups', soft(
            images={'w': {'a': 'b'}, 'x': img}))
        case('SWUPDATE-16', 'number-for-list', soft(images=7))
        case('SWUPDATE-21', 'size', soft(images=(dict(
            img, size=len(DATA)),)))
        case('SWUPDATE-21', 'size-other', soft(images=(dict(
            img, size=len(DATA) + 1),)))
    case('SWUPDATE-16', 'board-link-away', soft(
        board={'ref': '#./nowhere'}, images=(img,)))
    case('SWUPDATE-16', 'link-circle', soft(
        board={'ref': '#./other'}, other={'ref': '#./board'}))
    case('SWUPDATE-16', 'list-link', soft(
        images=({'ref': '#./more'},), more=(img,)))
    case('SWUPDATE-16', 'list-link-down', soft(
        images=({'ref': '#./../more'},), more=(img,)))
    case('SWUPDATE-16', 'list-link-root', soft(
        images=({'ref': '#software/more'},), more=(img,)))
    case('SWUPDATE-16', 'list-link-away', soft(
        images=(img, {'ref': '#./nowhere'})))
    case('SWUPDATE-16', 'list-link-bad', soft(
        images=(img, {'ref': 'more'}), more=(img,)), unsaid=True)
    case('SWUPDATE-16', 'list-link-up', soft(
        images=({'ref': '#../../../x'}, img)))
    for name, select in (('set', 'stable,main'), ('set-other', 'stable,copy'),
                         ('set-none', None)):
        setting = dict(AT, select=select) if select else dict(AT)
        case('SWUPDATE-16', 'select-' + name, soft(
            stable={'main': lists}), set=setting)
    case('SWUPDATE-16', 'select-board', soft(
        board={'stable': {'main': lists}}),
        set=dict(AT, select='stable,main'))
    case('SWUPDATE-16', 'set-version', soft(stable={'main': dict(
        lists, version='9')}), set=dict(AT, select='stable,main',
                                        **{'max-version': '5'}))
    case('SWUPDATE-16', 'group-for-list', soft(images=img))


def values(m, case):
    for name, more in {
        'offset': {'offset': '1M'}, 'offset-number': {'offset': 512},
        'offset-bad': {'offset': 'far'}, 'offset-hex': {'offset': '0x10'},
        'offset-letter': {'offset': '10Q'},
        'offset-large': {'offset': '99999999999999999999'},
        'offset-empty': {'offset': ''}, 'offset-minus': {'offset': '-1'},
        'zip': {'compressed': 'zip'}, 'direct': {'installed-directly': True},
        'direct-one': {'installed-directly': 1},
        'encrypted': {'encrypted': True},
        'properties': {'properties': {'a': 'b', 'c': ['d', 'e']}},
        'data': {'data': 'x'}, 'volume': {'volume': 'v'},
    }.items():
        case('SWUPDATE-22' if name == 'encrypted' else 'SWUPDATE-19',
             'value-' + name, s.description(s.image(DATA, **more)))
    good = gzip.compress(DATA, mtime=0)
    for name, data, kind in (
            ('gzip', good, 'zlib'), ('gzip-cut', good[:-9], 'zlib'),
            ('gzip-header', good[:3], 'zlib'), ('one-byte', b'x', 'zlib'),
            ('no-gzip', DATA, 'zlib'), ('zlib', zlib.compress(DATA), 'zlib'),
            ('method', good[:2] + b'\7' + good[3:], 'zlib'),
            ('flags', good[:3] + b'\x80' + good[4:], 'zlib'),
            ('zstd', ZSTD, 'zstd'), ('no-zstd', DATA, 'zstd'),
            ('zstd-magic', b'\x29' + ZSTD[1:], 'zstd'),
            ('zstd-cut', ZSTD[:3], 'zstd'), ('gzip-as-zstd', good, 'zstd'),
            ('zstd-as-gzip', ZSTD, 'zlib'), ('packed-not', DATA, None)):
        more = {'compressed': kind} if kind else {}
        case('SWUPDATE-22', 'packed-' + name, s.description(
            s.image(data, **more)), files=(('a.bin', data),))
    case('SWUPDATE-15', 'no-type', s.description(('images', {
        'filename': 'a.bin', 'sha256': s.sha256(DATA)})))


def noise(length, start=1):
    """Bytes that hardly pack, always the same ones."""
    out, x = bytearray(), start
    while len(out) < length:
        x = (x * 1664525 + 1013904223) & 0xffffffff
        out.append(x >> 24)
    return bytes(out)


def change(data, at, by=0x55):
    out = bytearray(data)
    out[at] ^= by
    return bytes(out)


def gzipped(data, level=6):
    return gzip.compress(data, level, mtime=0)


def zstd(data, *words):
    return subprocess.run(['zstd', '-q', '-c', *words], input=data,
                          capture_output=True, check=True).stdout


PIECE = 16384   # what SWUpdate reads at once


def exactly(length, start):
    """A gzip stream of just that length; what it packs hardly packs."""
    size = length - 23
    while True:
        out = gzipped(noise(size, start), 0)
        if len(out) >= length:
            return out if len(out) == length else None
        size += 1


def packed(m):
    """SWUPDATE-22: what is packed, beyond its first bytes."""
    def case(name, data, kind, item=s.image, hashed=None, file='a.bin',
             **more):
        more = dict({'compressed': kind, 'sha256': s.sha256(
            data if hashed is None else hashed)}, **more)
        m.add('SWUPDATE-22', 'stream-' + name, m.plain(
            item(data, file, **more), files=((file, data),)))
    long = noise(70000)
    gz, zs = gzipped(long), zstd(long)
    text = DATA * 400
    for kind, good, small in (('zlib', gz, gzipped(text)),
                              ('zstd', zs, zstd(text))):
        case(kind, good, kind)
        case(kind + '-text', small, kind)
        for at in (1, 20, 1000, 20000, 40000, len(good) - 9, len(good) - 3):
            case('%s-cut-%d' % (kind, at), good[:at], kind)
            case('%s-changed-%d' % (kind, at), change(good, at), kind)
        for at in (12, len(small) // 2, len(small) - 1):
            case('%s-text-changed-%d' % (kind, at), change(small, at), kind)
        case(kind + '-empty', b'', kind)
        case(kind + '-behind', good + b'more', kind)
        case(kind + '-behind-zeros', good + b'\0' * 9, kind)
        case(kind + '-behind-long', good + noise(40000, 7), kind)
        case(kind + '-two', good + small, kind)
        case(kind + '-broken-second', good + change(small, 15), kind)
        case(kind + '-short-behind', small + b'more', kind)
        case(kind + '-short-behind-long', small + noise(40000, 7), kind)
        case(kind + '-file', good, kind, s.plain_file)
        case(kind + '-file-changed', change(good, 9000), kind, s.plain_file)
        case(kind + '-script', small, kind, s.script)
        case(kind + '-script-changed', change(small, len(small) // 2), kind,
             s.script)
        case(kind + '-script-cut', small[:-12], kind, s.script)
        for type in ('archive', 'flash', 'ubivol', 'uboot', 'dummy',
                     'rdiff_image'):
            case('%s-%s' % (kind, type), good, kind, type=type)
            case('%s-%s-changed' % (kind, type), change(good, 5000), kind,
                 type=type)
        direct = {'installed-directly': True}
        case(kind + '-direct', good, kind, **direct)
        case(kind + '-direct-cut', good[:-40], kind, **direct)
        case(kind + '-direct-changed', change(good, 30000), kind, **direct)
        case(kind + '-direct-other-changed', change(good, 30000), kind,
             hashed=good, **direct)
        case(kind + '-direct-behind', small + b'more', kind, **direct)
        case(kind + '-direct-behind-long', small + noise(40000, 7), kind,
             **direct)
    case('zlib-level-9', gzipped(long, 9), 'zlib')
    case('zlib-stored', gzipped(long, 0), 'zlib')
    case('zlib-flag', gz, True)
    case('zlib-flag-changed', change(gz, 9000), True)
    case('zlib-false', change(gz, 9000), False)
    case('zstd-check', zstd(long, '--check'), 'zstd')
    case('zstd-check-changed', change(zstd(long, '--check'), -1), 'zstd')
    case('zstd-19', zstd(text, '-19'), 'zstd')
    case('zstd-skippable', bytes.fromhex('502a4d1803000000') + b'abc' + zs,
         'zstd')
    case('zstd-skippable-behind', zs + bytes.fromhex('5f2a4d1803000000') +
         b'abc', 'zstd')
    case('zstd-skippable-cut', bytes.fromhex('502a4d1830000000') + b'abc',
         'zstd')
    # Frames that ask for windows of 128 and 256 MiB, and for a dictionary.
    # Source: RFC 8878, 3.1.1.1.
    case('zstd-window', bytes.fromhex('28b52ffd0088010000'), 'zstd')
    case('zstd-window-large', bytes.fromhex('28b52ffd0090010000'), 'zstd')
    case('zstd-dictionary', bytes.fromhex('28b52ffd217700010000'), 'zstd')
    case('zstd-reserved', bytes.fromhex('28b52ffd2800010000'), 'zstd')
    case('zstd-block-type', bytes.fromhex('28b52ffd2000070000'), 'zstd')
    # Where the stream ends at the end of a piece, one more is read.
    for start in range(1, 4):
        whole = exactly(PIECE, start)
        if whole:
            case('zlib-piece', whole, 'zlib')
            case('zlib-piece-behind', whole + b'more', 'zlib')
            case('zlib-piece-behind-long', whole + noise(PIECE + 1, 7),
                 'zlib')
            case('zlib-piece-direct-behind', whole + b'more', 'zlib',
                 **{'installed-directly': True})
            break
    for size in (PIECE, 2 * PIECE, 2 * PIECE + 1):
        out = gzipped(b'x' * size)
        case('zlib-becomes-%d' % size, out, 'zlib')
        case('zlib-becomes-%d-behind' % size, out + noise(2 * PIECE, 7),
             'zlib')
    # The digest of what is read of it, in place of all of it.
    small = gzipped(text)
    behind = small + noise(2 * PIECE - len(small) + 100, 7)
    case('zlib-prefix', behind, 'zlib', hashed=behind[:PIECE])
    case('zlib-prefix-direct', behind, 'zlib', hashed=behind[:PIECE],
         **{'installed-directly': True})
    for name, item, more in (
            ('script', s.script, {}), ('image', s.image, {}),
            ('partition', lambda data, file, **more: ('partitions', dict(
                {'filename': file, 'type': 'diskpart', 'device': '/dev/x'},
                **more)), {})):
        m.add('SWUPDATE-9', 'direct-%s' % name, m.plain(
            s.image(TEXT, 'other'), item(SH, 'c', **dict(
                more, **{'installed-directly': True})),
            files=(('other', TEXT), ('c', SH))))
        m.add('SWUPDATE-9', 'direct-%s-empty' % name, m.plain(
            s.image(TEXT, 'other'), item(b'', 'c', **dict(
                more, **{'installed-directly': True})),
            files=(('other', TEXT), ('c', b''))))
    m.add('SWUPDATE-9', 'direct-second', m.plain(
        s.image(DATA), s.image(DATA, **{'installed-directly': True})))
    m.add('SWUPDATE-9', 'direct-script-of-image', m.plain(
        s.image(DATA, **{'installed-directly': True}),
        s.script(DATA, 'a.bin')))


def json(m, case):
    one = '{"filename": "a.bin", "device": "/dev/null", "sha256": "%s"%s}'
    body = one % (s.sha256(DATA), '')
    top = ('{"software": {"version": "1.0.0", "hardware-compatibility": '
           '["1.0"], %s}}')
    for name, d in {
        'good': top % ('"images": [%s]' % body),
        'escape': top % ('"images": [%s]' % body.replace('a.bin',
                                                         'a\\u002ebin')),
        'link': top % ('"images": [{"ref": "#./more"}], "more": [%s]' % body),
        'flag': top % ('"images": [%s]' % (
            one % (s.sha256(DATA), ', "installed-directly": true'))),
        'cut': (top % ('"images": [%s]' % body))[:-9],
        'array': '[1, 2]', 'text': '"software"', 'word': 'null',
        'no-version': '{"software": {"images": [%s]}}' % body,
        'twice': top % ('"images": [], "images": [%s]' % body),
    }.items():
        case('SWUPDATE-16', 'json-' + name, d.encode())
    if m.later:
        for name, d in {
            'group': top % ('"images": %s' % body),
            'number': top % '"images": 7',
            'text-list': top % '"images": "a.bin"',
        }.items():
            case('SWUPDATE-16', 'json-' + name, d.encode())


def hashes(m):
    """SWUPDATE-9, -15: files."""
    def case(name, *items, files=(('a.bin', DATA),), rule='SWUPDATE-9',
             **more):
        m.add(rule, name, m.plain(*items, files=files), **more)
    img = s.image(DATA)
    digest = s.sha256(DATA)
    all_files = (('a.bin', DATA), ('b.txt', TEXT), ('c.sh', SH))
    case('three', img, s.plain_file(TEXT), s.script(SH), files=all_files)
    case('any-order', img, s.plain_file(TEXT), s.script(SH),
         files=all_files[::-1])
    case('no-hash', s.image(DATA, sha256=s.Raw('1')))
    case('zero-hash', s.image(DATA, sha256='0' * 64))
    case('upper-hash', s.image(DATA, sha256=digest.upper()))
    case('short-hash', s.image(DATA, sha256=digest[:-2]))
    case('long-hash', s.image(DATA, sha256=digest + '00'))
    case('odd-hash', s.image(DATA, sha256='g' + digest[1:]))
    case('other-hash', s.image(TEXT))
    case('script-no-hash', img, ('scripts', {'filename': 'c.sh',
                                             'type': 'shellscript'}),
         files=all_files)
    case('script-other', img, s.script(TEXT), files=all_files)
    case('script-missing', img, s.script(SH))
    case('script-no-data', img, ('scripts', {'type': 'toggleboot'}))
    case('missing', img, s.image(DATA, 'z.bin'))
    case('missing-all', files=())
    case('changed', files=(('a.bin', DATA[:-1] + b'!'),))
    case('empty-file', s.image(b''), files=(('a.bin', b''),))
    case('twice', files=(('a.bin', DATA), ('a.bin', DATA)))
    case('twice-other', files=(('a.bin', DATA), ('a.bin', TEXT)))
    case('named-twice', img, img)
    case('named-twice-other', s.image(TEXT), img)
    case('named-twice-other-last', img, s.image(TEXT))
    case('both-kinds', img, s.script(DATA, 'a.bin'))
    case('direct-sum', s.image(DATA, **{'installed-directly': True}))
    m.add('SWUPDATE-9', 'direct-wrong-sum', s.whole(
        m.plain(s.image(DATA, **{'installed-directly': True}), files=())
        .split(s.END)[0] + s.entry('a.bin', DATA, sum=5) + s.END))
    case('direct-other', s.image(TEXT, **{'installed-directly': True}))
    for kind in ('raw', 'rawfile', 'archive', 'uboot', 'shellscript', 'lua',
                 'nothing', 'RAW', 'ubivol', 'flash', 'delta', 'dummy',
                 'rdiff_image', 'gptpart', 'diskpart'):
        case('image-' + kind, s.image(DATA, type=kind), rule='SWUPDATE-15')
    for kind in ('shellscript', 'preinstall', 'postinstall', 'lua', 'raw',
                 'readback', 'toggleboot', 'ubiswap', 'copy'):
        case('script-' + kind, img, s.script(SH, type=kind), files=all_files,
             rule='SWUPDATE-15')
    case('default-script', img, ('scripts', {'filename': 'c.sh',
                                             'sha256': s.sha256(SH)}),
         files=all_files, rule='SWUPDATE-15')


def limits(m):
    """SWUPDATE-10, -11, -12"""
    for name, hardware, at in (
            ('revision', ['1.0'], 'board:1.0'),
            ('second', ['0.9', '1.0'], 'other:1.0'),
            ('other', ['1.1'], 'board:1.0'),
            ('prefix', ['1.0'], 'board:1.0.1'),
            ('case', ['A'], 'board:a'),
            ('empty-list', [], 'board:1.0'),
            ('regex', ['#RE:^1\\\\.[0-9]+$'], 'board:1.25'),
            ('regex-not', ['#RE:^1\\\\.[0-9]+$'], 'board:1.x'),
            ('regex-open', ['#RE:1'], 'board:x1y'),
            ('regex-set', ['#RE:^[^a-c][[:digit:]]$'], 'board:d7'),
            ('regex-set-not', ['#RE:^[^a-c][[:digit:]]$'], 'board:b7'),
            ('regex-group', ['#RE:^(a|bc)+d?$'], 'board:abcabcd'),
            ('regex-group-not', ['#RE:^(a|bc)+d?$'], 'board:abcabdd'),
            ('regex-star', ['#RE:^a*b.c$'], 'board:bxc'),
            ('regex-alternatives', ['#RE:^x$|^1[.]0$'], 'board:1.0'),
            ('regex-count', ['#RE:^a{3}$'], 'board:aaa'),
            ('regex-count-less', ['#RE:^a{3}$'], 'board:aa'),
            ('regex-count-more', ['#RE:^a{3}$'], 'board:aaaa'),
            ('regex-count-none', ['#RE:^xa{0}y$'], 'board:xy'),
            ('regex-count-none-not', ['#RE:^xa{0}y$'], 'board:xay'),
            ('regex-count-open', ['#RE:^[0-9]{2,}[.]0$'], 'board:123.0'),
            ('regex-count-open-not', ['#RE:^[0-9]{2,}[.]0$'], 'board:1.0'),
            ('regex-count-any', ['#RE:^xb{0,}y$'], 'board:xbbby'),
            ('regex-count-range', ['#RE:^(ab|c){1,3}$'], 'board:abcab'),
            ('regex-count-range-not', ['#RE:^(ab|c){1,3}$'],
             'board:abcabc'),
            ('regex-count-optional', ['#RE:^v{0,1}1[.]0$'], 'board:1.0'),
            ('regex-count-nested', ['#RE:^(([0-9]{1,2})[.]?){3}$'],
             'board:1.22.3'),
            ('regex-count-nested-not', ['#RE:^(([0-9]{1,2})[.]?){3}$'],
             'board:1.222.3.4'),
            ('regex-count-twice', ['#RE:^a{2}{2}$'], 'board:aaaa'),
            ('regex-count-star', ['#RE:^(ab*){2}$'], 'board:abbba'),
            ('regex-count-wrong', ['#RE:^a{3,2}$'], 'board:aaa'),
            ('regex-bad', ['#RE:[1'], 'board:1.0'),
            ('regex-empty', ['#RE:'], 'board:1.0'),
            ('colons', ['a:b'], 'board:a:b')):
        m.add('SWUPDATE-10', 'hw-' + name, m.plain(hardware=hardware),
              set={'hardware': at})
    m.add('SWUPDATE-10', 'hw-no-list', m.plain(hardware=None))
    m.add('SWUPDATE-10', 'hw-text', m.plain(hardware=None, **{
        'hardware-compatibility': '1.0'}))
    for option, version, limit in (
            ('no-downgrading', '1.0.0', '1.0.0'),
            ('no-downgrading', '1.0.0', '1.0.1'),
            ('no-downgrading', '1.0.0', '0.9'),
            ('no-downgrading', '1.0', '1.0.0.1'),
            ('no-downgrading', '1.10', '1.9'),
            ('no-downgrading', '1.2.3.4.5', '1.2.3.4.6'),
            ('no-downgrading', '70000.1', '60000.1'),
            ('no-downgrading', '1.0.0-rc1', '1.0.0'),
            ('no-downgrading', '1.0.0-rc.2', '1.0.0-rc.10'),
            ('no-downgrading', '1.0.0-rc.b', '1.0.0-rc.10'),
            ('no-downgrading', '1.0.0-a.b', '1.0.0-a'),
            ('no-downgrading', '1.0.0+x', '1.0.0+y'),
            ('no-downgrading', 'release-2022-9', 'release-2022-10'),
            ('no-downgrading', 'release-2022-10', 'release-2022-9'),
            ('no-downgrading', 'b', 'a'), ('no-downgrading', 'a', 'b'),
            ('no-downgrading', '1_0', '1.0'),
            ('no-downgrading', '1..2', '1.2'),
            ('no-downgrading', '', '0'),
            ('max-version', '1.0.0', '1.0.0'),
            ('max-version', '1.0.0', '0.9.9'),
            ('max-version', '1.0.0', '2'),
            ('no-reinstalling', '1.0.0', '1.0.0'),
            ('no-reinstalling', '1.0.0', '1.0'),
            ('no-reinstalling', '1.0', '1.0.0')):
        m.add('SWUPDATE-11', '%s-%s-%s' % (option, version, limit),
              m.plain(version=version), set=dict(AT, **{option: limit}))


def installed(m):
    """SWUPDATE-12: what the device has already, as its configuration says."""
    def case(name, versions, *items, files=(('a.bin', DATA),), **more):
        config = 'globals : { verbose = true; };\nversions : ( %s );\n' % ', '.join(
            '{ name = "%s"; version = "%s"; }' % v for v in versions)
        listed = ''.join('%s %s\n' % v for v in versions)
        m.add('SWUPDATE-12', 'installed-' + name, m.plain(*items,
                                                         files=files),
              config=config, **{'sw-versions': m.write(
                  'versions-%s-%s' % (m.kind, name), listed.encode())},
              **more)

    def item(how, version='1.2', name='app', data=DATA, **more):
        return s.image(data, **dict({'name': name, 'version': version,
                                     'install-if-' + how: True}, **more))
    other = ('b.bin', TEXT)
    rest = s.image(TEXT, 'b.bin')
    for how in ('different', 'higher'):
        for version in ('1.1', '1.2', '1.3', '1.2.0', '1.2-rc1', 'x'):
            case('%s-%s' % (how, version), [('app', version)], item(how),
                 rest, files=(other,))
            case('%s-%s-there' % (how, version), [('app', version)],
                 item(how), rest, files=(('a.bin', DATA), other))
        case(how + '-alone', [('app', '1.2')], item(how), files=())
        case(how + '-other-name', [('App', '1.2')], item(how), rest,
             files=(other,))
        case(how + '-nothing-there', [('b', '9')], item(how), rest,
             files=(other,))
        case(how + '-no-version', [('app', '1.2')], item(how, version=''),
             rest, files=(other,))
        case(how + '-second', [('b', '1'), ('app', '1.2')], item(how), rest,
             files=(other,))
        case(how + '-wrong-data', [('app', '1.2')], item(how), rest,
             files=(('a.bin', TEXT), other))
        case(how + '-false', [('app', '1.2')], item(
            how, **{'install-if-' + how: False}), rest, files=(other,))
        case(how + '-script', [('app', '1.2')], s.script(
            SH, name='app', version='1.2', **{'install-if-' + how: True}),
            rest, files=(other,))


def all_of(folder, profile):
    m = Maker(folder, profile)
    archive(m)
    keys(m)
    describe(m)
    hashes(m)
    limits(m)
    installed(m)
    if m.kind == 'cms':
        swupdate_cms.all_cases(m, DATA)
    return m.cases
