"""Cases for fwupd and jcat-tool, each with the rule that it is about."""
import hashlib
import json

import fwupds as f

PAYLOAD = b'0x10204 firmware of the example device\n' * 40
OTHER = b'another file\n' * 10
# Both have to be told the same time: this one is within all dates but those
# that a case is about.
NOW = '2026-11-27 12:00:00'


def make_keys(folder):
    k = f.Keys(folder)
    k.make('root', ca=True, start='20190101000000Z')
    k.make('other', ca=True)
    k.make('signer', 'root')
    k.make('second', 'root')
    k.make('middle', 'root', ca=True)
    k.make('deep', 'middle')
    k.make('stranger', 'other')
    k.make('alone')
    k.make('old', 'root', start='20200101000000Z', end='20210101000000Z')
    k.make('young', 'root', start='20400101000000Z', end='20450101000000Z')
    k.make('oldroot', ca=True, start='20200101000000Z', end='20210101000000Z')
    k.make('underold', 'oldroot')
    k.make('nousage', ca=True, usage='')
    k.make('crlusage', ca=True, usage='cRLSign')
    k.make('undernone', 'nousage')
    k.make('undercrl', 'crlusage')
    k.make('serverauth', 'root', extra='extendedKeyUsage=serverAuth')
    k.make('encipher', 'root', usage='keyEncipherment')
    k.make('notca', 'root')
    k.make('undernotca', 'notca')
    k.make('sha1', 'root', digest='sha1')
    k.make('rsa1024', 'root', kind='rsa:1024')
    k.make('ec', 'root', kind='P-256')
    k.make('ed', 'root', kind='ed25519')
    k.make('edkey', kind='ed25519')
    k.make('edother', kind='ed25519')
    return k


