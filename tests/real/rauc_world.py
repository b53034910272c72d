# The certificates that the cases of tests/real/rauc are about, and what a case
# is: a bundle, a device, what it is asked, and when.
import hashlib
import os

import raucb

CA = ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash',
      'authorityKeyIdentifier=keyid', 'keyUsage=critical,keyCertSign,cRLSign']
LEAF = ['basicConstraints=critical,CA:FALSE', 'subjectKeyIdentifier=hash',
        'authorityKeyIdentifier=keyid']
IMAGE = b'A' * 5000
SALT = bytes(range(32))


def manifest(form='verity', more='', image='', bundle='', update='',
             sections='', compatible='gw', version='version=2.1.0\n'):
    return ('[update]\ncompatible=%s\n%s%s[bundle]\nformat=%s\n%s'
            '[image.rootfs]\nfilename=rootfs.img\nsha256=%s\nsize=%d\n%s%s%s'
            % (compatible, version, update, form, bundle,
               hashlib.sha256(IMAGE).hexdigest(), len(IMAGE), image, sections,
               more))


def config(keyring='path=keyring.pem\n', system='', sections='',
           compatible='gw', bootloader='noop'):
    return ('[system]\ncompatible=%s\nbootloader=%s\n%s[keyring]\n%s'
            '[slot.rootfs.0]\ndevice=slot0.img\ntype=raw\nbootname=A\n'
            '[slot.rootfs.1]\ndevice=slot1.img\ntype=raw\nbootname=B\n%s'
            % (compatible, bootloader, system, keyring, sections))


