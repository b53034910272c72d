# Mutants of variable updates: bits, bytes, fields, DER elements, cuts and
# splices, as recipes of pieces of the update and of another one.
import random
import struct

ODD = (0, 1, 2, 3, 4, 5, 6, 0x0c, 0x13, 0x17, 0x20, 0x30, 0x31, 0x7f, 0x80,
       0x81, 0x82, 0x83, 0x84, 0xa0, 0xa1, 0xff)
SIZES = (0, 1, 16, 27, 28, 44, 48, 75, 76, 77, 0x7fffffff, 0x80000000,
         0xffffffff)
HEADER = 40


def elements(data, at, end):
    """Places of DER elements, outer ones first."""
    out = []
    while at + 2 <= end and len(out) < 4000:
        first, head, n = data[at + 1], 2, data[at + 1]
        if first == 0x81 and at + 3 <= end:
            head, n = 3, data[at + 2]
        elif first == 0x82 and at + 4 <= end:
            head, n = 4, data[at + 2] << 8 | data[at + 3]
        if first > 0x82 or n > end - at - head:
            at += 1
            continue
        out.append((at, head + n))
        at += head if data[at] & 0x20 else head + n
    return out


class Mutator:
    """Mutates one update; edits are (place, length, pieces)."""
    def __init__(self, data, other, setup, rng):
        self.data, self.other, self.rng = data, other, rng
        self.setup = setup
        self.value_at = self.end_of(data)
        self.der = elements(data, HEADER, self.value_at)

    @staticmethod
    def end_of(data):
        if len(data) < HEADER:
            return len(data)
        return min(len(data), 16 + struct.unpack_from('<I', data, 16)[0])

    def put(self, at, value):
        return at, len(value), ['=' + value.hex()]

    def flip(self, at):
        return self.put(at, bytes([self.data[at] ^ 1 << self.rng.randrange(8)]))

    def byte(self, at):
        value = self.rng.choice(ODD) if self.rng.random() < 0.6 else \
            self.rng.randrange(256)
        return self.put(at, bytes([value]))

    def within(self, start, end):
        end = min(end, len(self.data))
        start = max(0, min(start, end - 1))
        return self.rng.randrange(start, end)

    def header(self):
        r, at = self.rng, self.rng.choice((0, 2, 3, 4, 6, 7, 8, 12, 14, 15,
                                           16, 16, 17, 20, 22, 24, 39))
        if at == 16:
            n = struct.unpack_from('<I', self.data, 16)[0] if \
                len(self.data) >= 20 else 0
            n += r.choice((-28, -8, -1, 1, 8, 28, 76, 0x10000))
            return self.put(16, struct.pack('<I', n & 0xffffffff))
        return (self.flip if r.random() < 0.5 else self.byte)(
            min(at, len(self.data) - 1))

    def der_change(self):
        r = self.rng
        at, n = r.choice(self.der) if self.der else (0, len(self.data))
        what = r.randrange(8)
        if what < 2:
            return self.byte(at + what)
        if what == 2:
            return self.flip(at + n - 1)
        if what == 3:
            return self.flip(at + r.randrange(n))
        if what == 4:
            return self.byte(at + r.randrange(n))
        if what == 5 and self.der:
            b = r.choice(self.der)
            return at, n, ['%d+%d' % b]
        same = [e for e in self.der if e[1] == n and e[0] != at]
        if same:
            return at, n, ['%d+%d' % r.choice(same)]
        return at, n, []

    def value(self):
        r, at = self.rng, self.value_at
        left = len(self.data) - at
        if left < 28:
            return len(self.data), 0, ['=' + bytes(r.randrange(1, 80)).hex()]
        what = r.randrange(5)
        if what == 0:
            return self.put(at + r.choice((16, 20, 24)),
                            struct.pack('<I', r.choice(SIZES)))
        if what == 1:
            return self.flip(at + r.randrange(min(left, 48)))
        if what == 2:
            return self.flip(at + r.randrange(left))
        if what == 3:
            return at, left, ['%d+%d' % (at, left)] * 2
        return at, left, ['%d+%d' % (at, r.randrange(left))]

    def cut(self):
        r, n = self.rng, len(self.data)
        at = r.randrange(n)
        return r.choice(((at, n - at, []), (at, r.randrange(1, 17), []),
                         (at, 0, ['=' + bytes(r.randrange(1, 17)).hex()]),
                         (n, 0, ['=' + bytes(r.randrange(1, 17)).hex()])))

    def splice(self):
        """Another update's time, signature or value in place of its own."""
        o = self.end_of(self.other)
        return self.rng.choice((
            (0, 16, ['s:0+16']),
            (16, self.value_at - 16, ['s:16+%d' % (o - 16)]),
            (self.value_at, len(self.data), ['s:%d+%d' % (
                o, len(self.other) - o)]),
            (0, self.value_at, ['s:0+%d' % o])))

    def quiet(self):
        """What may go unnoticed: nobody reads wRevision; in setup mode
        nobody looks at the signature; and DER that says little."""
        r = self.rng
        if len(self.data) <= HEADER:
            return self.byte(0)
        what = r.random()
        if what < 0.45:
            return self.put(20, bytes([r.randrange(256), r.randrange(256)]))
        if self.setup:
            return self.flip(self.within(HEADER, self.value_at))
        small = [e for e in self.der if e[1] < 16]
        if what < 0.85 and small:
            at, n = r.choice(small)
            return self.flip(at + r.randrange(n))
        return self.flip(self.within(self.value_at - 400, self.value_at))

    def edit(self):
        if not self.data:
            return 0, 0, ['=00']
        if self.rng.random() < 0.65:
            return self.quiet()
        return self.rng.choice((
            self.header, self.der_change, self.der_change, self.value,
            self.cut, self.splice,
            lambda: self.flip(self.rng.randrange(len(self.data)))))()

    def pieces(self):
        """One or two edits that do not overlap."""
        edits = [self.edit()]
        if self.rng.random() < 0.15:
            second = self.edit()
            if second[0] >= edits[0][0] + max(1, edits[0][1]):
                edits.append(second)
        at, out = 0, []
        for place, length, pieces in edits:
            if place > at:
                out.append('%d+%d' % (at, place - at))
            out += pieces
            at = place + length
        if at < len(self.data):
            out.append('%d+%d' % (at, len(self.data) - at))
        return out


def mutants(origins, seed, count):
    """origins: (vars line, variable, attributes, file, bytes). A script."""
    rng = random.Random(seed)
    out, last = [], None
    for i, (keys, name, attributes, file, data) in enumerate(origins):
        share = count * (i + 1) // len(origins) - count * i // len(origins)
        if not share:
            continue
        if keys != last:
            out.append(keys)
            last = keys
        # Of the same variable: its parts fit best.
        other = rng.choice([o for o in origins if o[1] == name])
        out += ['base ' + file, 'splice ' + other[3]]
        m = Mutator(data, other[4], 'PK=none' in keys, rng)
        for n in range(share):
            bits = attributes if rng.random() < 0.95 else \
                rng.choice(('27', '67', '07', '26', '37', '23', '47'))
            out.append('write m%d.%d %s %s %s' % (
                i, n, name, bits, ' '.join(m.pieces())))
    return '\n'.join(out) + '\n'