class Maker:
    def __init__(self, folder):
        self.k = make_keys(folder)
        self.cases = []

    # Items and cabinets.

    def item(self, data, *signers, name='firmware.bin', sums=('sha256',),
             aliases=(), **more):
        blobs = [f.checksum(data, s) for s in sums]
        if signers:
            blobs.append(f.blob('pkcs7', self.k.sign(data, *signers, **more)))
        return f.item(name, *blobs, aliases=aliases)

    def cab(self, *signers, payload=PAYLOAD, info=None, meta=(), items=None,
            files=(), how=None, **more):
        info = info if info is not None else f.metainfo(payload)
        if items is None:
            items = [self.item(payload, *signers, **more),
                     self.item(info, *(meta or signers),
                               name='firmware.metainfo.xml', **more)]
        return f.cab([('firmware.bin', payload),
                      ('firmware.metainfo.xml', info),
                      ('firmware.jcat', f.jcat(*items)), *files],
                     **(how or {}))

    def pki(self, *names):
        return {n + '.pem': self.k.pem(n) for n in names}

    def fwupd(self, name, rule, cab, pki=None, sets=None, options=(),
              conf='', at=None):
        self.cases.append({
            'verifier': 'fwupd', 'name': name, 'rule': rule, 'file': cab,
            'pki': self.pki('root') if pki is None else pki,
            'set': dict(f.DEVICE, **(sets or {})), 'options': list(options),
            'conf': conf, 'at': at or NOW})

    def jcat(self, name, rule, catalogue, pki=None, files=None, sets=None,
             options=(), only=None, at=None):
        self.cases.append({
            'verifier': 'jcat', 'name': name, 'rule': rule, 'file': catalogue,
            'pki': self.pki('root') if pki is None else pki,
            'files': {'firmware.bin': PAYLOAD} if files is None else files,
            'set': dict(sets or {}), 'options': list(options), 'only': only,
            'at': at or NOW})

    # The cases.

    def trust(self):
        k = self.k
        self.fwupd('signed', 'FWUPD-2', self.cab('signer'))
        self.fwupd('signed under another root', 'GNUTLS-1',
                   self.cab('stranger'))
        self.fwupd('nobody trusted', 'GNUTLS-1', self.cab('signer'), {})
        self.fwupd('two roots', 'GNUTLS-1', self.cab('signer'),
                   self.pki('other', 'root'))
        self.fwupd('the signer itself is trusted', 'GNUTLS-1',
                   self.cab('signer'), self.pki('signer'))
        self.fwupd('the intermediate is trusted', 'GNUTLS-1',
                   self.cab('deep'), self.pki('middle'))
        self.fwupd('intermediate inside', 'GNUTLS-2',
                   self.cab('deep', others=['middle']))
        self.fwupd('intermediate nowhere', 'GNUTLS-2', self.cab('deep'))
        self.fwupd('for servers', 'GNUTLS-3', self.cab('serverauth'))
        self.fwupd('key for encryption', 'GNUTLS-3', self.cab('encipher'))
        self.fwupd('issuer no CA', 'GNUTLS-4',
                   self.cab('undernotca', others=['notca']))
        self.fwupd('signer expired', 'FWUPD-1', self.cab('old'))
        self.fwupd('signer not yet valid', 'FWUPD-1', self.cab('young'))
        self.fwupd('root expired', 'FWUPD-1', self.cab('underold'),
                   self.pki('oldroot'))
        self.fwupd('metainfo by a stranger', 'FWUPD-1',
                   self.cab('signer', meta=['stranger']))
        self.fwupd('payload by a stranger', 'FWUPD-2',
                   self.cab('stranger', meta=['signer']))
        self.fwupd('SHA-1 on the certificate', 'GNUTLS-5', self.cab('sha1'))
        self.fwupd('SHA-1 in the signature', 'GNUTLS-5',
                   self.cab('signer', extra=['-md', 'sha1']))
        self.fwupd('RSA of 1024 bits', 'GNUTLS-5', self.cab('rsa1024'))
        self.fwupd('elliptic curve', 'GNUTLS-5', self.cab('ec'))
        self.fwupd('certificate not inside', 'GNUTLS-6',
                   self.cab('signer', extra=['-nocerts']))
        self.fwupd('certificate not inside, but trusted', 'GNUTLS-6',
                   self.cab('signer', extra=['-nocerts']),
                   self.pki('signer', 'root'))
        self.fwupd('named by its key', 'GNUTLS-6',
                   self.keyid_cab(), self.pki('signer'))
        self.fwupd('without attributes', 'GNUTLS-7',
                   self.cab('signer', extra=['-noattr']))
        self.fwupd('two signers, both trusted', 'GNUTLS-9',
                   self.cab('signer', 'second'))
        self.fwupd('two signers, one trusted', 'GNUTLS-9',
                   self.cab('signer', 'stranger'))
        changed = self.item(OTHER, 'signer')
        changed['Blobs'][0] = f.checksum(PAYLOAD)
        self.fwupd('signature over another file', 'GNUTLS-7',
                   self.cab(items=[changed]))
        self.fwupd('PKCS#7 in PEM', 'GNUTLS-8', self.cab('signer'))
        self.fwupd('no PKCS#7', 'GNUTLS-8', self.cab(items=[f.item(
            'firmware.bin', f.checksum(PAYLOAD), f.blob('pkcs7', 'none'))]))
        self.fwupd('PKCS#7 in DER', 'GNUTLS-8', self.cab(items=[f.item(
            'firmware.bin', f.checksum(PAYLOAD), f.blob('pkcs7', self.der()))]
        ))

    def der(self):
        import base64
        pem = self.k.sign(PAYLOAD, 'signer')
        return base64.b64decode(''.join(pem.splitlines()[1:-1]))

    def keyid_cab(self):
        """openssl smime has no way to name a signer by its key; cms has."""
        k = self.k
        with open(k.path('data'), 'wb') as out:
            out.write(PAYLOAD)
        pem = f.run('openssl', 'cms', '-sign', '-binary', '-keyid', '-nocerts',
                    '-outform', 'PEM', '-in', k.path('data'), '-signer',
                    k.path('signer.pem'), '-inkey', k.path('signer.key'))
        pem = pem.decode().replace(' CMS-', ' PKCS7-')
        return self.cab(items=[f.item('firmware.bin', f.checksum(PAYLOAD),
                                      f.blob('pkcs7', pem))])

    def items(self):
        k, sign = self.k, self.k.sign
        good = f.blob('pkcs7', sign(PAYLOAD, 'signer'))
        bad = f.blob('pkcs7', sign(PAYLOAD, 'stranger'))
        total = f.checksum(PAYLOAD)
        hexed = hashlib.sha256(PAYLOAD).hexdigest()

        def case(name, rule, *blobs, aliases=(), id='firmware.bin', **more):
            self.fwupd(name, rule, self.cab(items=[f.item(
                id, *blobs, aliases=aliases)]), **more)
        case('checksum alone', 'JCAT-3', total)
        case('signature alone', 'JCAT-3', good)
        case('no blob', 'JCAT-3')
        case('wrong checksum', 'JCAT-3', f.checksum(OTHER), good)
        case('a second, wrong checksum', 'JCAT-3', total,
             f.checksum(OTHER, 'sha512'), good)
        case('SHA-512', 'JCAT-3', f.checksum(PAYLOAD, 'sha512'), good)
        case('SHA-1 alone', 'FWUPD-2', f.checksum(PAYLOAD, 'sha1'), good)
        case('a wrong SHA-1 beside', 'FWUPD-2', total,
             f.checksum(OTHER, 'sha1'), good)
        case('checksum in capitals', 'JCAT-3',
             f.blob('sha256', hexed.upper()), good)
        case('trusted, then strange', 'JCAT-5', total, good, bad)
        case('strange, then trusted', 'JCAT-5', total, bad, good)
        case('trusted, then strange of another owner', 'JCAT-5', total, good,
             dict(bad, AppstreamId='org.example'))
        case('Ed25519 alone', 'FWUPD-2', total,
             f.blob('ed25519', k.ed25519(PAYLOAD, 'edkey')),
             pki=dict(self.pki('root'),
                      **{'k.ed25519': k.ed25519_key('edkey')}))
        case('by its alias', 'JCAT-9', total, good, id='x.bin',
             aliases=['firmware.bin'])
        case('under another name', 'JCAT-9', total, good, id='x.bin')
        target = f.blob('pkcs7', sign(hexed.encode(), 'signer'), 'sha256')
        case('signs the checksum', 'FWUPD-2', total, target)
        case('signs the checksum, not told as a text', 'FWUPD-2',
             f.blob('sha256', hexed, flags=0), target)
        case('checksum not told as a text', 'JCAT-3',
             f.blob('sha256', hexed, flags=0), good)
        case('signs a wrong checksum', 'FWUPD-2', f.checksum(OTHER), target)
        case('signs the checksum of another file', 'FWUPD-2', total, f.blob(
            'pkcs7', sign(hashlib.sha256(OTHER).hexdigest().encode(),
                          'signer'), 'sha256'))
        case('signs SHA-512, lists SHA-256', 'FWUPD-2', total, f.blob(
            'pkcs7', sign(hashlib.sha512(PAYLOAD).hexdigest().encode(),
                          'signer'), 'sha512'))
        case('directly, beside one of the checksum', 'FWUPD-2', total, good,
             f.blob('pkcs7', sign(b'x', 'stranger'), 'sha256'))
        info = f.metainfo(PAYLOAD)
        text = hashlib.sha256(info).hexdigest().encode()
        self.fwupd('metainfo by its checksum', 'FWUPD-1', self.cab(items=[
            self.item(PAYLOAD, 'signer'), f.item(
                'firmware.metainfo.xml', f.checksum(info),
                f.blob('pkcs7', sign(text, 'signer'), 'sha256'))]))
        self.fwupd('no catalogue', 'FWUPD-3', f.cab([
            ('firmware.bin', PAYLOAD), ('firmware.metainfo.xml', info)]))
        self.fwupd('not signed, and not asked to be', 'FWUPD-3', f.cab([
            ('firmware.bin', PAYLOAD), ('firmware.metainfo.xml', info)]),
            conf='OnlyTrusted=false', sets={'only-trusted': 'off'})
        self.fwupd('two catalogues', 'JCAT-9', f.cab([
            ('firmware.bin', PAYLOAD), ('firmware.metainfo.xml', info),
            ('a.jcat', f.jcat(self.item(info, 'signer',
                                        name='firmware.metainfo.xml'))),
            ('b.jcat', f.jcat(self.item(PAYLOAD, 'signer')))]))
        for value in 'true', 'false', 'TRUE', 'yes':
            self.fwupd('post-quantum alone: ' + value, 'FWUPD-9',
                       self.cab('signer'),
                       conf='OnlyTrustPostQuantumSignatures=' + value)
        for value in 'false', 'no', '':
            self.fwupd('OnlyTrusted=' + value, 'FWUPD-3', f.cab([
                ('firmware.bin', PAYLOAD), ('firmware.metainfo.xml', info)]),
                conf='OnlyTrusted=' + value)

    def keys(self):
        k = self.k
        good = self.cab('signer')
        self.fwupd('DER in .der', 'JCAT-2', good, {'r.der': k.der('root')})
        self.fwupd('DER in .crt', 'JCAT-2', good, {'r.crt': k.der('root')})
        self.fwupd('PEM in .crt', 'JCAT-2', good, {'r.crt': k.pem('root')})
        self.fwupd('PEM in .txt', 'JCAT-2', good, {'r.txt': k.pem('root')})
        self.fwupd('two in one file, second trusted', 'JCAT-2', good,
                   {'r.pem': k.pem('other') + k.pem('root')})
        self.fwupd('two in one file, first trusted', 'JCAT-2', good,
                   {'r.pem': k.pem('root') + k.pem('other')})
        self.fwupd('a broken file beside', 'JCAT-2', good,
                   dict(self.pki('root'), **{'x.pem': b'nothing'}))
        self.fwupd('a broken file of no kind beside', 'JCAT-2', good,
                   dict(self.pki('root'), **{'README': b'nothing'}))
        self.fwupd('a certificate without key usage', 'JCAT-2',
                   self.cab('undernone'), self.pki('nousage'))
        self.fwupd('one without key usage beside', 'JCAT-2', good,
                   self.pki('root', 'nousage'))
        self.fwupd('a certificate for CRLs', 'JCAT-2', self.cab('undercrl'),
                   self.pki('crlusage'))

    def cabinets(self):
        k = self.k

        def case(name, *, how=None, **more):
            self.fwupd(name, 'FWUPD-10', self.cab('signer', how=how or {},
                                                  **more))
        case('packed', how={'packed': True})
        case('packed in small blocks', how={'packed': True, 'block': 500,
                                            'chained': True})
        case('stored in small blocks', how={'block': 100})
        case('without sums', how={'summed': False})
        case('three folders', how={'folders': [1, 1, 1]})
        case('three packed folders', how={'folders': [1, 1, 1],
                                          'packed': True, 'chained': True})
        case('with reserves', how={'reserve': (20, 4, 7)})
        case('another version', how={'minor': 2})
        case('second of a set', how={'index': 1})
        case('a set that goes on', how={'flags': 2})
        case('no files', how={'num_files': 0})
        case('no folders', how={'num_folders': 0})
        case('more files than there are', how={'num_files': 5})
        case('more folders than there are', how={'num_folders': 2})
        case('shorter than it is', how={'size': 10})
        case('longer than it is', how={'size': 1 << 24})
        case('an empty file', files=[('empty', b'')])
        case('a name that is not ASCII', files=[('\u00e4', b'x')])
        case('in a folder', files=[('a\\b.txt', b'x')])
        good = self.cab('signer')
        self.fwupd('a changed sum', 'FWUPD-10', self.patch(good, 'sum'))
        self.fwupd('cut', 'FWUPD-10', good[:-20])
        self.fwupd('bytes behind', 'FWUPD-10', good + b'more')
        info = f.metainfo(PAYLOAD)
        items = [self.item(PAYLOAD, 'signer'),
                 self.item(info, 'signer', name='firmware.metainfo.xml')]
        self.fwupd('names with folders', 'FWUPD-10', f.cab([
            ('x\\firmware.bin', PAYLOAD), ('y/firmware.metainfo.xml', info),
            ('z\\firmware.jcat', f.jcat(*items))]))
        self.fwupd('two of a name', 'FWUPD-10', f.cab([
            ('firmware.bin', PAYLOAD), ('firmware.bin', OTHER),
            ('firmware.metainfo.xml', info), ('a.jcat', f.jcat(*items))]))

    def patch(self, cab, what):
        at = cab.index(PAYLOAD[:20])
        return cab[:at] + b'X' + cab[at + 1:]

    def metainfos(self):
        def case(name, info, rule='FWUPD-11', files=(), **more):
            self.fwupd(name, rule, self.cab('signer', info=info, files=files),
                       **more)
        good = f.metainfo(PAYLOAD)
        text = good.decode()
        size = '<size type="installed">%s</size>'
        hexed = hashlib.sha256(PAYLOAD).hexdigest()
        case('no XML', b'nothing')
        case('cut XML', good[:-20])
        case('more behind the XML', good + b'<!-- open')
        case('text behind the XML', good + b'text')
        case('two elements', good + b'<other/>')
        case('a comment and CDATA', good.replace(
            b'<id>', b'<!-- a > b --><![CDATA[x]]><id>'))
        case('entities', good.replace(b'Example', b'A &amp; B &#65;'))
        case('an unknown entity', good.replace(b'Example', b'&nbsp;'))
        case('no UTF-8', good.replace(b'Example', b'\xff'))
        case('another element at the top', good.replace(
            b'component', b'thing'))
        case('of another type', good.replace(b'"firmware"', b'"desktop"'))
        case('no GUID', good.replace(f.GUID.encode(), b''))
        case('no release', good.replace(b'release ', b'other ').replace(
            b'/release>', b'/other>'))
        case('usual name', f.metainfo(PAYLOAD, listed=''))
        case('another name', f.metainfo(PAYLOAD, name='other.bin'))
        case('a pattern for a name', f.metainfo(PAYLOAD, name='firm*.b?n'))
        case('names between bars', f.metainfo(PAYLOAD,
                                              name='x.bin|firmware.bin'))
        case('a name in a folder', f.metainfo(PAYLOAD,
                                              name='a/firmware.bin'))
        case('wrong checksum', f.metainfo(OTHER), 'FWUPD-4')
        case('checksum in capitals', f.metainfo(PAYLOAD, listed=(
            '<checksum target="content" filename="firmware.bin">%s</checksum>'
            % hexed.upper())), 'FWUPD-4')
        case('checksum with blanks', f.metainfo(PAYLOAD, listed=(
            '<checksum target="content" filename="firmware.bin">\n  %s\n'
            '</checksum>' % hexed)), 'FWUPD-4')
        case('SHA-1', f.metainfo(PAYLOAD, listed=(
            '<checksum target="content" filename="firmware.bin">%s</checksum>'
            % hashlib.sha1(PAYLOAD).hexdigest())), 'FWUPD-4')
        case('of no length', f.metainfo(PAYLOAD, listed=(
            '<checksum target="content" filename="firmware.bin">abc'
            '</checksum>')), 'FWUPD-4')
        case('right size', f.metainfo(PAYLOAD, release=size % len(PAYLOAD)),
             'FWUPD-4')
        case('right size in hex', f.metainfo(
            PAYLOAD, release=size % hex(len(PAYLOAD))), 'FWUPD-4')
        case('wrong size', f.metainfo(PAYLOAD, release=size % 5), 'FWUPD-4')
        case('no size', f.metainfo(PAYLOAD, release=size % 'x'), 'FWUPD-4')
        art = ('<artifacts><artifact type="source"><filename>%s</filename>'
               '<checksum type="sha256">%s</checksum></artifact></artifacts>')
        case('source artifact', f.metainfo(
            PAYLOAD, listed=art % ('firmware.bin', hexed)), 'FWUPD-4')
        case('wrong source artifact', f.metainfo(
            PAYLOAD, listed=art % ('firmware.bin', '0' * 64)), 'FWUPD-4')
        second = ('<release version="1.0.0"><checksum target="content" '
                  'filename="gone.bin"/></release></releases>')
        case('an older release without its file', good.replace(
            b'</releases>', second.encode()))
        case('another device', f.metainfo(
            PAYLOAD, guid='2082b5e0-7a64-478a-b1b2-e3404fab6dad'), 'FWUPD-12')
        case('one of two devices', text.replace(
            '<provides>', '<provides><firmware type="flashed">2082b5e0-7a64-'
            '478a-b1b2-e3404fab6dad</firmware>').encode(), 'FWUPD-12')

    def versions(self):
        def case(name, version, options=(), sets=None, **more):
            self.fwupd(name, 'FWUPD-6', self.cab('signer', info=f.metainfo(
                PAYLOAD, version=version, **more)), options=options,
                sets=sets)
        older, again = ['--allow-older'], ['--allow-reinstall']
        case('newer', '1.2.3')
        case('newer by a number', '1.2.10')
        case('the same', '1.2.2')
        case('the same, allowed', '1.2.2', again, {'allow-reinstall': 'on'})
        case('older', '1.2.1')
        case('older, allowed', '1.2.1', older, {'allow-older': 'on'})
        case('below the lowest, allowed', '1.1.9', older,
             {'allow-older': 'on'})
        case('shorter', '1.2')
        case('longer', '1.2.2.1')
        case('with a tilde', '1.2.3~rc1')
        case('the same but for a tilde', '1.2.2~rc1')
        case('with letters', '1.2.2a')
        case('a number alone', '7')
        fmt = '<custom><value key="LVFS::VersionFormat">%s</value></custom>'
        case('written alike', '1.2.3', inside=fmt % 'triplet')
        case('written otherwise', '1.2.3', inside=fmt % 'quad')
        self.fwupd('no version', 'FWUPD-6', self.cab(
            'signer', info=f.metainfo(PAYLOAD).replace(b' version="1.2.4"',
                                                       b'')))

    def catalogues(self):
        """What JSON and gzip make of a catalogue."""
        good = {'JcatVersionMajor': 0, 'JcatVersionMinor': 1,
                'Items': [self.item(PAYLOAD, 'signer')]}

        def case(name, text):
            packed = text if isinstance(text, bytes) else f.pack(
                json.dumps(text).encode())
            self.jcat(name, 'JCAT-1', packed)
            self.fwupd(name + ' in a cabinet', 'JCAT-1', f.cab([
                ('firmware.bin', PAYLOAD),
                ('firmware.metainfo.xml', f.metainfo(PAYLOAD)),
                ('firmware.jcat', packed)]))
        case('as it should be', good)
        case('not packed', json.dumps(good).encode())
        whole = f.pack(json.dumps(good).encode())
        case('cut gzip', whole[:-30])
        case('bytes behind the gzip', whole + b'more')
        case('changed gzip', whole[:60] + b'XX' + whole[62:])
        case('no JSON', f.pack(b'{nothing'))
        case('nothing', f.pack(b'   '))
        case('a list', f.pack(b'[]'))
        case('without Items', {'JcatVersionMajor': 0, 'JcatVersionMinor': 1})
        case('no items', dict(good, Items=[]))
        case('Items that are a text', dict(good, Items='x'))
        case('an item that is none', dict(good, Items=['x']))
        case('an item without blobs', dict(good, Items=[{'Id': 'x'}]))
        broken = json.loads(json.dumps(good))
        del broken['Items'][0]['Blobs'][1]['Flags']
        case('a blob without flags', broken)
        broken = json.loads(json.dumps(good))
        broken['Items'][0]['Blobs'][1]['Data'] = 7
        case('a blob that is a number', broken)
        broken = json.loads(json.dumps(good))
        broken['Items'][0]['Blobs'][1]['Flags'] = 0
        case('a blob that is no base64', broken)
        broken = json.loads(json.dumps(good))
        broken['Items'][0]['AliasIds'] = 'x'
        case('aliases that are a text', broken)
        case('no UTF-8', f.pack(json.dumps(good).encode().replace(
            b'firmware.bin', b'firm\xffare.bin')))
        case('unknown members', dict(good, Extra={'a': [1, None, True]}))

    def tool(self):
        """What jcat-tool alone answers."""
        k, sign = self.k, self.k.sign
        good = f.blob('pkcs7', sign(PAYLOAD, 'signer'))
        bad = f.blob('pkcs7', sign(PAYLOAD, 'stranger'))
        total = f.checksum(PAYLOAD)
        hexed = hashlib.sha256(PAYLOAD).hexdigest()

        def case(name, rule, *blobs, id='firmware.bin', aliases=(), **more):
            self.jcat(name, rule, f.jcat(f.item(id, *blobs,
                                                aliases=aliases)), **more)
        case('tool: signed', 'JCAT-4', total, good)
        case('tool: checksum alone', 'JCAT-4', total)
        case('tool: no blob', 'JCAT-4')
        case('tool: signature alone', 'JCAT-4', good)
        case('tool: one of two owners strange', 'JCAT-4', total, good,
             dict(bad, AppstreamId='org.example'))
        case('tool: trusted, then strange', 'JCAT-5', total, good, bad)
        case('tool: strange, then trusted', 'JCAT-5', total, bad, good)
        case('tool: wrong SHA-1', 'JCAT-3', f.checksum(OTHER, 'sha1'), good)
        case('tool: SHA-1', 'JCAT-3', f.checksum(PAYLOAD, 'sha1'), good)
        case('tool: the file is not there', 'JCAT-7', total, files={})
        case('tool: the alias is there', 'JCAT-7', total, id='x',
             aliases=['firmware.bin'])
        case('tool: two files, one asked', 'JCAT-7', total,
             only='firmware.bin', sets={'item': 'firmware.bin'})
        case('tool: another file asked', 'JCAT-7', total, only='x.bin',
             sets={'item': 'x.bin'})
        case('tool: expired', 'GNUTLS-4', total,
             f.blob('pkcs7', sign(PAYLOAD, 'old')))
        case('tool: expired, dates ignored', 'GNUTLS-4', total,
             f.blob('pkcs7', sign(PAYLOAD, 'old')), sets={'time': 'ignored'},
             options=['--disable-time-checks'])
        case('tool: expired, at the time', 'GNUTLS-4', total,
             f.blob('pkcs7', sign(PAYLOAD, 'old')), at='2020-06-01 12:00:00')
        case('tool: not yet valid', 'GNUTLS-4', total,
             f.blob('pkcs7', sign(PAYLOAD, 'young')))
        case('tool: a clock that stands at zero', 'GNUTLS-4', total, good,
             at='1970-01-02 00:00:00')
        case('tool: a clock far ahead', 'GNUTLS-4', total, good,
             at='2047-01-01 00:00:00')
        case('tool: root expired', 'GNUTLS-4', total,
             f.blob('pkcs7', sign(PAYLOAD, 'underold')),
             pki=self.pki('oldroot'))
        keys = {'k.ed25519': k.ed25519_key('edkey')}
        ed = f.blob('ed25519', k.ed25519(PAYLOAD, 'edkey'))
        case('tool: Ed25519', 'JCAT-6', total, ed, pki=keys)
        case('tool: Ed25519 by another key', 'JCAT-6', total, ed,
             pki={'k.ed25519': k.ed25519_key('edother')})
        case('tool: Ed25519 by the second key', 'JCAT-6', total, ed,
             pki=dict(keys, **{'a.ed25519': k.ed25519_key('edother')}))
        case('tool: Ed25519 without a key', 'JCAT-6', total, ed, pki={})
        case('tool: Ed25519 key too short', 'JCAT-6', total, ed,
             pki={'k.ed25519': b'short'})
        case('tool: GnuPG without a key', 'JCAT-6', total,
             f.blob('gpg', '-----BEGIN PGP SIGNATURE-----\n\n'
                    'iHUEABYKAB0WIQ==\n-----END PGP SIGNATURE-----\n'))
        case('tool: a kind that nobody has', 'JCAT-6', total,
             f.blob(20, 'text'))
        case('tool: a kind beyond 31', 'JCAT-6', total, f.blob(40, 'text'))
        case('tool: a kind beyond 63', 'JCAT-6', total, f.blob(70, 'text'))
        case('tool: a checkpoint', 'JCAT-6', total, f.blob(6, 'text'))
        case('tool: signs the checksum', 'JCAT-8', total, f.blob(
            'pkcs7', sign(hexed.encode(), 'signer'), 'sha256'))
        case('tool: signs a checksum that is not there', 'JCAT-8', f.blob(
            'pkcs7', sign(hexed.encode(), 'signer'), 'sha256'))
        case('tool: signs another checksum', 'JCAT-8', total, f.blob(
            'pkcs7', sign(b'x', 'signer'), 'sha256'))
        case('tool: a broken key', 'JCAT-2', total, good,
             pki=dict(self.pki('root'), **{'x.pem': b'nothing'}))
        case('tool: no key usage', 'JCAT-2', total, good,
             pki=self.pki('root', 'nousage'))
        case('tool: Ed25519 certificate', 'GNUTLS-5', total,
             f.blob('pkcs7', sign(PAYLOAD, 'ec')))
        case('tool: an empty file', 'GNUTLS-7', f.checksum(b''), good,
             files={'firmware.bin': b''})
        case('tool: an empty file, signed with what is inside', 'GNUTLS-7',
             f.checksum(b''), f.blob('pkcs7', sign(
                 PAYLOAD, 'signer', extra=['-nodetach'])),
             files={'firmware.bin': b''})

    def all(self):
        for part in (self.trust, self.items, self.keys, self.cabinets,
                     self.metainfos, self.versions, self.catalogues,
                     self.tool):
            part()
        return self.cases