class World(raucb.Maker):
    def __init__(self, folder):
        super().__init__(folder)
        self.payloads = {}
        self.signatures = {}
        self.signed = {}        # CMS -> content, signer, and how
        self.plain_texts = {}   # bundle -> manifest, and all files
        self.authorities()
        self.uses()
        self.dates()
        self.lists()

    def ca(self, name, issuer=None, more=(), **how):
        return self.cert(name, issuer, extensions=CA + list(more), **how)

    def leaf(self, name, issuer='root', more=(), **how):
        return self.cert(name, issuer, extensions=LEAF + list(more), **how)

    def authorities(self):
        self.ca('root')
        self.ca('inter', 'root')
        self.ca('inter2', 'inter')
        self.leaf('leaf')
        self.leaf('ileaf', 'inter')
        self.leaf('i2leaf', 'inter2')
        self.ca('other')
        self.leaf('otherleaf', 'other')
        self.ca('root-again', subject='/CN=root')
        self.leaf('self', 'self')
        self.leaf('stranger', 'stranger')
        self.ca('selfca')
        self.cert('noca', extensions=['basicConstraints=CA:FALSE',
                                      'subjectKeyIdentifier=hash'])
        self.cert('nocaleaf', 'noca', extensions=LEAF)
        self.cert('nosign', extensions=['basicConstraints=critical,CA:TRUE',
                                        'keyUsage=critical,digitalSignature',
                                        'subjectKeyIdentifier=hash'])
        self.cert('nosignleaf', 'nosign', extensions=LEAF)
        self.cert('short', extensions=[
            'basicConstraints=critical,CA:TRUE,pathlen:0',
            'subjectKeyIdentifier=hash'])
        self.ca('shortinter', 'short')
        self.leaf('shortleaf', 'shortinter')
        self.leaf('shortdirect', 'short')
        self.leaf('critical', more=['1.2.3.4=critical,ASN1:UTF8String:x'])
        self.ca('named', more=['nameConstraints=critical,permitted;dirName:n'
                               ] if False else ())
        self.leaf('bare', more=())
        self.cert('plain', 'root', extensions=[])
        self.leaf('rsa', kind='rsa2048')
        self.leaf('rsa1024', kind='rsa1024')
        self.leaf('sha1', digest='sha1')
        self.leaf('sha512', digest='sha512')
        self.leaf('noname', subject='/O=nobody')
        self.leaf('twonames', subject='/CN=first/CN=second')
        self.leaf('unicode', subject='/CN=größe')

    def uses(self):
        for name, use in (('email', 'emailProtection'),
                          ('code', 'codeSigning'),
                          ('both', 'emailProtection,codeSigning'),
                          ('any', 'anyExtendedKeyUsage'),
                          ('codeany', 'codeSigning,anyExtendedKeyUsage'),
                          ('server', 'serverAuth'),
                          ('client', 'clientAuth'),
                          ('stamp', 'critical,timeStamping'),
                          ('ocsp', 'OCSPSigning')):
            self.leaf('use-' + name, more=['extendedKeyUsage=' + use])
            self.ca('ca-' + name, more=['extendedKeyUsage=' +
                                        use.replace('critical,', '')])
            self.leaf('ca-%s-leaf' % name, 'ca-' + name)
            self.leaf('ca-%s-code' % name, 'ca-' + name,
                      more=['extendedKeyUsage=codeSigning'])
        for name, usage in (('ds', 'digitalSignature'),
                            ('nr', 'nonRepudiation'),
                            ('ke', 'keyEncipherment'),
                            ('ca', 'keyCertSign'),
                            ('dske', 'digitalSignature,keyEncipherment')):
            self.leaf('ku-' + name, more=['keyUsage=critical,' + usage])
            self.leaf('ku-%s-code' % name,
                      more=['keyUsage=critical,' + usage,
                            'extendedKeyUsage=codeSigning'])

    def dates(self):
        old, ended = '20100101000000Z', '20200601000000Z'
        future = '20350101000000Z'
        self.leaf('expired', start=old, end=ended)
        self.leaf('early', start=future)
        self.ca('oldinter', 'root', start=old, end=ended)
        self.leaf('oldinterleaf', 'oldinter')
        self.ca('earlyinter', 'root', start=future)
        self.leaf('earlyinterleaf', 'earlyinter')
        self.ca('oldroot', start=old, end=ended)
        self.leaf('oldrootleaf', 'oldroot')
        self.ca('newroot', subject='/CN=oldroot', key='oldroot')
        self.leaf('y2038', end='20380119031408Z')
        self.leaf('y2051', end='20510101000000Z')
        self.ca('longroot', end='99991231235959Z', start='19700102000000Z')
        self.leaf('longleaf', 'longroot', end='99991231235959Z',
                  start='19700102000000Z')

    def lists(self):
        self.crl('good', 'root')
        self.crl('revokes', 'root', ['leaf'])
        self.crl('revokes-inter', 'root', ['inter'])
        self.crl('ended', 'root', end='20210101000000Z')
        self.crl('later', 'root', start='20350101000000Z')
        self.crl('inter-good', 'inter')
        self.crl('inter-revokes', 'inter', ['ileaf'])
        self.crl('other-good', 'other')

    def pem(self, *names):
        return b''.join(raucb.read(self.path(name + '.pem'))
                        for name in names)

    def trusted(self, name, *options):
        return raucb.run('openssl', 'x509', '-in', self.path(name + '.pem'),
                         '-trustout', *options)

    def hash_of(self, name, crl=False):
        kind = 'crl' if crl else 'x509'
        return raucb.run('openssl', kind, '-in', self.path(name + '.pem'),
                         '-noout', '-hash').decode().split()[0]

    def payload(self, text, key=None):
        """A squashfs of at least two blocks, and its tree."""
        if ('data', key) not in self.payloads:
            data = self.squashfs('verity', {'rootfs.img': IMAGE})
            data = data.ljust(8192, b'\0')
            if key:
                data = raucb.encrypted(data, key)
            self.payloads['data', key] = data
        data = self.payloads['data', key]
        return raucb.verity_manifest(text, data, SALT)

    def verity(self, signer='leaf', text=None, **how):
        text, payload = self.payload(text or manifest())
        return raucb.bundle(payload, self.cms(text.encode(), signer, **how))

    def cms(self, data, signer, **how):
        name = (data, signer, repr(sorted(how.items())))
        if name not in self.signatures:
            self.signatures[name] = self.sign(data, signer, **how)
            self.signed[self.signatures[name]] = (data, signer, how)
        return self.signatures[name]

    def plain(self, signer='leaf', text=None, files=None, **how):
        if text is None:
            text = manifest('plain')
        content = {'rootfs.img': IMAGE, 'manifest.raucm': text}
        if files is not None:
            content = files
        name = 'plain-' + hashlib.sha256(repr(content).encode()).hexdigest()
        data = self.squashfs(name[:20], content)
        made = raucb.bundle(data, self.cms(data, signer, detached=True,
                                           **how))
        self.plain_texts[made] = content.get('manifest.raucm'), content
        return made

    def crypt(self, signer='leaf', recipients=('rsa',), text=None, **how):
        text, payload = self.payload(text or manifest(
            'crypt', bundle='crypt-key=' + 'ab' * 32 + '\n'),
            bytes([0xab]) * 32)
        inner = self.cms(text.encode(), signer, **how)
        if recipients:
            inner = self.encrypt(inner, recipients)
        return raucb.bundle(payload, inner)


class Case:
    """One question, for one or all versions of RAUC."""

    def __init__(self, name, rule, bundle, conf, files, stage='info',
                 at=None, versions=None, unreadable=False):
        self.name, self.rule = name, rule
        self.bundle, self.conf, self.files = bundle, conf, files
        self.stage, self.at, self.versions = stage, at, versions
        self.sets = ()
        self.unreadable = unreadable     # a file of the keyring's folder

    def lay_out(self, folder):
        os.makedirs(folder, exist_ok=True)
        raucb.write(os.path.join(folder, 'bundle.raucb'), self.bundle)
        os.chmod(os.path.join(folder, 'bundle.raucb'), 0o644)
        raucb.write(os.path.join(folder, 'system.conf'), self.conf)
        for name, data in self.files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            raucb.write(path, data)
