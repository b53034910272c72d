# Bundles whose installation needs the kernel's device-mapper: verity and crypt,
# as they were made and with their payloads and hash trees changed. What becomes
# of each is not told here: the real RAUC tells it, in tests/real/rauc-install.
import hashlib
import random

import raucb
from rauc_world import Case, SALT, config, manifest

BLOCK = raucb.BLOCK


def flipped(data, at, mask=1):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]


class Verity:
    def __init__(self, world, seed=1):
        self.w = world
        self.random = random.Random(seed)
        self.all = []
        self.conf = config(
            system='mountprefix=/bundles/mnt\n'
            'statusfile=/bundles/status.raucs\n',
            sections='[encryption]\nkey=device.key\n')
        self.files = {'keyring.pem': world.pem('root'),
                      'device.key': raucb.read(world.path('rsa.key'))}

    def add(self, name, rule, bundle):
        self.all.append(Case(name, rule, bundle, self.conf, self.files,
                             'install'))

    def make(self):
        self.small()
        self.trees()
        self.large()
        self.sealed()
        self.manifests()
        self.mutants()
        return self.all

    def small(self):
        """One block of squashfs, one that pads it, and a tree of one block."""
        good = self.w.verity()
        self.add('as it was made', 'RAUC-14', good)
        self.add('plain', 'RAUC-14', self.w.plain())
        for name, at in (('first byte', 0), ('middle of the squashfs', 700),
                         ('block that pads it', 5000),
                         ('last byte of the data', 8191),
                         ('first hash', 8192), ('second hash', 8192 + 40),
                         ('behind the hashes', 8192 + 64),
                         ('last byte of the tree', 12287)):
            self.add(name + ' flipped', 'RAUC-14', flipped(good, at))
        self.add('a block less', 'RAUC-14', good[BLOCK:])
        self.add('a block more', 'RAUC-14', bytes(BLOCK) + good)
        self.add('another signer', 'RAUC-10', self.w.verity('otherleaf'))

    def trees(self):
        text, payload = self.w.payload(manifest())

        def signed(text, payload=payload):
            return raucb.bundle(payload, self.w.cms(text.encode(), 'leaf'))
        for name, old, new in (
                ('root of another', 'verity-hash=', 'verity-hash=00'),
                ('size 0', 'verity-size=4096', 'verity-size=0'),
                ('size of two blocks', 'verity-size=4096',
                 'verity-size=8192'),
                ('size of all', 'verity-size=4096', 'verity-size=12288'),
                ('size beyond', 'verity-size=4096', 'verity-size=16384'),
                ('another salt', 'verity-salt=00', 'verity-salt=01')):
            changed = text.replace(old, new)
            if old == 'verity-hash=':
                at = text.index(old) + len(old)
                changed = text[:at] + '00' + text[at + 2:]
            self.add(name, 'RAUC-14', signed(changed))
        data = bytes(range(256)) * 32
        text, payload = raucb.verity_manifest(manifest(), data, SALT)
        self.add('no squashfs', 'RAUC-14', signed(text, payload))
        # An empty tree and more blocks of it than are needed.
        text, payload = self.w.payload(manifest())
        self.add('a tree with a block too many', 'RAUC-14', signed(
            text.replace('verity-size=4096', 'verity-size=8192'),
            payload + bytes(BLOCK)))

    def noisy(self, size):
        return bytes(self.random.randrange(256) for _ in range(size))

    def describe(self, image, **how):
        return manifest(**how).replace(
            'sha256=%s' % hashlib.sha256(b'A' * 5000).hexdigest(),
            'sha256=%s' % hashlib.sha256(image).hexdigest()).replace(
                'size=5000', 'size=%d' % len(image))

    def large(self):
        """Two levels of hashes, an image that is installed, and a file that
        nobody reads."""
        self.image = self.noisy(50000)
        spare = self.noisy(600000)
        data = self.w.squashfs('large', {
            'rootfs.img': self.image, 'spare': spare},
            ('-noD', '-noF', '-no-fragments'))
        data += bytes(2 * BLOCK)        # that no squashfs is in
        text, payload = raucb.verity_manifest(
            self.describe(self.image), data, SALT)
        cms = self.w.cms(text.encode(), 'leaf')
        self.big, self.big_data = raucb.bundle(payload, cms), len(data)
        self.add('large', 'RAUC-14', self.big)
        image, lost = data.index(self.image[:64]), data.index(spare[:64])
        first, tree = len(data), len(payload) - len(data)
        used = int.from_bytes(data[40:48], 'little')
        places = (
            ('superblock', 20), ('start of the image', image + 100),
            ('middle of the image', image + 25000),
            ('end of the image', image + 49990),
            ('file that nobody reads', lost + 200000),
            ('another place in it', lost + 590000),
            ('tables of the squashfs', used - 20),
            ('padding', len(data) - 100),
            ('hash of the hashes', first), ('second of them', first + 33),
            ('behind those', first + 100),
            ('hash of the image', first + BLOCK + 32 * (
                (image + 25000) // BLOCK)),
            ('hash of the file that nobody reads',
             first + BLOCK + 32 * ((lost + 200000) // BLOCK)),
            ('behind the last hash', first + tree - 5))
        for name, at in places:
            self.add('large, %s flipped' % name, 'RAUC-14',
                     flipped(self.big, at, 0x40))

    def sealed(self):
        good = self.w.crypt()
        self.add('crypt', 'RAUC-14', good)
        self.add('crypt, not encrypted', 'RAUC-16',
                 self.w.crypt(recipients=()))
        self.add('crypt, for another', 'RAUC-3',
                 self.w.crypt(recipients=('rsa1024',)))
        for name, at in (('first byte', 0), ('block that pads it', 5000),
                         ('first hash', 8192), ('behind the hashes', 8300)):
            self.add('crypt, %s flipped' % name, 'RAUC-14',
                     flipped(good, at))
        self.add('crypt, another key', 'RAUC-14', self.w.crypt(
            text=manifest('crypt', bundle='crypt-key=' + 'ba' * 32 + '\n')))

    def manifests(self):
        self.add('another device', 'RAUC-17', self.w.verity(
            text=manifest(compatible='other')))
        self.add('no slot for it', 'RAUC-25', self.w.verity(
            text=manifest().replace('[image.rootfs]', '[image.other]')))
        self.add('an image that is not there', 'RAUC-26', self.w.verity(
            text=manifest().replace('filename=rootfs', 'filename=missing')))
        self.add('an image of another digest', 'RAUC-26', self.w.verity(
            text=manifest().replace('sha256=', 'sha256=00')[:]
            .replace('sha256=00' + hashlib.sha256(b'A' * 5000).hexdigest(),
                     'sha256=' + '00' * 32)))
        self.add('an image of another size', 'RAUC-26', self.w.verity(
            text=manifest().replace('size=5000', 'size=4999')))
        text = self.describe(b'B' * 5000, form='plain')
        self.add('plain, an image of another digest', 'RAUC-26',
                 self.w.plain(text=text))
        self.add('plain, an image that is not there', 'RAUC-26',
                 self.w.plain(text=manifest('plain').replace(
                     'filename=rootfs', 'filename=missing')))

    def mutants(self):
        """Changes anywhere in the payload of the large bundle; half of them
        behind the image that is installed."""
        size = int.from_bytes(self.big[-8:], 'big')
        end = len(self.big) - 8 - size
        for number in range(16):
            at = self.random.randrange(end) if number % 2 else \
                self.random.randrange(60000, self.big_data)
            self.add('mutant %d, byte %d' % (number, at), 'RAUC-14',
                     flipped(self.big, at, 1 << self.random.randrange(8)))
