# Changes of good bundles, keyrings and configurations, always the same ones.
import random

import raucb
from rauc_world import Case, config, manifest


class Mutants:
    def __init__(self, world, seed=1):
        self.w = world
        self.random = random.Random(seed)
        ring = world.pem('root')
        two = world.verity(more=('-signer', world.path('plain.pem'), '-inkey',
                                 world.path('plain.key')))
        conf = config(system='bundle-formats=plain verity\n# text\n',
                      sections='[handlers]\npre-install=/bin/true\n')
        lists = config('path=keyring.pem\ncheck-crl=true\n')
        listed = ring + raucb.read(world.path('good.crl.pem'))
        chained = world.verity('ileaf', certs=('inter',))
        self.bases = [
            (world.verity(), conf, ring, 'info'),
            (world.verity(), conf, ring, 'extract'),
            (world.plain(), conf, ring, 'info'),
            (chained, conf, ring, 'info'),
            (world.crypt(recipients=()), config(), ring, 'info'),
            (two, conf, ring, 'info'),
            (world.verity(), lists, listed, 'info'),
            (world.verity(more=('-noattr',)), conf, ring, 'info'),
            (world.verity('rsa'), conf, ring, 'info'),
        ]
        self.bundles = [base[0] for base in self.bases]
        self.texts = [manifest().encode(), conf.encode()]

    def flip(self, data):
        at = self.random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self.random.randrange(
            8)]) + data[at + 1:]

    def put(self, data):
        at = self.random.randrange(len(data))
        return data[:at] + bytes([self.random.choice(
            (0, 1, 0x30, 0x7f, 0x80, 0xff, 10, 32, 61))]) + data[at + 1:]

    def cut(self, data):
        at = self.random.randrange(len(data))
        size = self.random.choice((1, 2, 8, 100, 4096))
        return data[:at] + data[at + size:]

    def add(self, data):
        at = self.random.randrange(len(data))
        return data[:at] + bytes(self.random.choice((1, 2, 8, 4096))) + \
            data[at:]

    def double(self, data):
        at = self.random.randrange(len(data))
        size = self.random.choice((1, 8, 64))
        return data[:at + size] + data[at:]

    def splice(self, data):
        other = self.random.choice(self.bundles + self.texts)
        at = self.random.randrange(len(data))
        start = self.random.randrange(len(other))
        size = self.random.choice((4, 32, 256))
        return data[:at] + other[start:start + size] + data[at + size:]

    def tail(self, data, change):
        """A change of the CMS, under a length that fits."""
        size = int.from_bytes(data[-8:], 'big')
        return raucb.bundle(data[:-8 - size], change(data[-8 - size:-8]))

    def swap(self, data):
        """The CMS of another bundle."""
        other = self.random.choice(self.bundles)
        size = int.from_bytes(data[-8:], 'big')
        own = int.from_bytes(other[-8:], 'big')
        return raucb.bundle(data[:-8 - size], other[-8 - own:-8])

    def make(self, num):
        changes = [self.flip, self.put, self.cut, self.add, self.double,
                   self.splice]
        for i in range(num):
            bundle, conf, ring, stage = self.random.choice(self.bases)
            change = self.random.choice(changes)
            kind = self.random.choice(
                ('any', 'cms', 'cms', 'cms', 'payload', 'payload', 'config',
                 'ring', 'ring', 'swap'))
            if kind == 'any':
                bundle = change(bundle)
            elif kind == 'cms':
                bundle = self.tail(bundle, change)
            elif kind == 'payload':
                at = self.random.randrange(12288)
                bundle = bundle[:at] + bytes([bundle[at % len(bundle)] ^
                                              0x10]) + bundle[at + 1:]
            elif kind == 'config':
                conf = change(conf.encode())
            elif kind == 'ring':
                ring = change(ring)
            else:
                bundle = self.swap(bundle)
            yield Case('%d %s %s' % (i, kind, change.__name__), 'RAUC-0',
                       bundle, conf, {'keyring.pem': ring}, stage)
