"""Small changes to cabinets and catalogues that are taken: bits, bytes, cuts
and fields of the cabinet, of the JSON in it, of a signature, of the metainfo
file; blobs of one item in another. What is packed is packed again, so that the
changes come through."""
import base64
import copy
import json
import random

import fwupd_cases
import fwupds as f

PAYLOAD, OTHER = fwupd_cases.PAYLOAD, fwupd_cases.OTHER


class Mutator:
    def __init__(self, maker, seed):
        self.m, self.r = maker, random.Random(seed)
        k = maker.k
        self.info = f.metainfo(PAYLOAD)
        self.good = [f.checksum(PAYLOAD),
                     f.blob('pkcs7', k.sign(PAYLOAD, 'signer'))]
        self.meta = [f.checksum(self.info),
                     f.blob('pkcs7', k.sign(self.info, 'signer'))]
        # What may stand in place of these.
        self.blobs = self.good + self.meta + [
            f.checksum(PAYLOAD, 'sha512'), f.checksum(OTHER),
            f.checksum(PAYLOAD, 'sha1'),
            f.blob('pkcs7', k.sign(PAYLOAD, 'stranger')),
            f.blob('pkcs7', k.sign(PAYLOAD, 'second', 'signer')),
            f.blob('pkcs7', k.sign(PAYLOAD, 'deep', others=['middle'])),
            f.blob('pkcs7', k.sign(PAYLOAD, 'old')),
            f.blob('pkcs7', k.sign(PAYLOAD, 'ec')),
            f.blob('pkcs7', k.sign(
                self.good[0]['Data'].encode(), 'signer'), 'sha256'),
            f.blob('pkcs7', 'nothing'), f.blob('gpg', 'nothing'),
            f.blob('ed25519', b'x' * 64), f.blob(6, 'nothing')]

    def catalogue(self):
        return copy.deepcopy({
            'JcatVersionMajor': 0, 'JcatVersionMinor': 1, 'Items': [
                f.item('firmware.bin', *self.good, aliases=['fw.bin']),
                f.item('firmware.metainfo.xml', *self.meta)]})

    def cab(self, jcat=None, payload=PAYLOAD, info=None, **how):
        if jcat is None:
            jcat = f.pack(json.dumps(self.catalogue()).encode())
        return f.cab([('firmware.bin', payload),
                      ('firmware.metainfo.xml', info or self.info),
                      ('firmware.jcat', jcat)], **how)

    def change(self, data, most=1):
        """Some bytes of it."""
        out = bytearray(data)
        for _ in range(self.r.randint(1, most)):
            at = self.r.randrange(len(out))
            kind = self.r.randrange(5)
            if kind == 0:
                out[at] ^= 1 << self.r.randrange(8)
            elif kind == 1:
                out[at] = self.r.randrange(256)
            elif kind == 2:
                out[at] = self.r.choice(b' \n\t"\'<>&/\\{}[]:,0a-_;=?!')
            elif kind == 3:
                del out[at:at + self.r.randint(1, 3)]
            else:
                out[at:at] = bytes(out[at - 1:at + 2])
            if not out:
                return data
        return bytes(out)

    # The kinds of changes; each gives a cabinet or a catalogue.

    def cab_bytes(self):
        cab = self.cab(packed=self.r.random() < 0.5)
        return 'cab', self.change(cab)

    def cab_header(self):
        cab = bytearray(self.cab())
        at = self.r.randrange(36 + 8 + 3 * 40)
        cab[at] = self.r.choice([0, 1, 2, 0xff, cab[at] ^ 1, cab[at] + 1 & 255])
        return 'cab', bytes(cab)

    def cab_cut(self):
        cab = self.cab()
        return 'cab', cab[:self.r.randrange(len(cab))]

    def cab_free(self):
        """Bytes that nobody looks at."""
        cab = bytearray(self.cab(reserve=(9, 3, 5)))
        for at in self.r.sample([4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23,
                                 32, 33, 41, 42, 43, 44, 45, 46, 47, 48], 3):
            cab[at] = self.r.randrange(256)
        return 'cab', bytes(cab)

    def cab_block(self):
        """A packed block, with its sum or without one."""
        cab = bytearray(self.cab(packed=True, summed=False))
        at = cab.index(b'CK')
        at += self.r.randrange(len(cab) - at)
        cab[at] ^= 1 << self.r.randrange(8)
        return 'cab', bytes(cab)

    def cab_shape(self):
        r = self.r
        return 'cab', self.cab(packed=r.random() < 0.6,
                               block=r.choice([40, 300, 1000, 0x8000]),
                               summed=r.random() < 0.5,
                               folders=r.choice([None, [1, 2], [1, 1, 1]]),
                               chained=r.random() < 0.5)

    def json_text(self):
        text = json.dumps(self.catalogue()).encode()
        # Signatures are most of it, and have their own kind of change.
        head = text.index(b'-----BEGIN')
        piece = self.r.random() < 0.7
        text = self.change(text[:head]) + text[head:] if piece \
            else self.change(text)
        return self.either(f.pack(text))

    def json_blobs(self):
        c, r = self.catalogue(), self.r
        c['Items'][0]['Blobs'] = [dict(r.choice(self.blobs))
                                  for _ in range(r.randint(1, 4))]
        if r.random() < 0.5:
            c['Items'][0]['Blobs'][0:0] = [dict(b) for b in self.good]
        for b in c['Items'][0]['Blobs']:
            if r.random() < 0.15:
                b[r.choice(['Kind', 'Target', 'Flags', 'Timestamp'])] = \
                    r.choice([0, 1, 2, 3, 4, 9, 10, 33, 67, -1, True, None,
                              '3'])
            if r.random() < 0.1:
                b['AppstreamId'] = r.choice(['a', 'b', '', None, 7])
        return self.either(f.pack(json.dumps(c).encode()))

    def json_items(self):
        c, r = self.catalogue(), self.r
        items = c['Items']
        kind = r.randrange(6)
        if kind == 0:
            items.reverse()
        elif kind == 1:
            items.append(f.item('firmware.bin', r.choice(self.blobs)))
        elif kind == 2:
            items.insert(0, f.item('x', *self.blobs[:3],
                                   aliases=['firmware.bin']))
        elif kind == 3:
            items[0]['Id'], items[1]['Id'] = items[1]['Id'], items[0]['Id']
        elif kind == 4:
            items[0]['Id'] = r.choice(['fw.bin', 'Firmware.bin', None, 3])
            items[0]['AliasIds'] = r.choice([['firmware.bin'], [], ['x', 1],
                                             ['firmware.bin', 'firmware.bin']])
        else:
            items[0]['Blobs'].reverse()
        return self.either(f.pack(json.dumps(c).encode()))

    def signature(self):
        """One byte of the DER, or of what is around it."""
        c = self.catalogue()
        pem = c['Items'][0]['Blobs'][1]['Data']
        lines = pem.splitlines()
        if self.r.random() < 0.2:
            pem = self.change(pem.encode()).decode('latin-1')
        else:
            der = base64.b64decode(''.join(lines[1:-1]))
            der = self.change(der)
            text = base64.encodebytes(der).decode()
            pem = lines[0] + '\n' + text + lines[-1] + '\n'
        c['Items'][0]['Blobs'][1]['Data'] = pem
        return self.either(f.pack(json.dumps(c).encode()))

    def metainfo(self):
        """Of a changed metainfo file, signed or not, the payload stays."""
        return 'cab', self.cab(info=self.change(self.info, 2))

    def metainfo_fields(self):
        r = self.r
        parts = [(b'1.2.4', [b'1.2.3', b'1.2.2', b'1.3', b'1', b'',
                             b'1.2.2~a', b'2.0.0.0', b'1.2.03', b'9.x']),
                 (b'"flashed"', [b'"other"', b"'flashed'", b'"&#102;lashed"']),
                 (b'target="content"', [b'target="container"',
                                        b'target="content" target="x"']),
                 (b'filename="firmware.bin"', [
                     b'', b'filename="*"', b'filename="firmware.metainfo.xml"',
                     b'filename="x/firmware.bin/"', b'filename=""']),
                 (b'type="sha256"', [b'', b'type="sha1"']),
                 (b'<provides>', [b'<provides/><provides>',
                                  b'<requires/><provides>',
                                  b'<!-- a --><provides>']),
                 (b'high', [b'low', b'&lt;', b'&bad;']),
                 (b'firmware">', [b'generic">', b'firmware" type="x">'])]
        old, new = r.choice(parts)
        return 'cab', self.cab(info=self.info.replace(old, r.choice(new), 1))

    def payload(self):
        """Of a changed payload the metainfo file may speak, or not."""
        data = self.change(PAYLOAD)
        info = f.metainfo(data) if self.r.random() < 0.6 else None
        return 'cab', self.cab(payload=data, info=info)

    def unlisted(self):
        """A good cabinet with more in it."""
        more = [('readme.txt', b'hello'), ('b.jcat', f.jcat(f.item(
            'readme.txt', self.r.choice(self.blobs)))),
            ('firmware.bin.asc', b'nothing')]
        return 'cab', f.cab(
            [('firmware.bin', PAYLOAD), ('firmware.metainfo.xml', self.info),
             ('firmware.jcat', f.pack(json.dumps(self.catalogue()).encode())),
             self.r.choice(more)], packed=self.r.random() < 0.5)

    def either(self, jcat):
        return ('jcat', jcat) if self.r.random() < 0.4 else (
            'cab', self.cab(jcat))


KINDS = ('cab_bytes cab_header cab_cut cab_free cab_block cab_shape json_text '
         'json_blobs json_blobs json_items signature metainfo '
         'metainfo_fields payload unlisted').split()


def make(maker, count, seed):
    """Cases, as fwupd_cases has them."""
    mutator = Mutator(maker, seed)
    for i in range(count):
        kind = KINDS[i % len(KINDS)]
        what, data = getattr(mutator, kind)()
        name = '%s %d' % (kind, i)
        if what == 'cab':
            maker.fwupd(name, 'FWUPD-2', data)
        else:
            maker.jcat(name, 'JCAT-4', data, files={
                'firmware.bin': PAYLOAD,
                'firmware.metainfo.xml': mutator.info})
    return maker.cases
