"""The cases for builds of SWUpdate that verify CMS: keys of a little PKI, and
what is signed with them. SWUPDATE-5 to -8, OPENSSL-1 to -10."""
import os
import shutil

import swupdates as s

CA = 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n'
AKID = 'authorityKeyIdentifier=keyid:always\n'
NOW = 1800000000	# in 2027
DAY = 86400

# name: (issuer or None, extensions, first and last day from NOW on)
PEOPLE = {
    'root': (None, CA, -3000, 3000),
    'other-root': (None, CA, -3000, 3000),
    'middle': ('root', CA, -2000, 2000),
    'leaf': ('root', '', -1000, 1000),
    'deep': ('middle', '', -1000, 1000),
    'stranger': ('other-root', '', -1000, 1000),
    'expired': ('root', '', -1000, -10),
    'early': ('root', '', 10, 1000),
    'old-root': (None, CA, -3000, -5),
    'under-old': ('old-root', '', -1000, 1000),
    'old-middle': ('root', CA, -2000, -5),
    'under-old-middle': ('old-middle', '', -1000, 1000),
    'mail': ('root', 'extendedKeyUsage=emailProtection\n', -9, 999),
    'code': ('root', 'extendedKeyUsage=codeSigning\n', -9, 999),
    'both-uses': ('root', 'extendedKeyUsage=codeSigning,emailProtection\n',
                  -9, 999),
    'server': ('root', 'extendedKeyUsage=serverAuth\n', -9, 999),
    'any-use': ('root', 'extendedKeyUsage=anyExtendedKeyUsage\n', -9, 999),
    'sign-use': ('root', 'keyUsage=digitalSignature\n', -9, 999),
    'deny-use': ('root', 'keyUsage=nonRepudiation\n', -9, 999),
    'cipher-use': ('root', 'keyUsage=keyEncipherment\n', -9, 999),
    'code-cipher': ('root', 'keyUsage=keyEncipherment\n'
                    'extendedKeyUsage=codeSigning\n', -9, 999),
    'code-ca': ('root', CA + 'extendedKeyUsage=codeSigning\n', -9, 999),
    'mail-ca': ('root', CA + 'extendedKeyUsage=emailProtection\n', -9, 999),
    'code-under-code': ('code-ca', 'extendedKeyUsage=codeSigning\n', -9, 999),
    'code-under-mail': ('mail-ca', 'extendedKeyUsage=codeSigning\n', -9, 999),
    'plain-under-code': ('code-ca', '', -9, 999),
    'no-ca': ('root', 'basicConstraints=critical,CA:FALSE\n', -9, 999),
    'under-no-ca': ('no-ca', '', -9, 999),
    'short-path': ('root', 'basicConstraints=critical,CA:TRUE,pathlen:0\n',
                   -9, 999),
    'long-middle': ('short-path', CA, -9, 999),
    'under-long': ('long-middle', '', -9, 999),
    'self': (None, 'basicConstraints=critical,CA:FALSE\n', -9, 999),
    'critical': ('root', '1.2.3.4=critical,DER:0500\n', -9, 999),
    'weak': ('root', '', -9, 999),
}
ALGORITHM = {'weak': ['RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
             'ec': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
             'ec384': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384']}
PEOPLE['ec'] = PEOPLE['ec384'] = ('root', '', -9, 999)
# Long keys, and roots on curves.
for bits in ('3072', '4096'):
    ALGORITHM['rsa' + bits] = ['RSA', '-pkeyopt', 'rsa_keygen_bits:' + bits]
ALGORITHM['ec-root'] = ALGORITHM['under-ec'] = ALGORITHM['ec']
PEOPLE['rsa4096'] = (None, CA, -3000, 3000)
PEOPLE['rsa3072'] = ('rsa4096', AKID, -9, 999)
PEOPLE['ec-root'] = (None, CA, -3000, 3000)
PEOPLE['under-ec'] = ('ec-root', '', -9, 999)
SUBJECT = {'two-names': '/CN=first/CN=second', 'same-names': '/CN=x/CN=x',
           'no-name': '/O=somebody', 'utf8': '/CN=Käthe'}
for one in SUBJECT:
    PEOPLE[one] = ('root', '', -9, 999)
# A root with the name of another one; one that was renewed with its key.
SUBJECT['twin'] = '/CN=root'
PEOPLE['twin'] = (None, CA, -3000, 3000)
PEOPLE['by-id'] = ('root', AKID, -9, 999)
PEOPLE['under-twin'] = ('twin', AKID, -9, 999)
PEOPLE['renewed'] = (None, CA, -20, 3000)
SUBJECT['renewed'] = '/CN=old-root'
KEY = {'renewed': 'old-root'}


def day(days):
    import time
    return time.strftime('%Y%m%d%H%M%SZ', time.gmtime(NOW + days * DAY))


def make_people(m):
    """Keys and certificates, with the dates that the table says."""
    with open(m.path('ca.cnf'), 'w') as f:
        f.write('[ca]\ndefault_ca=x\n[x]\ndatabase=index\nnew_certs_dir=.\n'
                'rand_serial=yes\ndefault_md=sha256\npolicy=p\n'
                'unique_subject=no\n'
                '[p]\ncommonName=optional\norganizationName=optional\n')
    m.write('index', b'')
    for name, (issuer, extensions, first, last) in PEOPLE.items():
        algorithm = ALGORITHM.get(name, ['RSA', '-pkeyopt',
                                         'rsa_keygen_bits:2048'])
        if name in KEY:
            shutil.copy(m.path(KEY[name] + '.key'), m.path(name + '.key'))
        else:
            s.openssl(m.folder, 'genpkey', '-algorithm', *algorithm, '-out',
                      name + '.key')
        s.openssl(m.folder, 'req', '-new', '-utf8', '-key', name + '.key',
                  '-subj', SUBJECT.get(name, '/CN=%s' % name), '-out',
                  name + '.csr')
        m.write('ext', ('[v3]\nsubjectKeyIdentifier=hash\n' +
                        extensions).encode())
        by = ['-selfsign', '-keyfile', name + '.key'] if not issuer else [
            '-cert', issuer + '.crt', '-keyfile', issuer + '.key']
        s.openssl(m.folder, 'ca', '-config', 'ca.cnf', '-batch', '-notext',
                  '-in', name + '.csr', '-out', name + '.crt', '-extfile',
                  'ext', '-extensions', 'v3', '-startdate', day(first),
                  '-enddate', day(last), '-preserveDN', *by)


def cat(m, name, *people):
    """A file of certificates, in order."""
    data = b''.join(open(m.path(p + '.crt'), 'rb').read() for p in people)
    return m.write(name, data)


def sign(m, text, *signers, inside=(), how=(), form='DER', certs=True):
    m.write('text', text)
    words = ['cms', '-sign', '-in', 'text', '-outform', form, '-binary',
             '-nosmimecap']
    for one in signers:
        words += ['-signer', one + '.crt', '-inkey', one + '.key']
    words += how
    if inside:
        words += ['-certfile', cat(m, 'inside.pem', *inside)]
    if not certs:
        words.append('-nocerts')
    return s.openssl(m.folder, *words)


def all_cases(m, data):
    make_people(m)
    d = s.description(s.image(data))
    root = cat(m, 'root.pem', 'root')

    def add(rule, name, signature, trust=root, at=NOW, **more):
        more.setdefault('set', {'hardware': 'board:1.0'})
        m.add(rule, 'cms-' + name, m.swu(d, (('a.bin', data),), signature),
              key=trust, at=str(at), **more)

    def by(*signers, **more):
        return sign(m, d, *signers, **more)
    add('OPENSSL-4', 'under-root', by('leaf'))
    add('OPENSSL-4', 'stranger', by('stranger'))
    add('OPENSSL-4', 'two-roots', by('stranger'),
        cat(m, 'roots.pem', 'root', 'other-root'))
    add('SWUPDATE-7', 'middle-inside', by('deep', inside=['middle']))
    add('OPENSSL-6', 'middle-missing', by('deep'))
    add('SWUPDATE-7', 'middle-trusted', by('deep'),
        cat(m, 'chain.pem', 'root', 'middle'))
    add('OPENSSL-4', 'middle-alone', by('deep'), cat(m, 'mid.pem', 'middle'))
    add('OPENSSL-4', 'leaf-pinned', by('leaf'), cat(m, 'leaf.pem', 'leaf'))
    add('OPENSSL-4', 'self', by('self'), cat(m, 'self.pem', 'self'))
    add('OPENSSL-4', 'self-unknown', by('self'))
    add('OPENSSL-4', 'root-inside', by('stranger', inside=['other-root']))
    add('OPENSSL-4', 'root-signs', by('root'))
    add('OPENSSL-1', 'no-certificate', by('leaf', certs=False))
    add('OPENSSL-1', 'no-certificate-trusted', by('leaf', certs=False),
        cat(m, 'with-leaf.pem', 'root', 'leaf'))
    for name in ('expired', 'early', 'under-old-middle'):
        add('OPENSSL-7', name, by(name, inside=['old-middle']))
    add('OPENSSL-7', 'expired-then', by('expired'), at=NOW - 100 * DAY)
    add('OPENSSL-7', 'early-later', by('early'), at=NOW + 100 * DAY)
    add('OPENSSL-7', 'in-1970', by('leaf'), at=100)
    add('OPENSSL-7', 'far-ahead', by('leaf'), at=NOW + 2999 * DAY)
    add('OPENSSL-7', 'old-root', by('under-old'), cat(m, 'old.pem',
                                                     'old-root'))
    add('OPENSSL-7', 'old-middle-trusted', by('under-old-middle'),
        cat(m, 'old-chain.pem', 'root', 'old-middle'))
    add('OPENSSL-7', 'renewed', by('under-old'), cat(m, 'renewed.pem',
                                                    'renewed'))
    add('OPENSSL-7', 'renewed-behind', by('under-old'),
        cat(m, 'both-old.pem', 'old-root', 'renewed'))
    add('OPENSSL-7', 'renewed-before', by('under-old'),
        cat(m, 'both-new.pem', 'renewed', 'old-root'))
    add('OPENSSL-4', 'by-id', by('by-id'))
    add('OPENSSL-4', 'by-id-twin', by('by-id'), cat(m, 'twin.pem', 'twin'))
    add('OPENSSL-4', 'by-id-twins', by('by-id'),
        cat(m, 'twins.pem', 'twin', 'root'))
    add('OPENSSL-4', 'under-twin', by('under-twin'),
        cat(m, 'twins2.pem', 'root', 'twin'))
    add('OPENSSL-4', 'under-twin-unknown', by('under-twin'))
    for name in ('mail', 'code', 'both-uses', 'server', 'any-use', 'sign-use',
                 'deny-use', 'cipher-use', 'code-cipher', 'leaf'):
        for purpose in ('', 'codeSigning', 'emailProtection'):
            setting = {'hardware': 'board:1.0'}
            if purpose:
                setting['cert-purpose'] = purpose
            add('OPENSSL-3', 'use-%s-%s' % (name, purpose or 'none'),
                by(name), set=setting)
    code = {'hardware': 'board:1.0', 'cert-purpose': 'codeSigning'}
    for name, ca in (('code-under-code', 'code-ca'),
                     ('code-under-mail', 'mail-ca'),
                     ('plain-under-code', 'code-ca')):
        trust = cat(m, ca + '-chain.pem', 'root', ca)
        add('OPENSSL-3', 'ca-' + name, by(name), trust)
        add('OPENSSL-3', 'ca-code-' + name, by(name), trust, set=code)
    add('OPENSSL-3', 'no-ca', by('under-no-ca'),
        cat(m, 'no-ca.pem', 'root', 'no-ca'))
    add('OPENSSL-3', 'path', by('under-long'),
        cat(m, 'path.pem', 'root', 'short-path', 'long-middle'))
    add('OPENSSL-3', 'critical', by('critical'))
    for name in ('weak', 'ec', 'ec384'):
        add('OPENSSL-8', name, by(name))
    for name, root in (('rsa3072', 'rsa4096'), ('under-ec', 'ec-root')):
        add('OPENSSL-8', name, by(name), cat(m, root + '.pem', root))
    add('OPENSSL-8', 'sha1', by('leaf', how=['-md', 'sha1']))
    add('OPENSSL-10', 'pss', by('leaf', how=['-keyopt',
                                            'rsa_padding_mode:pss']))
    add('OPENSSL-10', 'sha512', by('leaf', how=['-md', 'sha512']))
    add('OPENSSL-10', 'no-attributes', by('leaf', how=['-noattr']))
    add('OPENSSL-10', 'by-key-id', by('leaf', how=['-keyid']))
    # Several signers.
    add('SWUPDATE-6', 'two-good', by('leaf', 'mail'))
    add('SWUPDATE-6', 'good-stranger', by('leaf', 'stranger'))
    add('SWUPDATE-6', 'stranger-good', by('stranger', 'leaf'))
    add('SWUPDATE-6', 'two-strangers', by('stranger', 'self'))
    # The content.
    other = s.description(s.image(data), version='2')
    add('OPENSSL-2', 'other-content', sign(m, other, 'leaf'))
    add('OPENSSL-2', 'other-content-no-attributes',
        sign(m, other, 'leaf', how=['-noattr']))
    add('OPENSSL-2', 'other-content-stranger', sign(m, other, 'stranger'))
    broken = bytearray(by('leaf'))
    broken[-5] ^= 1
    add('OPENSSL-2', 'broken-signature', bytes(broken))
    add('SWUPDATE-5', 'embedded', by('leaf', how=['-nodetach']))
    add('SWUPDATE-5', 'embedded-other', sign(m, other, 'leaf',
                                             how=['-nodetach']))
    # The form.
    add('SWUPDATE-5', 'pem', by('leaf', form='PEM'))
    add('SWUPDATE-5', 'smime', by('leaf', form='SMIME'))
    add('OPENSSL-9', 'more-behind', by('leaf') + b'more')
    add('SWUPDATE-5', 'cut', by('leaf')[:-20])
    add('SWUPDATE-5', 'empty', b'')
    add('SWUPDATE-5', 'garbage', b'garbage')
    m.write('text', d)
    add('SWUPDATE-5', 'data', s.openssl(
        m.folder, 'cms', '-data_create', '-in', 'text', '-outform', 'DER'))
    add('SWUPDATE-5', 'raw', s.openssl(
        m.folder, 'dgst', '-sha256', '-sign', 'leaf.key', 'text'))
    stores(m, add, by)
    names(m, add, by)


def stores(m, add, by):
    pem = {n: open(m.path(n + '.crt'), 'rb').read()
           for n in ('root', 'other-root', 'leaf')}
    key = open(m.path('leaf.key'), 'rb').read()
    for name, text in {
        'text': b'Our root:\n' + pem['root'] + b'and more\n',
        'key-first': key + pem['root'],
        'broken-first': pem['other-root'].replace(b'M', b'!', 3) +
        pem['root'],
        'broken-behind': pem['root'] + pem['other-root'].replace(b'M', b'!',
                                                                 3),
        'twice': pem['root'] + pem['root'],
        'crlf': pem['root'].replace(b'\n', b'\r\n'),
    }.items():
        add('SWUPDATE-5', 'store-' + name, by('leaf'),
            m.write('store-%s.pem' % name, text))
    add('SWUPDATE-2', 'store-der', by('leaf'), m.write(
        'root.der', s.openssl(m.folder, 'x509', '-in', 'root.crt', '-outform',
                              'DER')))
    add('SWUPDATE-2', 'store-key', by('leaf'), 'leaf.key')
    trust = s.openssl(m.folder, 'x509', '-in', 'root.crt', '-addtrust',
                      'emailProtection', '-trustout')
    add('OPENSSL-13', 'store-trusted', by('leaf'), m.write('t1.pem', trust))
    reject = s.openssl(m.folder, 'x509', '-in', 'root.crt', '-addreject',
                       'emailProtection', '-trustout')
    add('OPENSSL-13', 'store-rejected', by('leaf'), m.write('t2.pem', reject))
    server = s.openssl(m.folder, 'x509', '-in', 'root.crt', '-addtrust',
                       'serverAuth', '-trustout')
    add('OPENSSL-13', 'store-server', by('leaf'), m.write('t3.pem', server))
    pin = s.openssl(m.folder, 'x509', '-in', 'leaf.crt', '-addtrust',
                    'emailProtection', '-trustout')
    add('OPENSSL-13', 'store-pinned', by('leaf'), m.write('t4.pem', pin))


def names(m, add, by):
    def asked(name):
        return {'hardware': 'board:1.0', 'forced-signer-name': name}

    def told(name):
        """Builds with wolfSSL have no option for it, only a setting."""
        if '2024.12' not in m.profile:
            return {}
        return {'config': 'globals : { forced-signer-name = "%s"; };\n' %
                name}
    for case, signers, name in (
            ('same', ['leaf'], 'leaf'), ('other', ['leaf'], 'Leaf'),
            ('part', ['leaf'], 'lea'), ('longer', ['leaf'], 'leaf2'),
            ('two-first', ['two-names'], 'first'),
            ('two-second', ['two-names'], 'second'),
            ('two-same', ['same-names'], 'x'),
            ('none', ['no-name'], 'somebody'), ('utf8', ['utf8'], 'Käthe'),
            ('last', ['mail', 'leaf'], 'leaf'),
            ('first', ['leaf', 'mail'], 'leaf'),
            ('stranger', ['stranger'], 'leaf'),
            ('stranger-named', ['stranger'], 'stranger')):
        add('SWUPDATE-8', 'name-' + case, by(*signers), set=asked(name),
            **told(name))
    add('SWUPDATE-8', 'name-no-certificate', by('leaf', certs=False),
        set=asked('leaf'), **told('leaf'))
