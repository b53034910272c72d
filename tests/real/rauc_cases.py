# The cases of tests/real/rauc: what is tried, under the rule that it is about.
# What becomes of each is not told here: the real RAUC tells it.
import struct

import raucb
from rauc_world import Case, IMAGE, config, manifest


class Cases:
    def __init__(self, world):
        self.w = world
        self.all = []
        self.rule = None

    def add(self, name, bundle=None, conf=None, ring=('root',), files=None,
            **how):
        if bundle is None:
            bundle = self.w.verity()
        given = {'keyring.pem': self.w.pem(*ring)} if ring else {}
        given.update(files or {})
        self.all.append(Case('%s %s' % (self.rule, name), self.rule, bundle,
                             conf or config(), given, **how))

    def make(self):
        for part in (self.container, self.keyring, self.decryption,
                     self.forms, self.folders, self.loading, self.revocation,
                     self.partial, self.purposes, self.signing_time,
                     self.signers, self.names, self.formats, self.settings,
                     self.sections, self.payloads, self.manifests,
                     self.plain_manifests, self.chain, self.times,
                     self.algorithms, self.trust_settings,
                     self.attributes):
            part()
        return self.all

    def container(self):
        self.rule = 'RAUC-1'
        good = self.w.verity()
        cms = good[-8 - struct.unpack('>Q', good[-8:])[0]:-8]
        head = good[:-8]
        self.add('as it was made')
        self.add('length 0', head + bytes(8))
        self.add('length beyond the file', head + struct.pack('>Q', 1 << 20))
        self.add('length of 2^63', head + struct.pack('>Q', 1 << 63))
        self.add('one byte more', head + struct.pack('>Q', len(cms) + 1))
        self.add('one byte less', head + struct.pack('>Q', len(cms) - 1))
        self.add('64 KiB of signature',
                 good[:-8 - len(cms)] + cms.ljust(65536, b'\0') +
                 struct.pack('>Q', 65536))
        self.add('a byte beyond 64 KiB',
                 good[:-8 - len(cms)] + cms.ljust(65537, b'\0') +
                 struct.pack('>Q', 65537))
        self.add('seven bytes', b'1234567')
        self.add('empty', b'')
        self.add('cut at the end', good[:-1])
        self.add('payload not of whole blocks, looked at',
                 raucb.bundle(b'x' * 100 + good[:8192], cms))
        self.add('a longer signature is allowed', good[:-8 - len(cms)] +
                 cms.ljust(70000, b'\0') + struct.pack('>Q', 70000),
                 config(system='max-bundle-signature-size=80000\n'))
        self.add('the payload is the CMS alone', raucb.bundle(b'', cms))

    def keyring(self):
        self.rule = 'RAUC-2'
        self.add('neither path nor directory', conf=config(''))
        self.add('an empty path', conf=config('path=\n'))
        self.add('an empty path and a directory',
                 conf=config('path=\ndirectory=certs\n'),
                 files=self.folder(['root']))
        self.rule = 'RAUC-5'
        self.add('no such file', conf=config('path=missing.pem\n'))
        self.add('in a folder below', conf=config('path=ring/a.pem\n'),
                 files={'ring/a.pem': self.w.pem('root')})
        self.add('above', conf=config('path=ring/../keyring.pem\n'),
                 files={'ring/a.pem': b''})

    def folder(self, names, crls=(), base='certs'):
        files = {}
        for name in names:
            number = 0
            key = self.w.hash_of(name)
            while '%s/%s.%d' % (base, key, number) in files:
                number += 1
            files['%s/%s.%d' % (base, key, number)] = self.w.pem(name)
        for name in crls:
            files['%s/%s.r0' % (base, self.w.hash_of(name + '.crl', True))] = \
                raucb.read(self.w.path(name + '.crl.pem'))
        return files

    def decryption(self):
        self.rule = 'RAUC-3'
        key = {'device.key': raucb.read(self.w.path('rsa.key')),
               'device.pem': self.w.pem('rsa'),
               'other.key': raucb.read(self.w.path('rsa1024.key')),
               'other.pem': self.w.pem('rsa1024'),
               'ec.key': raucb.read(self.w.path('ileaf.key')),
               'ec.pem': self.w.pem('ileaf')}

        def has(text):
            return config(sections='[encryption]\n' + text)
        crypt = self.w.crypt()
        self.add('no key', crypt)
        self.add('the key', crypt, has('key=device.key\n'), files=key)
        self.add('the key and its certificate', crypt,
                 has('key=device.key\ncert=device.pem\n'), files=key)
        self.add('another key', crypt, has('key=other.key\n'), files=key)
        self.add('another key and its certificate', crypt,
                 has('key=other.key\ncert=other.pem\n'), files=key)
        self.add('the key with another certificate', crypt,
                 has('key=device.key\ncert=other.pem\n'), files=key)
        self.add('no certificate in the file', crypt,
                 has('key=device.key\ncert=device.key\n'), files=key)
        self.add('no key in the file', crypt, has('key=device.pem\n'),
                 files=key)
        two = self.w.crypt(recipients=('rsa1024', 'rsa'))
        self.add('two recipients', two, has('key=device.key\n'), files=key)
        self.add('a key of a curve', self.w.crypt(recipients=('ileaf',)),
                 has('key=ec.key\ncert=ec.pem\n'), files=key)
        self.add('a key of a curve without its certificate',
                 self.w.crypt(recipients=('ileaf',)), has('key=ec.key\n'),
                 files=key)
        self.add('an untrusted signer inside',
                 self.w.crypt('otherleaf'), has('key=device.key\n'),
                 files=key)
        self.add('not encrypted', self.w.crypt(recipients=()))
        self.add('a key that is not needed', conf=has('key=device.key\n'),
                 files=key)
        self.add('extracted', crypt, has('key=device.key\n'), files=key,
                 stage='extract')

    def forms(self):
        self.rule = 'RAUC-4'
        text, payload = self.w.payload(manifest())
        data = self.w.cms(text.encode(), 'leaf')
        self.add('verity')
        self.add('plain', self.w.plain())
        self.add('no CMS', raucb.bundle(payload, b'0' * 300))
        self.add('a CMS of another kind', raucb.bundle(payload, raucb.run(
            'openssl', 'cms', '-data_create', '-outform', 'DER', '-in',
            self.w.path('content'))))
        self.add('a digest in a CMS', raucb.bundle(payload, raucb.run(
            'openssl', 'cms', '-digest_create', '-outform', 'DER', '-in',
            self.w.path('content'))))
        self.add('bytes behind the CMS', raucb.bundle(payload, data +
                                                      b'more'))
        self.add('verity manifest, detached over the payload',
                 raucb.bundle(payload, self.w.cms(payload, 'leaf',
                                                  detached=True)))
        self.add('CMS cut', raucb.bundle(payload, data[:200]))
        self.add('indefinite lengths', raucb.bundle(payload, self.w.cms(
            text.encode(), 'leaf', more=('-stream',))))

    def folders(self):
        self.rule = 'RAUC-5'
        conf = config('directory=certs\n')
        self.add('folder of hashed names', conf=conf,
                 files=self.folder(['root']), ring=())
        self.add('folder without hashed names', conf=conf,
                 files={'certs/root.pem': self.w.pem('root')}, ring=())
        self.add('folder that is not there', conf=conf, ring=())
        self.add('folder with another root', conf=conf, ring=(),
                 files=self.folder(['other']))
        self.add('folder, two roots of a name', conf=conf, ring=(),
                 files=self.folder(['root-again', 'root']))
        key = self.w.hash_of('root')
        self.add('folder, a gap in the numbers', conf=conf, ring=(),
                 files={'certs/%s.1' % key: self.w.pem('root')})
        self.add('folder, an unreadable one first', conf=conf, ring=(),
                 unreadable=True,
                 files={'certs/%s.0' % key: b'nothing',
                        'certs/%s.1' % key: self.w.pem('root')})
        self.add('folder, two in one file', conf=conf, ring=(),
                 files={'certs/%s.0' % key: self.w.pem('other', 'root')})
        self.add('folder, under the hash of another', conf=conf, ring=(),
                 files={'certs/%s.0' % self.w.hash_of('other'):
                        self.w.pem('root')})
        self.add('folder and file add up',
                 self.w.verity('otherleaf'),
                 config('path=keyring.pem\ndirectory=certs\n'),
                 files=self.folder(['other']))
        self.add('folder, intermediate in it', self.w.verity('ileaf'),
                 conf, ring=(), files=self.folder(['root', 'inter']))
        self.add('two folders', self.w.verity(),
                 config('directory=certs:more\n'), ring=(),
                 files=dict(self.folder(['other']),
                            **self.folder(['root'], base='more')))
        self.add('a file in place of the folder', conf=conf, ring=(),
                 files={'certs': self.w.pem('root')})

    def loading(self):
        self.rule = 'RAUC-5'
        der = raucb.run('openssl', 'x509', '-in', self.w.path('root.pem'),
                        '-outform', 'DER')
        for name, data in (
                ('empty', b''), ('DER', der), ('a text', b'hello\n'),
                ('twice', self.w.pem('root', 'root')),
                ('text around it', b'here\n' + self.w.pem('root') +
                 b'end\n'),
                ('a broken one before', b'-----BEGIN CERTIFICATE-----\nAAAA\n'
                 b'-----END CERTIFICATE-----\n' + self.w.pem('root')),
                ('a broken one behind', self.w.pem('root') +
                 b'-----BEGIN CERTIFICATE-----\nAAAA\n'
                 b'-----END CERTIFICATE-----\n'),
                ('a private key beside', self.w.pem('root') +
                 raucb.read(self.w.path('root.key'))),
                ('a private key alone', raucb.read(self.w.path('root.key'))),
                ('a list alone', raucb.read(self.w.path('good.crl.pem'))),
                ('X509 CERTIFICATE', self.w.pem('root').replace(
                    b'CERTIFICATE', b'X509 CERTIFICATE')),
                ('lines of Windows', self.w.pem('root').replace(
                    b'\n', b'\r\n')),
                ('cut', self.w.pem('root')[:-20]),
                ('a request beside', self.w.pem('root') +
                 raucb.read(self.w.path('root.csr')))):
            self.add('keyring: ' + name, ring=(),
                     files={'keyring.pem': data})

    def revocation(self):
        self.rule = 'RAUC-6'

        def ring(*crls, certs=('root',)):
            return {'keyring.pem': self.w.pem(*certs) + b''.join(
                raucb.read(self.w.path(c + '.crl.pem')) for c in crls)}
        on = config('path=keyring.pem\ncheck-crl=true\n')
        for name, conf, files, bundle in (
                ('revoked, not looked at', None, ring('revokes'), 'leaf'),
                ('revoked', on, ring('revokes'), 'leaf'),
                ('another is revoked', on, ring('revokes'), 'plain'),
                ('no list', on, ring(), 'leaf'),
                ('a good list', on, ring('good'), 'leaf'),
                ('a list that ended', on, ring('ended'), 'leaf'),
                ('a list of later', on, ring('later'), 'leaf'),
                ('two lists, one ended', on, ring('ended', 'good'), 'leaf'),
                ('two lists, one revokes', on, ring('good', 'revokes'),
                 'leaf'),
                ("another's list", on, ring('other-good'), 'leaf'),
                ('intermediate, one list', on, ring('good'), 'ileaf'),
                ('intermediate, both lists', on,
                 ring('good', 'inter-good'), 'ileaf'),
                ('intermediate is revoked', on,
                 ring('revokes-inter', 'inter-good'), 'ileaf'),
                ('signer is revoked by the intermediate', on,
                 ring('good', 'inter-revokes'), 'ileaf')):
            self.add(name, self.w.verity(bundle, certs=('inter',)), conf,
                     ring=(), files=files)
        text, payload = self.w.payload(manifest())
        self.add('a list in the signature alone', raucb.bundle(
            payload, self.with_crl(text, 'good')), on)
        self.add('a list in the signature revokes', raucb.bundle(
            payload, self.with_crl(text, 'revokes')), on,
            ring=(), files=ring('good'))
        self.add('a list in the signature, not looked at', raucb.bundle(
            payload, self.with_crl(text, 'revokes')))
        self.add('lists in a folder', conf=config(
            'directory=certs\ncheck-crl=true\n'), ring=(),
            files=self.folder(['root'], ['good']))
        self.add('a folder revokes', conf=config(
            'directory=certs\ncheck-crl=true\n'), ring=(),
            files=self.folder(['root'], ['revokes']))
        self.add('no list in the folder', conf=config(
            'directory=certs\ncheck-crl=true\n'), ring=(),
            files=self.folder(['root']))

    def with_crl(self, text, crl):
        """A CMS with a CRL inside: `openssl cms` puts none in, so it is put
        behind the certificates by hand."""
        data = self.w.cms(text.encode(), 'leaf')
        der = raucb.run('openssl', 'crl', '-in',
                        self.w.path(crl + '.crl.pem'), '-outform', 'DER')
        return raucb.put_crl(data, der)

    def partial(self):
        self.rule = 'RAUC-7'
        on = config('path=keyring.pem\nallow-partial-chain=true\n')
        off = config()
        for name, signer, ring, certs in (
                ('intermediate pinned', 'ileaf', ('inter',), ()),
                ('intermediate pinned, and inside', 'ileaf', ('inter',),
                 ('inter',)),
                ('signer pinned', 'leaf', ('leaf',), ()),
                ('signer and root', 'leaf', ('leaf', 'root'), ()),
                ('root', 'ileaf', ('root',), ('inter',)),
                ('root, without the intermediate', 'ileaf', ('root',), ()),
                ('root and intermediate', 'ileaf', ('root', 'inter'), ()),
                ('two intermediates', 'i2leaf', ('root',),
                 ('inter', 'inter2')),
                ('two intermediates, one missing', 'i2leaf', ('root',),
                 ('inter2',)),
                ('lower intermediate pinned', 'i2leaf', ('inter2',), ()),
                ('expired root above the pinned', 'oldrootleaf',
                 ('oldrootleaf',), ('oldroot',))):
            for word, conf in (('with', on), ('without', off)):
                self.add('%s, %s partial chains' % (name, word),
                         self.w.verity(signer, certs=certs), conf, ring)
        self.add('pinned intermediate and lists',
                 self.w.verity('ileaf'), config(
                     'path=keyring.pem\nallow-partial-chain=true\n'
                     'check-crl=true\n'), ring=(),
                 files={'keyring.pem': self.w.pem('inter') + raucb.read(
                     self.w.path('inter-good.crl.pem'))})

    def purposes(self):
        self.rule = 'OPENSSL-3'
        leaves = ['leaf', 'plain'] + ['use-' + u for u in (
            'email', 'code', 'both', 'any', 'codeany', 'server', 'client',
            'stamp', 'ocsp')] + ['ku-' + k for k in (
                'ds', 'nr', 'ke', 'ca', 'dske')]
        for leaf in leaves:
            self.add('default: ' + leaf, self.w.verity(leaf))
        uses = ('email', 'code', 'both', 'any', 'server')
        for use in uses:
            self.add('default: issuer for ' + use,
                     self.w.verity('ca-%s-leaf' % use), ring=('ca-' + use,))
        self.rule = 'RAUC-8'
        code = config('path=keyring.pem\ncheck-purpose=codesign\n')
        for leaf in leaves + ['ku-ds-code', 'ku-nr-code', 'ku-ke-code']:
            self.add('codesign: ' + leaf, self.w.verity(leaf), code)
        for use in uses:
            self.add('codesign: issuer for ' + use,
                     self.w.verity('ca-%s-code' % use), code,
                     ring=('ca-' + use,))
        self.add('codesign: issuer is no CA', self.w.verity('nocaleaf'),
                 code, ring=('noca',))
        for name in ('codesign-rauc', 'any', 'smimesign', 'sslserver',
                     'sslclient', 'smimeencrypt', 'timestampsign', 'crlsign',
                     'ocsphelper', 'nssslserver', 'nothing', 'CodeSign'):
            conf = config('path=keyring.pem\ncheck-purpose=%s\n' % name)
            for leaf in ('leaf', 'use-code', 'use-server', 'use-stamp',
                         'ku-ke'):
                self.add('%s: %s' % (name, leaf), self.w.verity(leaf), conf)
        self.add('an unknown purpose and no keyring', conf=config(
            'path=missing.pem\ncheck-purpose=nothing\n'))

    def signing_time(self):
        self.rule = 'RAUC-9'
        on = config('path=keyring.pem\nuse-bundle-signing-time=true\n')
        late = '2041-01-01'
        self.add('signed while valid, expired now', conf=on, at=late)
        self.add('not used, expired now', at=late)
        self.add('signer had expired', self.w.verity('expired'), on)
        self.add('no attributes', self.w.verity(more=('-noattr',)), on)
        self.add('no attributes, not used',
                 self.w.verity(more=('-noattr',)))
        two = self.w.verity(more=('-signer', self.w.path('plain.pem'),
                                  '-inkey', self.w.path('plain.key')))
        self.add('two signers', two, on)
        ring = {'keyring.pem': self.w.pem('root') + raucb.read(
            self.w.path('ended.crl.pem'))}
        self.add('a list that ended', conf=config(
            'path=keyring.pem\nuse-bundle-signing-time=true\n'
            'check-crl=true\n'), ring=(), files=ring)
        self.add('a plain bundle', self.w.plain(), on, at=late)

    def signers(self):
        self.rule = 'RAUC-10'

        def two(second, key=None):
            return self.w.verity(more=(
                '-signer', self.w.path(second + '.pem'), '-inkey',
                key or self.w.path(second + '.key')))
        self.add('two, both trusted', two('plain'))
        self.add('two, one trusted', two('otherleaf'))
        self.add('two, both roots', two('otherleaf'), ring=('root', 'other'))
        text, payload = self.w.payload(manifest())
        data = self.w.cms(text.encode(), 'leaf')
        self.add('none', raucb.bundle(payload, raucb.no_signers(data)))
        self.rule = 'OPENSSL-1'
        self.add('certificate left out', self.w.verity(more=('-nocerts',)))
        self.add('certificate left out, in the keyring',
                 self.w.verity(more=('-nocerts',)), ring=('root', 'leaf'))
        self.add('found by its key', self.w.verity(more=('-keyid',)))
        self.rule = 'OPENSSL-2'
        other = self.w.cms(text.replace('gw', 'gx').encode(), 'leaf')
        self.add('manifest changed', raucb.bundle(
            payload, data.replace(b'compatible=gw', b'compatible=gx')))
        self.add('manifest changed, untrusted', raucb.bundle(
            payload, self.w.cms(text.encode(), 'otherleaf').replace(
                b'compatible=gw', b'compatible=gx')))
        self.add('signature changed', raucb.bundle(
            payload, data[:-4] + bytes([data[-4] ^ 1]) + data[-3:]))
        self.add('no attributes, manifest changed', raucb.bundle(
            payload, self.w.cms(text.encode(), 'leaf', more=(
                '-noattr',)).replace(b'compatible=gw', b'compatible=gx')))
        self.add("another's signature", raucb.bundle(payload, other))
        good = self.w.plain()
        self.add('plain: payload changed', b'X' + good[1:])
        self.add('plain: a byte more', good[:4096] + b'\0' + good[4096:])
        self.add('plain: untrusted', self.w.plain('otherleaf'))
        self.add('plain: two signers', self.w.plain(more=(
            '-signer', self.w.path('plain.pem'), '-inkey',
            self.w.path('plain.key'))))

    def names(self):
        self.rule = 'RAUC-11'
        for name, listed, signer in (
                ('listed', 'leaf', 'leaf'), ('another', 'other', 'leaf'),
                ('one of two', 'x;leaf', 'leaf'), ('longer', 'leaf2', 'leaf'),
                ('shorter', 'lea', 'leaf'), ('upper case', 'LEAF', 'leaf'),
                ('empty list', '', 'leaf'), ('no name', 'nobody', 'noname'),
                ('first of two names', 'first', 'twonames'),
                ('second of two names', 'second', 'twonames'),
                ('not of ASCII', 'größe', 'unicode'),
                ('blank behind', 'leaf ', 'leaf')):
            self.add(name, self.w.verity(signer), config(
                'path=keyring.pem\nallowed-signer-cns=%s\n' % listed))

    def formats(self):
        self.rule = 'RAUC-12'
        bundles = (('plain', self.w.plain()), ('verity', self.w.verity()),
                   ('crypt', self.w.crypt(recipients=())))
        for value in ('plain', 'verity', '-plain', '-verity', 'plain verity',
                      '-plain -verity', '+crypt', 'crypt', '-crypt'):
            for name, bundle in bundles:
                self.add('%s: %s' % (value, name), bundle, config(
                    system='bundle-formats=%s\n' % value))
        for value in ('plain -verity', 'casync', '-plain -verity -crypt',
                      '', ' plain', 'plain;verity', 'Plain', '+', 'plain\\s'):
            self.add('[%s]' % value, conf=config(
                system='bundle-formats=%s\n' % value))
        self.add('not allowed, and untrusted', self.w.plain('otherleaf'),
                 config(system='bundle-formats=verity\n'))

    def settings(self):
        self.rule = 'RAUC-13'
        for line in ('unknown=1', 'min-bundle-version=1.0',
                     'min-bundle-version=x', 'min-bundle-version=',
                     'perform-pre-check=true', 'prevent-late-fallback=true',
                     'prevent-late-fallback=maybe',
                     'max-bundle-signature-size=0',
                     'max-bundle-download-size=0',
                     'max-bundle-download-size=1048576',
                     'max-bundle-download-size=big',
                     'max-bundle-download-size=-1',
                     'max-bundle-download-size= 7 ',
                     'activate-installed=no', 'activate-installed=true ',
                     'activate-installed=1', 'activate-installed=TRUE',
                     'statusfile=per-slot', 'statusfile=/tmp/keyfit.status',
                     'data-directory=data', 'boot-attempts=3',
                     'boot-attempts=-1', 'boot-attempts=x',
                     'boot-attempts=0', 'boot-attempts=3 x',
                     'variant-name=a', 'variant-dtb=false',
                     'variant-file=', 'mountprefix=', 'grubenv=/x',
                     'compatible=gw', '# a comment', 'broken line',
                     'key with blanks=1', '=1', 'activate-installed',
                     'variant-name[de]=a', 'variant-name[C]=a',
                     'variant-name=a\\q', 'variant-name=a\\sb',
                     'efi-use-bootnext=true', 'barebox-statename=x',
                     'mountprefix=\\x', 'mountprefix=a\\'):
            self.add('[system] ' + line, conf=config(system=line + '\n'))
        for pair in ('variant-name=a\nvariant-file=b',
                     'variant-dtb=true\nvariant-name=a',
                     'data-directory=data\nstatusfile=per-slot'):
            self.add('[system] ' + pair.replace('\n', ' and '),
                     conf=config(system=pair + '\n'))
        for loader in ('barebox', 'grub', 'uboot', 'efi', 'custom', 'noop',
                       'lilo', '', 'raspberrypi'):
            self.add('bootloader ' + loader, conf=config(bootloader=loader))
        self.add('bootloader uboot with attempts', conf=config(
            bootloader='uboot', system='boot-attempts=3\n'))
        self.add('bootloader efi with its key', conf=config(
            bootloader='efi', system='efi-use-bootnext=false\n'))
        self.add('bootloader custom with a backend', conf=config(
            bootloader='custom',
            sections='[handlers]\nbootloader-custom-backend=/bin/true\n'))
        for line in ('check-crl=maybe', 'unknown=x', 'check-purpose=',
                     'allowed-signer-cns=leaf', 'path=keyring.pem',
                     'directory=', 'use-bundle-signing-time=2',
                     'allow-partial-chain= true', 'check-crl=false\t'):
            self.add('[keyring] ' + line, conf=config(
                'path=keyring.pem\n' + line + '\n'))

    def sections(self):
        self.rule = 'RAUC-13'
        for name, text in (
                ('unknown section', '[unknown]\na=1\n'),
                ('empty unknown section', '[unknown]\n'),
                ('casync', '[casync]\nstorepath=/x\nuse-desync=true\n'),
                ('casync, bad', '[casync]\nuse-desync=x\n'),
                ('streaming', '[streaming]\nsandbox-user=nobody\n'),
                ('streaming headers', '[streaming]\nsend-headers=boot-id;'
                 'machine-id\n'),
                ('streaming, unknown header', '[streaming]\n'
                 'send-headers=colour\n'),
                ('polling', '[polling]\nurl=https://example.org/x\n'),
                ('polling without url', '[polling]\ninterval-sec=100\n'),
                ('polling too often', '[polling]\nurl=http://x\n'
                 'interval-sec=10\n'),
                ('polling criteria', '[polling]\nurl=http://x\n'
                 'candidate-criteria=different-version\n'),
                ('polling, unknown criteria', '[polling]\nurl=http://x\n'
                 'install-criteria=sometimes\n'),
                ('autoinstall', '[autoinstall]\npath=/x\n'),
                ('programs', '[handlers]\npre-install=/x\n'),
                ('programs, unknown', '[handlers]\nbefore=/x\n'),
                ('log', '[log.a]\nfilename=/tmp/keyfit-rauc.log\n'),
                ('log, relative', '[log.a]\nfilename=x.log\n'),
                ('log, unknown format', '[log.a]\nfilename=/tmp/l\n'
                 'format=xml\n'),
                ('log, events', '[log.a]\nfilename=/tmp/l\n'
                 'events=install;boot\nmax-size=1M\nmax-files=3\n'),
                ('log, all and one', '[log.a]\nfilename=/tmp/l\n'
                 'events=all;boot\n'),
                ('log, too many files', '[log.a]\nfilename=/tmp/l\n'
                 'max-files=2000\n'),
                ('artifacts', '[artifacts.a]\npath=/x\ntype=files\n'),
                ('artifacts, no type', '[artifacts.a]\npath=/x\n'),
                ('artifacts, unknown type', '[artifacts.a]\npath=/x\n'
                 'type=heap\n'),
                ('slot of two parts', '[slot.x]\ndevice=/x\n'),
                ('slot of four parts', '[slot.x.0.y]\ndevice=/x\n'),
                ('slots', '[slots.x.0]\ndevice=/x\n'),
                ('slot without a device', '[slot.x.0]\ntype=raw\n'),
                ('slot of unknown type', '[slot.x.0]\ndevice=/x\n'
                 'type=ntfs\n'),
                ('slot with an unknown key', '[slot.x.0]\ndevice=/x\n'
                 'colour=red\n'),
                ('slot with mkfs options', '[slot.x.0]\ndevice=/x\n'
                 'extra-mkfs-opts=-E x\n'),
                ('slot with a parent', '[slot.x.0]\ndevice=/x\n'
                 'parent=rootfs.0\n'),
                ('slot with no such parent', '[slot.x.0]\ndevice=/x\n'
                 'parent=y.0\n'),
                ('slot with parent and bootname', '[slot.x.0]\ndevice=/x\n'
                 'parent=rootfs.0\nbootname=X\n'),
                ('a bootname twice', '[slot.x.0]\ndevice=/x\nbootname=A\n'),
                ('a bootname with a blank', '[slot.x.0]\ndevice=/x\n'
                 'bootname=A A\n'),
                ('parents in a ring', '[slot.x.0]\ndevice=/x\nparent=y.0\n'
                 '[slot.y.0]\ndevice=/y\nparent=x.0\n'),
                ('boot-mbr-switch without a region', '[slot.x.0]\n'
                 'device=/x\ntype=boot-mbr-switch\n'),
                ('boot-mbr-switch', '[slot.x.0]\ndevice=/x\n'
                 'type=boot-mbr-switch\nregion-start=0M\nregion-size=1M\n'),
                ('boot-emmc with a limit', '[slot.x.0]\ndevice=/dev/m\n'
                 'type=boot-emmc\nsize-limit=1M\n'),
                ('boot-emmc of a partition', '[slot.x.0]\n'
                 'device=/dev/mmcblk0boot0\ntype=boot-emmc\n'),
                ('readonly', '[slot.x.0]\ndevice=/x\nreadonly=perhaps\n'),
                ('a section twice', '[system]\nmountprefix=/x\n'),
                ('a section twice, a key too', '[system]\ncompatible=gw\n'),
                ('a bad name', '[a[b]\nx=1\n'),
                ('blanks behind a name', '[autoinstall]  \npath=/x\n'),
                ('text behind a name', '[autoinstall] x\npath=/x\n'),
                ('a control character', '[a\x01b]\nx=1\n')):
            self.add(name, conf=config(sections=text))
        self.add('empty file', conf='')
        self.add('no section first', conf='a=1\n' + config())
        self.add('compatible left out', conf=config().replace(
            'compatible=gw\n', ''))
        self.add('bootloader left out', conf=config().replace(
            'bootloader=noop\n', ''))
        self.add('lines of Windows', conf=config().replace('\n', '\r\n'))
        self.add('no newline at the end', conf=config().rstrip('\n'))
        self.add('blanks before keys', conf=config().replace(
            'path=', '  path = '))
        self.add('a comment behind a value', conf=config(
            'path=keyring.pem # the keys\n'))

    def payloads(self):
        self.rule = 'RAUC-14'
        good = self.w.verity()
        tail = 8 + struct.unpack('>Q', good[-8:])[0]
        size = len(good) - tail

        def flipped(at):
            return good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
        for stage in ('info', 'extract'):
            self.add('as it was made: ' + stage, stage=stage)
            for name, at in (('first byte', 0), ('second block', 5000),
                             ('last byte of the data', 8191),
                             ('first hash', 8192), ('second hash', 8192 + 40),
                             ('behind the hashes', 8192 + 64),
                             ('last byte of the tree', size - 1)):
                self.add('%s flipped: %s' % (name, stage), flipped(at),
                         stage=stage)
            self.add('a block less: ' + stage, good[4096:], stage=stage)
        text, payload = self.w.payload(manifest())
        for name, old, new in (
                ('hash of another', 'verity-hash=', 'verity-hash=00'),
                ('no hash', 'verity-hash=', 'verity-hush='),
                ('size 0', 'verity-size=4096', 'verity-size=0'),
                ('size not of blocks', 'verity-size=4096',
                 'verity-size=4097'),
                ('size of all', 'verity-size=4096', 'verity-size=12288'),
                ('size beyond', 'verity-size=4096', 'verity-size=16384'),
                ('size is a word', 'verity-size=4096', 'verity-size=big'),
                ('size of two blocks', 'verity-size=4096',
                 'verity-size=8192'),
                ('salt in upper case', 'verity-salt=000102030405060708090a',
                 'verity-salt=000102030405060708090A'),
                ('salt is short', 'verity-salt=00', 'verity-salt=')):
            changed = text.replace(old, new)
            for stage in ('info', 'extract'):
                self.add('%s: %s' % (name, stage), raucb.bundle(
                    payload, self.w.cms(changed.encode(), 'leaf')),
                    stage=stage)
        big = self.w.squashfs('big', {'rootfs.img': IMAGE, 'noise': b''.join(
            struct.pack('>Q', i * 0x9e3779b97f4a7c15 % (1 << 64))
            for i in range(100000))}, ('-comp', 'gzip', '-noD'))
        text, payload = raucb.verity_manifest(manifest(), big, bytes(32))
        data = self.w.cms(text.encode(), 'leaf')
        self.add('three levels', raucb.bundle(payload, data),
                 stage='extract')
        for at in (len(big) - 1, len(big) + 100, len(big) + 5000,
                   len(payload) - 1, 700000):
            self.add('three levels, byte %d flipped' % at, raucb.bundle(
                payload[:at] + bytes([payload[at] ^ 0x80]) +
                payload[at + 1:], data), stage='extract')
        self.add('plain, extracted', self.w.plain(), stage='extract')
        self.add('payload not of whole blocks', raucb.bundle(
            payload + b'x', data), stage='extract')

    def manifests(self):
        self.rule = 'RAUC-19'
        for name, text in self.texts('verity'):
            for stage in ('info', 'extract'):
                self.add('signed: %s: %s' % (name, stage),
                         self.w.verity(text=text), stage=stage)
        text, payload = self.w.payload(manifest())
        for name, content in (('empty', b''), ('no text', b'\0\1\2\3'),
                              ('no section', b'a=1\n'),
                              ('plain', manifest('plain').encode()),
                              ('format left out', manifest().replace(
                                  'format=verity\n', '').encode())):
            self.add('signed: ' + name, raucb.bundle(
                payload, self.w.cms(content, 'leaf')))

    def texts(self, form):
        yield 'compatible left out', manifest(form).replace(
            'compatible=gw\n', '')
        yield 'compatible empty', manifest(form, compatible='')
        yield 'unknown format', manifest(form).replace('=' + form, '=other')
        for line in ('unknown=1', 'build=7', 'description=', 'version=3',
                     'min-rauc-version=1.15', 'min-rauc-version=9.0',
                     'min-rauc-version=1.10', 'min-rauc-version=x',
                     'min-rauc-version=1.16', 'description=a\\qb'):
            yield '[update] ' + line, manifest(form, update=line + '\n')
        for line in ('type=raw', 'type=odd', 'hooks=post-install',
                     'hooks=install', 'hooks=odd', 'adaptive=block-hash-index',
                     'convert=tar-extract', 'convert=a\nconverted=b',
                     'converted=a', 'version=1', 'build=1', 'unknown=1',
                     'size=x', 'size=', 'filename=', 'filename=a/b.img',
                     'filename=a.bin', 'sha256=', 'sha256=00', 'size=-1'):
            yield '[image] ' + line, manifest(form, image=line + '\n')
        for name, text in (
                ('unknown section', '[odd]\na=1\n'),
                ('meta', '[meta.a]\nb=1\n'), ('meta, two dots',
                                              '[meta.a.b]\nc=1\n'),
                ('meta, bad key', '[meta.a]\nb c=1\n'),
                ('meta, empty', '[meta.a]\nb=\n'),
                ('rollout', '[rollout]\na=1\n'),
                ('hooks', '[hooks]\nfilename=h\nhooks=install-check\n'),
                ('hooks without a file', '[hooks]\nhooks=install-check\n'),
                ('hooks, unknown', '[hooks]\nfilename=h\nhooks=odd\n'),
                ('own program', '[handler]\nfilename=h\nargs=x\n'),
                ('arguments of no program', '[handler]\nargs=x\n'),
                ('artifact', '[image.repo/a]\nfilename=rootfs.img\n'
                 'sha256=%s\nsize=1\n' % ('00' * 32)),
                ('image of a variant', '[image.rootfs.b]\n'
                 'filename=x.img\nsha256=%s\nsize=1\n' % ('00' * 32)),
                ('image without a file', '[image.other]\n'
                 'sha256=%s\nsize=1\n' % ('00' * 32)),
                ('image without a digest', '[image.other]\n'
                 'filename=x.img\nsize=1\n'),
                ('image without a size', '[image.other]\n'
                 'filename=x.img\nsha256=%s\n' % ('00' * 32)),
                ('empty image', '[image.other]\ntype=emptyfs\n'),
                ('image installs itself', '[hooks]\nfilename=h\n'
                 '[image.other]\nhooks=install\n'),
                ('image hook without a file', '[image.other]\n'
                 'filename=x.img\nsha256=%s\nsize=1\nhooks=post-install\n'
                 % ('00' * 32)),
                ('nothing behind image', '[image.]\nfilename=x.img\n'
                 'sha256=%s\nsize=1\n' % ('00' * 32))):
            yield name, manifest(form, sections=text)

    def plain_manifests(self):
        self.rule = 'RAUC-20'
        for name, text in self.texts('plain'):
            self.add('inside: ' + name, self.w.plain(text=text))
        self.add('inside: verity', self.w.plain(text=manifest('verity')))
        self.add('inside: crypt', self.w.plain(text=manifest('crypt')))
        self.add('inside: with a hash', self.w.plain(text=manifest(
            'verity', bundle='verity-hash=00\n')))
        self.add('inside: none', self.w.plain(files={'rootfs.img': IMAGE}))
        self.add('inside: empty', self.w.plain(text=''))
        self.add('inside: format left out', self.w.plain(
            text=manifest('plain').replace('format=plain\n', '')))
        data = b'no squashfs'.ljust(4096)
        self.add('no squashfs', raucb.bundle(data, self.w.cms(
            data, 'leaf', detached=True)))

    def chain(self):
        self.rule = 'OPENSSL-4'
        for name, signer, ring, certs in (
                ('root', 'leaf', ('root',), ()),
                ('another root', 'leaf', ('other',), ()),
                ('same name, other key', 'leaf', ('root-again',), ()),
                ('both of a name', 'leaf', ('root-again', 'root'), ()),
                ('own root brought along', 'otherleaf', ('root',),
                 ('other',)),
                ('own root brought along and trusted', 'otherleaf',
                 ('other',), ('other',)),
                ('issued itself, trusted', 'self', ('self',), ()),
                ('issued itself, not trusted', 'self', ('root',), ()),
                ('a CA signs by itself', 'selfca', ('selfca',), ()),
                ('the root signs by itself', 'root', ('root',), ()),
                ('expired root beside its renewal', 'oldrootleaf',
                 ('oldroot', 'newroot'), ()),
                ('renewal beside the expired root', 'oldrootleaf',
                 ('newroot', 'oldroot'), ()),
                ('renewal alone', 'oldrootleaf', ('newroot',), ()),
                ('a CA as signer', 'inter', ('root',), ())):
            self.add(name, self.w.verity(signer, certs=certs), ring=ring)
        self.rule = 'OPENSSL-16'
        for name, signer, ring, certs in (
                ('issuer is no CA', 'nocaleaf', ('noca',), ()),
                ('issuer may not sign', 'nosignleaf', ('nosign',), ()),
                ('path too long', 'shortleaf', ('short',), ('shortinter',)),
                ('path as long as allowed', 'shortdirect', ('short',), ()),
                ('unknown critical extension', 'critical', ('root',), ()),
                ('no extensions', 'plain', ('root',), ())):
            self.add(name, self.w.verity(signer, certs=certs), ring=ring)

    def times(self):
        self.rule = 'OPENSSL-7'
        for name, signer, ring, certs in (
                ('expired signer', 'expired', ('root',), ()),
                ('early signer', 'early', ('root',), ()),
                ('expired intermediate', 'oldinterleaf', ('root',),
                 ('oldinter',)),
                ('early intermediate', 'earlyinterleaf', ('root',),
                 ('earlyinter',)),
                ('expired root', 'oldrootleaf', ('oldroot',), ())):
            self.add(name, self.w.verity(signer, certs=certs), ring=ring)
        for at in ('1970-01-01T00:00:10Z', '2015-01-01',
                   '2019-12-31T23:59:59Z', '2020-01-01T00:00:01Z',
                   '2039-12-31T23:59:00Z', '2040-01-01T00:00:01Z',
                   '2038-01-19T03:14:10Z', '2100-01-01', '2400-01-01'):
            for signer, ring in (('leaf', ('root',)),
                                 ('longleaf', ('longroot',))):
                self.add('%s at %s' % (signer, at), self.w.verity(signer),
                         ring=ring, at=at)
        for at, signer in (('2038-01-19T03:14:00Z', 'y2038'),
                           ('2038-01-19T03:14:12Z', 'y2038'),
                           ('2012-01-01', 'expired'),
                           ('2036-01-01', 'early')):
            self.add('%s at %s' % (signer, at), self.w.verity(signer),
                     at=at)

    def algorithms(self):
        self.rule = 'OPENSSL-8'
        for name, signer, more in (
                ('certificate by SHA-1', 'sha1', ()),
                ('certificate by SHA-512', 'sha512', ()),
                ('RSA-1024', 'rsa1024', ()),
                ('RSA-2048', 'rsa', ()),
                ('PSS', 'rsa', ('-keyopt', 'rsa_padding_mode:pss')),
                ('digest SHA-1', 'leaf', ('-md', 'sha1')),
                ('digest MD5', 'rsa', ('-md', 'md5')),
                ('digest SHA-384', 'leaf', ('-md', 'sha384')),
                ('digest SHA-512', 'rsa', ('-md', 'sha512'))):
            self.add(name, self.w.verity(signer, more=more))

    def attributes(self):
        """The tag of the set that an attribute's values stand in: OpenSSL
        verifies what it writes itself, whatever the bit of form says."""
        self.rule = 'OPENSSL-2'
        good = self.w.verity()
        for name, oid in (('content type', '010903'),
                          ('message digest', '010904'),
                          ('signing time', '010905')):
            at = good.index(bytes.fromhex('06092a864886f70d' + oid)) + 11
            for change, tag in (('primitive', 0x11), ('a sequence', 0x30),
                                ('no set', 0x51)):
                self.add('%s, %s' % (name, change),
                         good[:at] + bytes([tag]) + good[at + 1:],
                         versions=('rauc-1.8', 'rauc-1.13'))

    def trust_settings(self):
        self.rule = 'OPENSSL-13'
        code = config('path=keyring.pem\ncheck-purpose=codesign\n')
        for name, options in (
                ('nothing', ()), ('trusts e-mail', ('-addtrust',
                                                    'emailProtection')),
                ('trusts any', ('-addtrust', 'anyExtendedKeyUsage')),
                ('trusts code', ('-addtrust', 'codeSigning')),
                ('trusts servers', ('-addtrust', 'serverAuth')),
                ('rejects e-mail', ('-addreject', 'emailProtection')),
                ('rejects any', ('-addreject', 'anyExtendedKeyUsage')),
                ('rejects code', ('-addreject', 'codeSigning')),
                ('both', ('-addtrust', 'emailProtection', '-addreject',
                          'codeSigning'))):
            files = {'keyring.pem': self.w.trusted('root', *options)}
            self.add(name, ring=(), files=files)
            self.add(name + ', for code signing', self.w.verity('use-code'),
                     code, ring=(), files=files)
        trusted = self.w.trusted('leaf', '-addtrust', 'emailProtection')
        self.add('signer, trusted for e-mail', ring=(), files={
            'keyring.pem': trusted})
        self.add('signer for code, trusted for e-mail',
                 self.w.verity('use-code'), ring=(), files={
                     'keyring.pem': self.w.trusted(
                         'use-code', '-addtrust', 'emailProtection')})
        self.add('root for servers, trusted for e-mail',
                 self.w.verity('ca-server-leaf'), ring=(), files={
                     'keyring.pem': self.w.trusted(
                         'ca-server', '-addtrust', 'emailProtection')})
